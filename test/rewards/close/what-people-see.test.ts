/**
 * A closed hour as people see it: what its owner was told before it ended came true, and what anybody reads of
 * it afterwards is confirmed by the checks that need no platform.
 */
import { httpFunction } from '../../../functions/kit/http.ts';
import { rewardRoutes } from '../../../functions/rewards/routes.ts';
import type { Id } from '../../../shared/core/ids.ts';
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import type { Device } from '../../../shared/devices/device.ts';
import { publishedStatementSchema, rewardProofSchema } from '../../../shared/rewards/schemas.ts';
import { checkRewardProof, checkStatement } from '../../../shared/rewards/statement-check.ts';
import { parseStatementCsv } from '../../../shared/rewards/statement-csv.ts';
import { testId } from '../../devices/builders.ts';
import { callHttp } from '../../support/http.ts';
import { makeKey } from '../../support/identity.ts';
import { Closing, dueMs, type Entrant, epochId, hourStartMs } from './closing.ts';

/** Devices of three organisations: one in order, one without a wallet, one that is paused and hardly staked. */
const setup = async () => {
  const closing = new Closing();
  const entrants: readonly Entrant[] = [
    {},
    { organisation: 2, hasWallet: false, proof: 'call_missed' },
    { organisation: 3, stakeUnits: 1n, device: { status: 'paused' } },
  ];
  const devices: Device[] = [];
  for (const [index, entrant] of entrants.entries()) {
    const device = await closing.add(index + 1, entrant);
    // While an hour runs its proofs are not judged: the hour before went the same way.
    await closing.prove(device, -1, entrant);
    devices.push(device);
  }
  const serve = httpFunction(closing.runtime, rewardRoutes, { keyMode: 'test' });
  const keys = new Map<string, string>();
  for (const number of [1, 2, 3]) {
    const organisationId: Id<'org'> = testId('org', number);
    keys.set(organisationId, await makeKey(closing.runtime, organisationId));
  }
  const get = (path: string, query: Record<string, string> = {}, organisationId = '') => {
    const key = keys.get(organisationId);
    return callHttp(serve, { method: 'GET', path, query, ...(key ? { key } : {}) });
  };
  return { closing, devices, get };
};

interface Told {
  readonly gate: string;
  readonly reason_code: string | null;
}

it('what an owner is told before the end of the hour is what its statement says', async () => {
  const { closing, devices, get } = await setup();
  closing.runtime.clock.ms = hourStartMs + hourMs - minuteMs;
  const before = new Map<string, readonly string[]>();
  for (const { id, organisationId } of devices) {
    const { body } = await get('/v1/rewards/readiness', { device_id: id }, organisationId);
    expect(body.epoch_id).toBe(epochId);
    const closed = body.gates.filter(({ reason_code }: Told) => reason_code !== null);
    before.set(
      id,
      closed.map(({ gate, reason_code }: Told) => `${gate}: ${reason_code}`),
    );
  }
  expect([...before.values()]).toEqual([
    [],
    ['wallet: no_wallet', 'proof: call_missed'],
    ['status: paused', 'stake: stake_below_minimum'],
  ]);
  closing.runtime.clock.ms = dueMs;
  await closing.judged();
  await closing.execute();
  for (const { id, organisationId } of devices) {
    const { body } = await get('/v1/rewards', { device_id: id }, organisationId);
    const [{ entries, epoch_id, status }] = body.data;
    expect([epoch_id, status, entries.length]).toEqual([epochId, 'completed', 1]);
    const closed = entries[0].closed_gates.map(
      ({ gate, reason_code }: Told) => `${gate}: ${reason_code}`,
    );
    expect(closed).toEqual(before.get(id));
  }
});

it('everybody can check the whole of it and each share, with nothing but what is public', async () => {
  const { closing, devices, get } = await setup();
  await closing.judged();
  await closing.execute();
  const { body: epoch } = await get(`/v1/epochs/${epochId}`);
  const published = publishedStatementSchema.parse(epoch.statement);
  const { body: csv } = await get(`/v1/epochs/${epochId}/statement`);
  const rows = parseStatementCsv(csv.toString());
  if ('fault' in rows) throw new Error(rows.fault);
  expect(rows).toHaveLength(3);
  expect(checkStatement(published, rows).filter(({ passed }) => !passed)).toEqual([]);
  for (const { publicId } of devices) {
    const { body } = await get(`/v1/epochs/${epochId}/proof`, { device: publicId });
    const proof = rewardProofSchema.parse(body);
    expect(proof.statement.root).toBe(published.root);
    expect(checkRewardProof(proof).filter(({ passed }) => !passed)).toEqual([]);
  }
  const { body: list } = await get('/v1/epochs', { limit: '2' });
  expect(list.data.map(({ id, status }: { id: string; status: string }) => [id, status])).toEqual([
    ['2026-11-22T13', 'in_progress'],
    [epochId, 'completed'],
  ]);
});
