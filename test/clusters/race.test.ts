/** Fifty customers' requests at once for ten devices: none is reserved twice, and as many fit as can. */
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import { setup } from './fixture.ts';

const requests = 50;
const devices = 10;

/** A small generator of numbers in [0, 1), so that the conflicts follow from the seed. */
const draws = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

test.each([1, 2, 3])(
  'fifty creates of %i nodes for ten devices',
  async (nodes) => {
    const platform = await setup({ devices, seed: `race ${nodes}` });
    const { database } = platform;
    const quotes: string[] = [];
    for (let at = 0; at < requests; at += 1) {
      if (at % 25 === 0) platform.minute();
      quotes.push(await platform.quote(nodes));
    }
    const draw = draws(nodes);
    let conflicts = 0;
    let refusals = 0;
    database.faultOf = (writes) => {
      const creates = writes.some(({ table }) => table === 'market');
      if (!creates || draw() > 0.2) return 'none';
      conflicts += 1;
      return 'conflict';
    };
    const transact = database.transact.bind(database);
    database.transact = async (writes, token) => {
      try {
        await transact(writes, token);
      } catch (error) {
        refusals += 1;
        throw error;
      }
    };
    platform.minute();
    const answers = await Promise.all(quotes.map((quoteId) => platform.create(quoteId)));

    // The race took place: otherwise this test shows nothing.
    expect(conflicts).toBeGreaterThan(0);
    expect(refusals).toBeGreaterThan(conflicts);
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(Math.floor(devices / nodes));
    for (const { status, body } of answers) {
      if (status === 201) continue;
      expect(['cluster.no_capacity', 'platform.unavailable']).toContain(body.code);
    }

    const taken = new Map<string, string>();
    for (const { body } of made) {
      for (const { deviceId } of (await platform.cluster(body.id)).assignments) {
        expect(taken.get(deviceId)).toBeUndefined();
        taken.set(deviceId, body.id);
      }
    }
    for (const { id } of platform.devices) {
      expect((await platform.device(id)).hiredBy).toBe(taken.get(id) ?? null);
    }
    const { holds } = await scanLedger(database);
    expect(holds.map(({ clusterId }) => clusterId).sort()).toEqual(
      made.map(({ body }) => body.id).sort(),
    );
    expect(await platform.brokenBooks()).toEqual([]);
  },
  30_000,
);
