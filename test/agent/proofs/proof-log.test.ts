/** What is kept of proofs: the last few of each processor, whatever the file holds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentStatus, formatStatus } from '../../../agent/commands/status.ts';
import {
  forgetProofs,
  type KeptProof,
  keepProof,
  listKeptProofs,
  proofsKeptMax,
} from '../../../agent/state/proof-log.ts';
import { temporaryFolder } from '../support/folders.ts';

const proof = (changes: Partial<KeptProof>): KeptProof => ({
  ...{ processor_id: 'prc_a', gpu_index: null, model: 'x86-64 CPU', purpose: 'slot' },
  ...{ source_id: '2026-11-22T18:10:00Z', profile: 1, at: '2026-11-22T18:10:05.000Z' },
  ...{ proof_id: 'poc_a', outcome: 'passed', reason: null, gops: 52_340, mbps: null },
  ...{ pool_bytes: null, receipt: { v: 1 } },
  ...changes,
});

it('keeps the newest of each processor', () => {
  const folder = temporaryFolder();
  keepProof(folder, proof({ processor_id: 'prc_b' }));
  for (let n = 0; n < proofsKeptMax + 3; n += 1) keepProof(folder, proof({ proof_id: `poc_${n}` }));
  const kept = listKeptProofs(folder);
  const own = kept.filter(({ processor_id }) => processor_id === 'prc_a');
  expect(own.map(({ proof_id }) => proof_id)).toEqual(
    Array.from({ length: proofsKeptMax }, (_, n) => `poc_${proofsKeptMax + 2 - n}`),
  );
  expect(kept).toHaveLength(proofsKeptMax + 1);
  forgetProofs(folder);
  expect(listKeptProofs(folder)).toEqual([]);
});

it('begins anew when the file is corrupted', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'proofs.json'), '{"version":1,"proofs":[{}]}');
  expect(listKeptProofs(folder)).toEqual([]);
  keepProof(folder, proof({}));
  expect(listKeptProofs(folder)).toEqual([proof({})]);
});

it('tells people the measured throughput of each processor', () => {
  const shown = (kept: readonly KeptProof[]) =>
    formatStatus({
      ...{ device_id: 'dev_a', public_id: 'a', site_id: 'site_a', name: 'rack-1' },
      ...{ api_url: 'https://api.example.com', address: '10.0.0.1', agent_port: 17_000 },
      ...{ daemon_pid: null, nodes: [] },
      proofs: kept.map(({ receipt, gops, ...one }) => ({
        ...{ ...one, tops: gops === null ? null : gops / 1_000, has_receipt: receipt !== null },
      })),
    } as unknown as AgentStatus);
  expect(shown([])).toContain('proofs   none yet');
  const text = shown([
    proof({
      gpu_index: 1,
      processor_id: 'prc_b',
      profile: 2,
      purpose: 'onboarding',
      gops: 429_000,
    }),
    proof({ outcome: 'abandoned', reason: 'proof.not_called', gops: null }),
  ]);
  expect(text).toContain('gpu 1  2026-11-22T18:10:05.000Z  onboarding (full)  passed  429 TOPS');
  expect(text).toContain(
    'cpu    2026-11-22T18:10:05.000Z  slot (light)  abandoned  proof.not_called',
  );
});
