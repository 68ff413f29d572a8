/** What a machine needs to be a device: facts in, checks out. Pure. */
import { skewSecondsMax } from '../../shared/core/http-signature.ts';
import { scratchFreeMibMin, scratchRoot, shmPath } from '../hardware/free-space.ts';
import type { GpuFinding } from '../hardware/gpu.ts';
import type { RayVersions } from '../hardware/ray-installation.ts';

/** A prover by its processor, "cpu" or "gpu 0": the engine that passed its self-test, or why none did. */
export type ProverFinding = { readonly processor: string } & (
  | { readonly backend: string; readonly device: string }
  | { readonly problem: string }
);

/** What was found on the machine. */
export interface MachineFacts {
  readonly nodeVersion: string;
  readonly ray: RayVersions | { readonly problem: string };
  /** First port of a free block; null when there is none. */
  readonly freePort: number | null;
  readonly diskMib: number;
  readonly memoryMib: number;
  /** Free /dev/shm; null where the system has none (macOS). */
  readonly shmMib: number | null;
  readonly openFilesMax: number;
  readonly gpus: GpuFinding;
  /** What the prover of the CPU, or of each GPU, found of itself. */
  readonly provers: readonly ProverFinding[];
  /** Permission bits of the key's file; null before `join`. */
  readonly keyMode: number | null;
  readonly stateProblem: string | null;
  readonly platform:
    | { readonly kind: 'answered'; readonly skewSeconds: number }
    | { readonly kind: 'silent'; readonly reason: string }
    | { readonly kind: 'unknown' };
}

/** One line of the doctor. */
export interface Check {
  readonly check: string;
  readonly required: string;
  readonly actual: string;
  readonly passed: boolean;
  /** What to do; null when it passed. */
  readonly remedy: string | null;
}

const memoryMibMin = 2_048;
const shmFreeMibMin = 128;
const openFilesMin = 4_096;

const check = (
  name: string,
  parts: { required: string; actual: string; passed: boolean; remedy: string },
): Check => ({ check: name, ...parts, remedy: parts.passed ? null : parts.remedy });

const atLeast = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
};

const software = (facts: MachineFacts): readonly Check[] => {
  const versions = 'problem' in facts.ray ? undefined : facts.ray;
  const python = versions?.python ?? 'unknown';
  return [
    check('node', {
      required: '22.18 or newer (runs TypeScript directly)',
      actual: facts.nodeVersion,
      passed: atLeast(facts.nodeVersion, [22, 18]),
      remedy: 'Install Node.js 24.',
    }),
    check('ray', {
      required: 'an installed ray[default]',
      actual: 'problem' in facts.ray ? facts.ray.problem : facts.ray.ray,
      passed: versions !== undefined,
      remedy: 'pip install "ray[default]==2.60.0", and name it with --ray <path to ray>.',
    }),
    check('python', {
      required: '3.10 to 3.13',
      actual: python,
      passed: atLeast(python, [3, 10]) && !atLeast(python, [3, 14]),
      remedy: 'Install Ray with a Python from 3.10 to 3.13.',
    }),
  ];
};

const resources = (facts: MachineFacts): readonly Check[] => [
  check('ports', {
    required: 'a free block of 100 ports',
    actual: facts.freePort === null ? 'none' : `${facts.freePort}-${facts.freePort + 99}`,
    passed: facts.freePort !== null,
    remedy: 'Free ports of the range, or join again with --ports <first>-<last>.',
  }),
  check('disk', {
    required: `${scratchFreeMibMin} MiB free on ${scratchRoot}`,
    actual: `${facts.diskMib} MiB`,
    passed: facts.diskMib >= scratchFreeMibMin,
    remedy: 'Free disk space: Ray keeps its logs and spilled objects there.',
  }),
  check('memory', {
    required: `${memoryMibMin} MiB`,
    actual: `${facts.memoryMib} MiB`,
    passed: facts.memoryMib >= memoryMibMin,
    remedy: 'A head needs 1 GB for itself: use a machine with more memory.',
  }),
  check('shared memory', {
    required: `${shmFreeMibMin} MiB free on ${shmPath}`,
    actual: facts.shmMib === null ? 'not used on this system' : `${facts.shmMib} MiB`,
    passed: facts.shmMib === null || facts.shmMib >= shmFreeMibMin,
    remedy: 'Enlarge it: mount -o remount,size=30% /dev/shm (Docker: --shm-size=2g).',
  }),
  check('open files', {
    required: `a hard limit of ${openFilesMin}`,
    actual: String(facts.openFilesMax),
    passed: facts.openFilesMax >= openFilesMin,
    remedy: 'Raise it: LimitNOFILE=65536 in the systemd unit, or /etc/security/limits.conf.',
  }),
  check('gpus', {
    required: 'every GPU that nvidia-smi lists is readable',
    actual: facts.gpus.problem ?? (facts.gpus.gpus.map(({ name }) => name).join(', ') || 'none'),
    passed: facts.gpus.problem === null,
    remedy: 'Make "nvidia-smi" work (driver, reboot); until then no GPU is claimed.',
  }),
];

const provers = (facts: MachineFacts): readonly Check[] =>
  facts.provers.map((found) =>
    check(`prover (${found.processor})`, {
      required: 'an engine that passes its self-test',
      actual: 'problem' in found ? found.problem : `${found.backend} on ${found.device}`,
      passed: !('problem' in found),
      remedy:
        'Install NumPy beside Ray, and CuPy for NVIDIA GPUs: pip install numpy "cupy-cuda12x[ctk]". ' +
        'Without a prover the device is not offered.',
    }),
  );

const identity = (facts: MachineFacts): readonly Check[] => [
  check('state', {
    required: 'readable state files',
    actual: facts.stateProblem ?? 'readable',
    passed: facts.stateProblem === null,
    remedy: 'Restore agent.json from a backup, or run "raymesh-agent leave" and join again.',
  }),
  check('key', {
    required: 'mode 600',
    actual: facts.keyMode === null ? 'not joined yet' : facts.keyMode.toString(8),
    passed: facts.keyMode === null || facts.keyMode === 0o600,
    remedy: 'chmod 600 device-key.pem; if others could read it, rotate the key.',
  }),
];

const platform = ({ platform: found }: MachineFacts): readonly Check[] => {
  if (found.kind === 'unknown') return [];
  const reachable = check('platform', {
    required: 'answers GET /v1/health',
    actual: found.kind === 'answered' ? 'answers' : found.reason,
    passed: found.kind === 'answered',
    remedy: 'Check the address and that outgoing HTTPS is allowed.',
  });
  if (found.kind === 'silent') return [reachable];
  const clock = check('clock', {
    required: `within ${skewSecondsMax} s of the platform`,
    actual: `${found.skewSeconds} s`,
    passed: Math.abs(found.skewSeconds) <= skewSecondsMax,
    remedy: 'Switch on time synchronisation (timedatectl set-ntp true).',
  });
  return [reachable, clock];
};

/** All checks in the order in which they are shown. */
export const judge = (facts: MachineFacts): readonly Check[] => [
  ...software(facts),
  ...resources(facts),
  ...provers(facts),
  ...identity(facts),
  ...platform(facts),
];

/** The checks for people. */
export const formatChecks = (checks: readonly Check[]): string =>
  checks
    .map((one) => {
      const line = `${one.passed ? 'ok  ' : 'FAIL'}  ${one.check}: ${one.actual}`;
      return one.passed ? line : `${line}\n      required: ${one.required}\n      ${one.remedy}`;
    })
    .join('\n');
