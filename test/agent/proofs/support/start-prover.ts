/** A program that starts a prover, tells its process and stays: what a test kills like an agent. */
import { createProverProcess } from '../../../../agent/proofs/prover-process.ts';
import { waitFor } from '../../../../agent/runtime.ts';
import { python, standIn } from './stand-in.ts';

const nothing = () => undefined;
const clock = { nowMs: () => 0 };
const prover = createProverProcess(
  {
    clock,
    monotonicMs: clock.nowMs,
    randomness: { bytes: (count) => new Uint8Array(count) },
    log: { info: nothing, warn: nothing, error: nothing },
    wait: waitFor,
    stateFolder: '',
    path: '/usr/bin:/bin',
  },
  { python, agentFolder: standIn, gpuIndex: null, folder: process.argv[2] ?? '' },
);
const { device } = await prover.selfTest();
process.stdout.write(`${device}\n`);
