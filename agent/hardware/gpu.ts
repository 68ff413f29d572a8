/**
 * NVIDIA GPUs as `nvidia-smi` lists them. No tool means no GPU; a list that does not parse is a
 * finding for the doctor and claims nothing: a GPU is never guessed.
 */
import type { Hardware } from '../../shared/devices/hardware.ts';

/** Arguments whose output `parseGpus` reads. */
export const gpuQuery = [
  '--query-gpu=name,uuid,memory.total,driver_version',
  '--format=csv,noheader,nounits',
] as const;

export type GpuList = Hardware['gpus'];

/** What the list says; `problem` is set when any line is not of the expected form. */
export interface GpuFinding {
  readonly gpus: GpuList;
  readonly problem: string | null;
}

const gpusMax = 16;

const parseLine = (line: string): GpuList[number] | undefined => {
  const fields = line.split(',').map((field) => field.trim());
  const [name, uuid, memory, driver] = fields;
  if (fields.length !== 4 || !name || !uuid || !memory || !driver) return undefined;
  // "[N/A]" and "[Unknown Error]" stand where a broken or partitioned GPU has no figure.
  if (!/^\d{1,8}$/.test(memory) || Number(memory) < 1 || !/^(GPU|MIG)-[0-9a-fA-F-]+$/.test(uuid)) {
    return undefined;
  }
  return { name, uuid, memory_mib: Number(memory), driver_version: driver };
};

/** Reads the output of `nvidia-smi` with `gpuQuery`. */
export const parseGpus = (output: string): GpuFinding => {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > gpusMax) {
    return {
      gpus: [],
      problem: `nvidia-smi lists ${lines.length} GPUs; at most 16 are supported.`,
    };
  }
  const gpus: GpuList = [];
  for (const line of lines) {
    const gpu = parseLine(line);
    if (!gpu) return { gpus: [], problem: `nvidia-smi answered "${line.trim().slice(0, 120)}".` };
    gpus.push(gpu);
  }
  return { gpus, problem: null };
};
