/** What the operating system says about processor and memory. Parsers are pure. */
import { cpus, totalmem } from 'node:os';

const nameMax = 128;
const mebibyte = 1024 * 1024;

/** The first "model name" of /proc/cpuinfo; undefined where the kernel names none (many ARM boards). */
export const parseCpuName = (cpuinfo: string): string | undefined => {
  const name = /^model name\s*:\s*(\S.*?)\s*$/m.exec(cpuinfo)?.[1];
  return name?.replace(/\s+/g, ' ').slice(0, nameMax);
};

/** Cores as the system schedules them, and the processor's name. */
export const describeCpu = (cpuinfo: string): { name: string; cores: number } => {
  const found = cpus();
  const name = parseCpuName(cpuinfo) || found[0]?.model.trim().slice(0, nameMax);
  return { name: name || 'unknown', cores: Math.max(1, found.length) };
};

/** Total memory in whole MiB. */
export const memoryMib = (): number => Math.floor(totalmem() / mebibyte);
