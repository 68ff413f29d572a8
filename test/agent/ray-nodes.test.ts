/** What Ray lists becomes rows of our nodes only. The listing was recorded from Ray 2.60.0. */
import { parseRayNodes } from '../../agent/ray/ray-nodes.ts';
import { otherUlid, ulid } from './support/nodes.ts';

const row = (changes: object) => ({
  node_id: '991342d029d099116dbe732e3ffe3b2c86cdb7a8a0be901fed1c159a',
  node_ip: '192.0.2.2',
  is_head_node: true,
  state: 'ALIVE',
  state_message: null,
  node_name: '192.0.2.2',
  resources_total: { object_store_memory: 200000000.0, 'node:192.0.2.2': 1.0, CPU: 1.0 },
  labels: { cluster: `clu_${ulid}`, node: `nod_${ulid}`, 'ray.io/node-id': '9913' },
  ...changes,
});
const listing = (...rows: object[]) =>
  JSON.stringify({ result: true, msg: '', data: { result: { total: rows.length, result: rows } } });

it('reads a node with its resources', () => {
  expect(parseRayNodes(listing(row({})), `clu_${ulid}`)).toEqual([
    { node_id: `nod_${ulid}`, alive: true, state_message: null, cpus: 1, gpus: 0 },
  ]);
});

it('prefers the living row of a node to its dead ones, in any order', () => {
  const dead = row({ state: 'DEAD', state_message: 'x'.repeat(600), resources_total: {} });
  for (const rows of [
    [dead, row({})],
    [row({}), dead],
  ]) {
    expect(parseRayNodes(listing(...rows), `clu_${ulid}`)).toEqual([
      expect.objectContaining({ alive: true }),
    ]);
  }
  const [only] = parseRayNodes(listing(dead), `clu_${ulid}`) ?? [];
  expect(only).toMatchObject({ alive: false, cpus: 0 });
  expect(only?.state_message).toHaveLength(500);
});

it('leaves out nodes without our labels and those of another cluster', () => {
  expect(parseRayNodes(listing(row({ labels: {} })), `clu_${ulid}`)).toEqual([]);
  expect(parseRayNodes(listing(row({})), `clu_${otherUlid}`)).toEqual([]);
});

it.each(['', '{', '{"result":false}', '[]'])('knows nothing from %j', (text) => {
  expect(parseRayNodes(text, `clu_${ulid}`)).toBeUndefined();
});
