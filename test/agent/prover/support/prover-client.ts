/**
 * Talks to a real prover process line by line, as whatever drives one must: requests as given, answers as
 * they come. Checks nothing; unlike the agent's own side it can also send nonsense.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../../../..');
export const agentFolder = join(root, 'agent');
export const python = join(root, '.venv/bin/python');

export type Answer = {
  readonly id: unknown;
  readonly ok: boolean;
  readonly error?: string;
} & Record<string, unknown>;

/** The environment of every Python that these tests start. */
export const pythonEnvironment = {
  PATH: process.env['PATH'],
  PYTHONPATH: agentFolder,
  PYTHONDONTWRITEBYTECODE: '1',
};

export class ProverClient {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #complaint = '';

  constructor(words: readonly string[] = ['--backend', 'numpy', '--threads', '2']) {
    this.#child = spawn(python, ['-m', 'prover', 'serve', ...words], { env: pythonEnvironment });
    this.#child.stderr.on('data', (text) => {
      this.#complaint += text;
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Sends one line and waits for its answer. Throws when the process ends instead. */
  async say(line: string): Promise<Answer> {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the prover ended: ${this.#complaint}`);
    return JSON.parse(value);
  }

  ask(request: Record<string, unknown>): Promise<Answer> {
    return this.say(JSON.stringify(request));
  }

  /** What it wrote to stderr so far. */
  get complaint(): string {
    return this.#complaint;
  }

  /** The processes that it has started and that still run: on Linux. */
  children(): readonly number[] {
    const { pid } = this.#child;
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return list.split(' ').filter(Boolean).map(Number);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Closes its input and answers its exit status. */
  end(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => {
      if (this.#child.exitCode !== null) resolve(this.#child.exitCode);
      else this.#child.once('close', resolve);
    });
    this.#child.stdin.end();
    return ended;
  }
}
