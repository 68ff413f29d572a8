/**
 * Which process a number means. A pid alone is reused after exit and reboot; pid, start time and
 * boot together are not, so the agent signals a process only when all three agree.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import * as z from 'zod';

export const processIdentitySchema = z.strictObject({
  pid: z.int().min(1),
  /** Clock ticks since boot (Linux) or the start time in words (macOS). */
  started: z.string().min(1),
  boot: z.string().min(1),
});

export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** The start time of a process from the text of /proc/<pid>/stat; undefined for a zombie. */
export const parseProcStat = (text: string): string | undefined => {
  // The second field, the command, may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
};

const quietly = (read: () => string): string => {
  try {
    return read().trim();
  } catch {
    return '';
  }
};

const isLinux = platform() === 'linux';

/** Names the machine's current boot. */
export const bootId = (): string =>
  isLinux
    ? quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
    : quietly(() => execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' })) ||
      'unknown';

const startOf = (pid: number): string | undefined =>
  isLinux
    ? parseProcStat(quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8')))
    : quietly(() => execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }));

/** The identity of a running process; undefined when there is none under this pid. */
export const identityOf = (pid: number): ProcessIdentity | undefined => {
  const started = startOf(pid);
  return started ? { pid, started, boot: bootId() } : undefined;
};

/** Whether exactly this process still runs. */
export const isRunning = (identity: ProcessIdentity): boolean => {
  const now = identityOf(identity.pid);
  return now !== undefined && now.started === identity.started && now.boot === identity.boot;
};

/** Sends a signal to exactly this process; false when it no longer runs. */
export const signalProcess = (identity: ProcessIdentity, signal: NodeJS.Signals): boolean => {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
};

/** Sends SIGKILL to a process group; false when the group is empty. */
export const killGroup = (group: number): boolean => {
  try {
    return process.kill(-group, 'SIGKILL');
  } catch {
    return false;
  }
};

/**
 * Pids of all processes whose environment holds `NAME=value`: those that a node's processes started
 * in sessions of their own (job drivers) are found too. Empty on macOS, where groups must do.
 */
export const processesMarked = (name: string, value: string): readonly number[] => {
  if (!isLinux) return [];
  const marker = `\0${name}=${value}\0`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) =>
      `\0${quietly(() => readFileSync(`/proc/${entry}/environ`, 'utf8'))}\0`.includes(marker),
    )
    .map(Number);
};
