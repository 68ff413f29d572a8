/**
 * A machine with a clock of its own: how long proofs take on it, alone or one after the other, and walks
 * over a pool of which a part lies elsewhere. Times are simulated; only the platform's side of them counts.
 */
import {
  operationsOf,
  type ProofParams,
  poolBytesOf,
  walkBytesOf,
} from '../../../shared/proofs/protocol/parameters.ts';

export interface SimulatedMachine {
  /** 10^9 operations per second. */
  readonly gops: number;
  /** 10^6 bytes per second, of its own memory. */
  readonly mbps: number;
  readonly memoryBytes: number;
  /** 10^6 bytes per second from the host's memory, or from another card. */
  readonly linkMbps: number;
}

/** Milliseconds that the rounds of a proof take. */
export const workMs = ({ gops }: SimulatedMachine, params: ProofParams): number =>
  Number(operationsOf(params)) / (gops * 1e6);

/** When proofs that all start at `t0` and run one after the other are committed to. */
export const commitTimes = (
  machine: SimulatedMachine,
  proofs: readonly ProofParams[],
  t0: number,
): readonly number[] => {
  let at = t0;
  return proofs.map((params) => {
    at += workMs(machine, params);
    return Math.ceil(at);
  });
};

/** Milliseconds that a walk takes while the part `elsewhere` (0..1) of its pool is behind the link. */
export const walkMs = (
  { mbps, linkMbps }: SimulatedMachine,
  params: ProofParams,
  elsewhere: number,
): number => {
  const bytes = walkBytesOf(params);
  return Math.ceil((bytes * ((1 - elsewhere) / mbps + elsewhere / linkMbps)) / 1e3);
};

/** The part of the last of these pools, 0..1, that the machine's memory has no room for. */
export const missingPart = (
  { memoryBytes }: SimulatedMachine,
  pools: readonly ProofParams[],
): number => {
  const last = poolBytesOf(pools.at(-1) as ProofParams);
  const all = pools.reduce((sum, params) => sum + poolBytesOf(params), 0);
  return Math.min(1, Math.max(0, all - memoryBytes) / last);
};
