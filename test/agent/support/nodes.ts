/** Records of nodes for tests. */
import type { NodeRecord } from '../../../agent/state/node-folder.ts';

export const ulid = '01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q';
export const otherUlid = '01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Z';

export const nodeRecord = (changes: Partial<NodeRecord>): NodeRecord => ({
  version: 1,
  purpose: 'cluster',
  node_id: `nod_${ulid}`,
  cluster_id: `clu_${ulid}`,
  command_id: `cmd_${ulid}`,
  role: 'head',
  address: '10.0.0.1',
  head: null,
  cpus: 1,
  gpus: 0,
  gpu_indexes: [],
  ray_executable: '/opt/venv/bin/ray',
  auth_token: 'a1'.repeat(32),
  object_store_bytes: 100_000_000,
  memory_bytes: 100_000_000,
  scratch_folder: '/tmp/rm-test',
  ports: { first: 20_000, last: 32_699 },
  proof_consent: false,
  ...changes,
});
