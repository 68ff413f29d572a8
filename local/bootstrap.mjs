/**
 * Installs what the repository needs, npm packages and a Python environment side by side, when their
 * lists have changed since. Runs on whatever Node the machine has (20.19 and later): built-ins only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node24 = join(root, 'node_modules/.bin/node');
const oldestNode = [20, 19];
const oldestPython = [3, 10];
const newestPython = [3, 13];
const uvVersion = '0.13.9';
const freeGibMin = 4;
const lastLines = 12;

/** What stands in the way is outside of our code: one sentence with the remedy. */
class SetupError extends Error {}

const atLeast = ([major, minor], [wantedMajor, wantedMinor]) =>
  major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);

const versionOf = (text) => text.split('.').map(Number).slice(0, 2);

const requireNode = () => {
  if (!atLeast(versionOf(process.versions.node), oldestNode)) {
    throw new SetupError(
      `Node ${process.versions.node} is too old: install Node ${oldestNode.join('.')} or newer from https://nodejs.org.`,
    );
  }
};

const requireDisk = () => {
  const { bavail, bsize } = statfsSync(root);
  const freeGib = (bavail * bsize) / 2 ** 30;
  if (freeGib < freeGibMin) {
    throw new SetupError(
      `The disk has ${freeGib.toFixed(1)} GiB free and the installation needs ${freeGibMin}: free some space and start again.`,
    );
  }
};

const pythonVersion = (command) => {
  const code = 'import sys; print("%d.%d" % sys.version_info[:2])';
  const { status, stdout } = spawnSync(command, ['-c', code], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
};

/** The first command that is a Python that Ray has packages for; PYTHON overrides the search. */
const findPython = () => {
  const range = `${oldestPython.join('.')} to ${newestPython.join('.')}`;
  const chosen = process.env.PYTHON;
  const candidates = chosen
    ? [chosen]
    : ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
  const seen = [];
  for (const command of candidates) {
    const version = pythonVersion(command);
    if (version === undefined) continue;
    const parts = versionOf(version);
    if (atLeast(parts, oldestPython) && atLeast(newestPython, parts)) return command;
    seen.push(`${command} is ${version}`);
  }
  const found = seen.length > 0 ? seen.join(', ') : `${candidates.join(', ')}: not found`;
  throw new SetupError(
    `Python ${range} is needed (${found}): install one, or name it with PYTHON=/path/to/python3 npm start.`,
  );
};

/** Runs a command; throws a SetupError with its last lines and the remedy when it fails. */
const run = (command, args, remedy) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said = `${said}${chunk}`.slice(-20_000);
      });
    }
    const fail = (how) =>
      reject(
        new SetupError(
          `${said.trim().split('\n').slice(-lastLines).join('\n')}\n${[command, ...args].join(' ')} ${how}: ${remedy}`,
        ),
      );
    child.on('error', (error) => fail(`could not be run (${error.message})`));
    child.on('close', (code) => (code === 0 ? resolve() : fail(`ended with ${code}`)));
  });

/** Whether what was installed is what the list says; `mark` notes that it is. */
const stampOf = (stamp, list) => {
  const digest = createHash('sha256')
    .update(readFileSync(join(root, list)))
    .digest('hex');
  const file = join(root, stamp);
  return {
    fresh: existsSync(file) && readFileSync(file, 'utf8') === digest,
    mark: () => writeFileSync(file, digest),
  };
};

const installNpm = async (stamp) => {
  const remedy = 'check that this machine reaches the npm registry, then start again.';
  const cli = process.env.npm_execpath;
  const args = ['ci', '--loglevel=error'];
  // npm start names the npm that runs it; that one fits this Node.
  if (cli?.endsWith('.js')) await run(process.execPath, [cli, ...args], remedy);
  else await run('npm', args, remedy);
  stamp.mark();
};

const installPython = async (stamp, python) => {
  const remedy = 'check that this machine reaches the Python package index, then start again.';
  rmSync(join(root, '.venv'), { recursive: true, force: true });
  await run(
    python,
    ['-m', 'venv', '.venv'],
    'install the venv module of this Python (on Debian and Ubuntu: apt install python3-venv), then start again.',
  );
  const pip = ['-m', 'pip', 'install', '-q', '--no-compile', '--disable-pip-version-check'];
  await run('.venv/bin/python', [...pip, `uv==${uvVersion}`], remedy);
  const uv = ['pip', 'install', '-q', '--python', '.venv/bin/python', '-r', 'requirements.txt'];
  await run('.venv/bin/uv', uv, remedy);
  stamp.mark();
};

/** Installs what is missing and says how long it took. Throws a SetupError with the remedy. */
const install = async () => {
  requireNode();
  const npm = stampOf('node_modules/.lock-digest', 'package-lock.json');
  const python = stampOf('.venv/.requirements-digest', 'requirements.txt');
  if (npm.fresh && python.fresh) return;
  requireDisk();
  const sinceMs = performance.now();
  const command = python.fresh ? undefined : findPython();
  console.log('Installing what is missing; the first time takes about a minute.');
  const results = await Promise.allSettled([
    npm.fresh ? undefined : installNpm(npm),
    python.fresh ? undefined : installPython(python, command),
  ]);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  console.log(`Installed in ${((performance.now() - sinceMs) / 1000).toFixed(1)} s.`);
};

const findNode24 = () => {
  if (existsSync(node24)) return node24;
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new SetupError(
      `Node 24 has no package for ${process.platform} ${process.arch} here, and this Node is ${process.versions.node}: install Node 24.`,
    );
  }
  console.log(`On ${process.platform} with your own Node ${process.version}; this is untested.`);
  return process.execPath;
};

/** Runs a script of ours on Node 24 with the pinned tools first on the path; ends as it ends. */
const handOver = (script) => {
  const tools = [join(root, 'node_modules/.bin'), join(root, '.venv/bin'), process.env.PATH];
  const child = spawn(findNode24(), [script, ...process.argv.slice(2)], {
    cwd: root,
    // The channel tells the script when this process has been killed.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: tools.join(':') },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code) => process.exit(code ?? 1));
};

/** Installs, then hands over; prints one sentence when that is not possible. */
export const installAndRun = async (script) => {
  try {
    await install();
    handOver(script);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
};
