/**
 * `synth`: the wall time of `cdk synth --quiet` as an operator runs it, bundling of all functions and
 * cdk-nag included. The assembly goes to a folder of its own, so that the operator's stays as it is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paths, toolPath } from '../../local/paths.ts';
import { supervise } from '../../local/supervisor.ts';
import { UserError } from '../../local/user-error.ts';
import { type Findings, lowerIsBetter, rounded } from './document.ts';

const runs = 3;

/** Seconds of one synthesis. */
const synthOnce = async (output: string): Promise<number> => {
  const logFile = join(paths.logs, 'bench-synth.log');
  const sinceMs = performance.now();
  const command = await supervise({
    command: join(paths.nodeTools, 'cdk'),
    arguments: ['synth', '--quiet', '--output', output],
    environment: { ...(process.env as Record<string, string>), PATH: toolPath },
    logFile,
  });
  const { succeeded, how } = await command.ended;
  const seconds = (performance.now() - sinceMs) / 1_000;
  await command.stop();
  if (!succeeded) throw new UserError(`cdk synth failed (${how}); ${logFile} says why.`);
  return seconds;
};

export const benchSynth = async (): Promise<Findings> => {
  const output = mkdtempSync(join(tmpdir(), 'raymesh-synth-'));
  const samples: number[] = [];
  try {
    for (let run = 0; run < runs; run += 1) samples.push(await synthOnce(output));
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
  return {
    figures: [lowerIsBetter({ id: 'synth_s', unit: 's', goal: 15, samples })],
    rows: samples.map((seconds, index) => ({ run: index + 1, seconds: rounded(seconds) })),
  };
};
