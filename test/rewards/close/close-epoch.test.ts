/**
 * Guarantees of closing an hour: everybody gets what the rules say, once, and what cannot be right is posted to
 * nobody. What happens when a process dies half-way is in crash.test.ts.
 */
import { present } from '../../../shared/core/assert.ts';
import { dayMs, hourMs, minuteMs } from '../../../shared/core/time.ts';
import type { Device } from '../../../shared/devices/device.ts';
import { putDeviceEvent } from '../../../shared/devices/device-event-store.ts';
import { putDevice, transitionDevice } from '../../../shared/devices/device-store.ts';
import { heard, runGapMsMax } from '../../../shared/devices/presence.ts';
import { getPresence, putPresence } from '../../../shared/devices/presence-store.ts';
import { withSpeedTest } from '../../../shared/devices/speed-test.ts';
import {
  getRewardBalance,
  getRewardFund,
} from '../../../shared/ledger/rewards/io-balance-store.ts';
import { getRewardHold } from '../../../shared/ledger/rewards/reward-store.ts';
import { hourIdOf } from '../../../shared/proofs/gate.ts';
import { openEpoch } from '../../../shared/rewards/epoch-store.ts';
import { getFirstRewards } from '../../../shared/rewards/first-reward-store.ts';
import { closingKey, stakeKey } from '../../../shared/rewards/keys.ts';
import { listSnapshotShards } from '../../../shared/rewards/snapshot-store.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import { testId } from '../../devices/builders.ts';
import { Closing, dueMs, epochId, hourStartMs } from './closing.ts';

const emitted = emissionOf(0)?.units ?? 0n;
const fresh = [
  'open-epoch opened',
  'snapshot-shard x16',
  'split-epoch split',
  'verify-epoch verified',
  'commit-epoch committed',
];

describe('close-epoch', () => {
  it('pays each organisation what its devices earned, and leaves the empty pool unallocated', async () => {
    const closing = new Closing();
    await closing.add(1);
    await closing.add(2, { organisation: 2, device: { connectivityTier: 4 } });
    await closing.add(3, { organisation: 2, hired: true });
    await closing.judged();
    expect(await closing.execute()).toEqual([
      ...fresh,
      'post-rewards x1',
      'publish-epoch published',
      'open-epoch not_due',
    ]);
    const rows = await closing.rows();
    expect(new Set(rows.map(({ score }) => score))).toEqual(
      new Set(['264000', '265000', '264050']),
    );
    const earned = new Map(rows.map(({ public_id, amount }) => [public_id, BigInt(amount ?? '')]));
    const enterprise = (emitted * 95n) / 100n;
    expect([...earned.values()].reduce((sum, each) => sum + each, 0n)).toBe(enterprise);
    const balance = async (number: number) =>
      (await getRewardBalance(closing.database, testId('org', number))).available;
    expect(await balance(1)).toBe(earned.get('public1'));
    expect(await balance(2)).toBe((earned.get('public2') ?? 0n) + (earned.get('public3') ?? 0n));
    expect(await closing.epoch()).toMatchObject({
      status: 'completed',
      result: { head: { community_unallocated: String(emitted - enterprise), entries: '3' } },
    });
    expect(await closing.broken()).toEqual([]);
  });

  it('leaves everything unallocated when nobody is there, and posts nothing else (R11)', async () => {
    const closing = new Closing();
    await closing.judged();
    expect(await closing.execute()).toContain('post-rewards x0');
    expect(await closing.postings()).toEqual([
      `em:${epochId} ext:issuance ${-emitted},reward:pool ${emitted}`,
      `rw:${epochId}: reward:pool ${-emitted},reward:unallocated ${emitted}`,
    ]);
    expect(await closing.broken()).toEqual([]);
  });

  it('posts nothing when it is closed again (R5)', async () => {
    const closing = new Closing();
    await closing.add(1);
    await closing.judged();
    await closing.execute();
    const [before, objects] = [closing.database.snapshot(), closing.objects.kept.size];
    expect(await closing.execute()).toEqual(['open-epoch not_due']);
    for (const step of ['split-epoch', 'verify-epoch', 'commit-epoch']) {
      expect((await closing.step({ step, epoch_id: epochId })).outcome).toBe('committed');
    }
    await closing.step({ step: 'snapshot-shard', epoch_id: epochId, item: 3 });
    await closing.step({ step: 'post-rewards', epoch_id: epochId, item: 0 });
    await closing.step({ step: 'publish-epoch', epoch_id: epochId });
    expect(closing.database.snapshot()).toEqual(before);
    expect(closing.objects.kept.size).toBe(objects);
  });

  it('tells of each device why it earns nothing', async () => {
    const closing = new Closing();
    const late = { runStartedMs: hourStartMs + 11 * minuteMs };
    await closing.add(1, { stakeUnits: 1n });
    await closing.add(2, { proof: 'call_missed' });
    await closing.add(3, { proof: undefined });
    await closing.add(4, { presence: late });
    await closing.add(5, { organisation: 2, hasWallet: false });
    await closing.add(6, { device: { connectivityTier: 0 } });
    await closing.add(7, {
      firstRewardedMs: null,
      presence: { runStartedMs: hourStartMs - 11 * hourMs },
    });
    await closing.add(8, { device: { status: 'blocked', statusReason: 'proof_fraud' } });
    await closing.judged();
    await closing.execute();
    const rows = await closing.rows();
    const closed = rows.map(({ public_id, ...row }) => [
      public_id,
      Object.entries(row).flatMap(([gate, outcome]) =>
        /^[a-z]/.test(outcome ?? '') && !['passed', 'enterprise'].includes(outcome ?? '')
          ? `${gate} ${outcome}`
          : [],
      ),
    ]);
    expect(Object.fromEntries(closed)).toEqual({
      public1: ['stake stake_below_minimum'],
      public2: ['proof call_missed'],
      public3: ['proof not_judged'],
      public4: ['uptime_before down_before', 'uptime down_in_hour'],
      public5: ['wallet no_wallet'],
      public6: ['connectivity line_too_slow'],
      public7: ['first_wait first_wait'],
      public8: ['status blocked'],
    });
    expect((await closing.epoch()).result?.head.enterprise_score).toBe('0');
  });

  it('knows the status as the hour ended, whatever came after', async () => {
    const closing = new Closing();
    const paused = await closing.add(1);
    const resumed = await closing.add(2, {
      device: { status: 'paused', statusReason: 'paused_by_supplier' },
    });
    const gone = await closing.add(3);
    const by = (
      reason: 'paused_by_supplier' | 'resumed_by_supplier' | 'terminated_by_supplier',
    ) => ({
      ...{ reason, actor: 'key_1', evidence: {} },
    });
    const pausedBefore = transitionDevice(
      { ...resumed, status: 'up' },
      by('paused_by_supplier'),
      hourStartMs - hourMs,
    );
    await closing.write(...pausedBefore.writes);
    const moves = [
      transitionDevice(paused, by('paused_by_supplier'), dueMs - minuteMs),
      transitionDevice(pausedBefore.device, by('resumed_by_supplier'), dueMs - minuteMs),
      transitionDevice(gone, by('terminated_by_supplier'), dueMs - minuteMs),
    ];
    for (const { writes } of moves) await closing.write(...writes);
    await closing.judged();
    await closing.execute();
    const status = (await closing.rows()).map((row) => [row['public_id'], row['status']]);
    expect(Object.fromEntries(status)).toEqual({
      public1: 'passed',
      public2: 'paused',
      public3: 'terminated',
    });
  });

  it('knows the class of a line as the hour ended, whatever was measured after', async () => {
    const closing = new Closing();
    const afterMs = hourStartMs + hourMs;
    const measure = async (device: Device, tier: 0 | 4, atMs: number) => {
      const result = { tier, roundTripMs: 1, downKbps: 1, upKbps: 1 };
      const change = present(withSpeedTest(device, result, atMs), 'a device that is there');
      await closing.write(putDevice(change.device), putDeviceEvent(change.event));
      return change.device;
    };
    const none = { connectivityTier: null, speedTestedAtMs: null, downKbps: null, upKbps: null };
    await measure(await closing.add(1, { device: none }), 4, afterMs);
    const slow = await measure(await closing.add(2), 0, afterMs - 1);
    await measure(await measure(slow, 4, afterMs), 4, afterMs + 1);
    const fast = await measure(await closing.add(3), 4, afterMs - 1);
    await measure(fast, 0, afterMs);
    await closing.judged();
    await closing.execute();
    const lines = (await closing.rows()).map((row) => [row['public_id'], row['connectivity']]);
    expect(Object.fromEntries(lines)).toEqual({
      public1: 'line_not_measured',
      public2: 'line_too_slow',
      public3: 'passed',
    });
  });

  it('does not know devices, wallets and stakes that came after the hour', async () => {
    const closing = new Closing();
    const { organisationId } = await closing.add(1, { organisation: 2, hasWallet: false });
    await closing.addWallet(organisationId, hourStartMs + hourMs);
    await closing.add(2, { device: { createdAtMs: hourStartMs + hourMs } });
    await closing.judged();
    await closing.execute();
    expect(await closing.rows()).toMatchObject([{ public_id: 'public1', wallet: 'no_wallet' }]);
  });

  it('changes nothing in an hour by a heartbeat after its snapshot (R7)', async () => {
    const closing = new Closing();
    const device = await closing.add(1, { presence: { lastSeenMs: hourStartMs + 51 * minuteMs } });
    await closing.judged();
    await closing.step({ step: 'open-epoch' });
    const shards = Array.from({ length: 16 }, (_, item) => item);
    for (const item of shards) {
      await closing.step({ step: 'snapshot-shard', epoch_id: epochId, item });
    }
    const before = await getPresence(closing.database, device.id);
    if (before) {
      const after = heard(before, hourStartMs + hourMs + minuteMs);
      await closing.write(putPresence(device.id, before, after));
    }
    await closing.execute();
    const score = Math.floor((13_000 * 51) / 60) + 1_000 + 250_000;
    expect(await closing.rows()).toMatchObject([{ score: String(score) }]);
  });

  it('holds what a device earns in its first three days, and notes its first hour', async () => {
    const closing = new Closing();
    const device = await closing.add(1, { firstRewardedMs: null });
    await closing.add(2, { firstRewardedMs: hourStartMs - 3 * dayMs + hourMs });
    await closing.add(3, { firstRewardedMs: hourStartMs - 3 * dayMs });
    const unpaid = await closing.add(4, { firstRewardedMs: null, proof: 'call_missed' });
    await closing.judged();
    await closing.execute();
    const rows = await closing.rows();
    const earned = Object.fromEntries(
      rows.map(({ public_id, amount }) => [public_id, BigInt(amount ?? '')]),
    );
    const held = (earned['public1'] ?? 0n) + (earned['public2'] ?? 0n);
    expect(await getRewardBalance(closing.database, testId('org', 1))).toMatchObject({
      held,
      available: earned['public3'],
    });
    expect(await getRewardHold(closing.database, epochId, testId('org', 1))).toMatchObject({
      amount: held,
      releaseAtMs: hourStartMs + hourMs + 3 * dayMs,
    });
    const firsts = await getFirstRewards(closing.database, [device.id, unpaid.id]);
    expect([...firsts]).toEqual([[device.id, hourStartMs]]);
    expect(await closing.broken()).toEqual([]);
  });

  it('closes no hour while a heartbeat can still prove a minute of it (R7)', async () => {
    const closing = new Closing();
    const lastSeenMs = hourStartMs + hourMs - 1;
    const device = await closing.add(1, { presence: { lastSeenMs } });
    await closing.judged();
    closing.runtime.clock.ms = lastSeenMs + runGapMsMax;
    expect(await closing.execute()).toEqual(['open-epoch not_due']);
    const before = present(await getPresence(closing.database, device.id), 'no presence');
    const after = heard(before, closing.runtime.clock.ms);
    expect(after.runStartedMs).toBe(before.runStartedMs);
  });

  it('closes hours that were missed in order, each once', async () => {
    const closing = new Closing();
    const device = await closing.add(1);
    await closing.prove(device, 1);
    closing.runtime.clock.ms = dueMs + 2 * hourMs;
    await closing.judged(1);
    const trail = await closing.execute();
    expect(trail.filter((step) => step.startsWith('publish'))).toHaveLength(2);
    expect(trail.at(-1)).toBe('open-epoch not_judged');
    expect((await closing.epoch('2026-11-22T13')).status).toBe('completed');
    await closing.judged(2);
    await closing.execute();
    expect((await closing.epoch('2026-11-22T14')).status).toBe('completed');
    expect(await closing.broken()).toEqual([]);
  });

  it.each([
    { lateMs: 41 * hourMs, entries: '1' },
    { lateMs: 43 * hourMs, entries: '0' },
  ])('knows who was up for 42 hours ($lateMs)', async ({ lateMs, entries }) => {
    const closing = new Closing();
    await closing.add(1, { presence: { lastSeenMs: hourStartMs + 4 * dayMs } });
    closing.runtime.clock.ms = dueMs + lateMs;
    await closing.judged();
    await closing.execute();
    const { head } = present((await closing.epoch()).result, 'no result');
    expect(head.entries).toBe(entries);
    const unallocated = [head.enterprise_unallocated, head.community_unallocated].map(BigInt);
    expect(unallocated.reduce((sum, each) => sum + each, 0n) === emitted).toBe(entries === '0');
    expect(await closing.broken()).toEqual([]);
  });

  it('leaves out a device that cannot be read, and pays the others', async () => {
    const closing = new Closing();
    await closing.add(1);
    const { id } = await closing.add(2, { organisation: 2 });
    const key = stakeKey(id);
    await closing.write({
      kind: 'update',
      table: 'rewards',
      key,
      set: { active_units: -1n },
      condition: {},
    });
    await closing.judged();
    await closing.execute();
    expect((await closing.rows()).map(({ public_id }) => public_id)).toEqual(['public1']);
    const shards = await listSnapshotShards(closing.database, epochId);
    expect(shards.reduce((sum, { leftOut }) => sum + leftOut, 0)).toBe(1);
    expect(closing.runtime.lines).toContainEqual(
      expect.objectContaining({ event: 'rewards.device_left_out', device_id: id }),
    );
    expect(await closing.broken()).toEqual([]);
  });

  it('closes no hour under a number that does not follow the last one', async () => {
    const closing = new Closing();
    await closing.judged(1);
    await closing.execute();
    const before = await closing.postings();
    closing.runtime.clock.ms = dueMs + hourMs;
    for (const genesisMs of [hourStartMs + hourMs, hourStartMs - hourMs]) {
      Object.assign(closing.runtime, { token: { mode: 'own', genesisMs } });
      await expect(closing.execute()).rejects.toThrow('genesis moved');
    }
    expect(await closing.postings()).toEqual(before);
  });

  it('fixes no shard of an hour that was not opened', async () => {
    const closing = new Closing();
    await closing.add(1);
    for (const id of [epochId, '2026-11-22T15']) {
      const early = closing.step({ step: 'snapshot-shard', epoch_id: id, item: 0 });
      await expect(early).rejects.toThrow(`${id} was not opened`);
      expect(await listSnapshotShards(closing.database, id)).toEqual([]);
    }
  });

  it('closes the last hour of the emission, and none after it', async () => {
    const completedThrough = async (hour: number) => {
      const closing = new Closing();
      const startMs = hourStartMs + hour * hourMs;
      const epoch = { id: hourIdOf(startMs), hour, startMs, openedAtMs: startMs + hourMs };
      const attributes = { hour_ms: startMs };
      const put = { kind: 'put', table: 'rewards', key: closingKey, attributes } as const;
      await closing.write(openEpoch(epoch), { ...put, condition: {} });
      closing.runtime.clock.ms = dueMs + (hour + 1) * hourMs;
      await closing.judged(hour + 1);
      return closing;
    };
    const last = await completedThrough(175_318);
    expect((await last.execute()).slice(0, 1)).toEqual(['open-epoch opened']);
    expect(await (await completedThrough(175_319)).execute()).toEqual(['open-epoch over']);
  });

  it('closes no hour that runs, or that nobody judged, or without a token', async () => {
    const closing = new Closing();
    expect(await closing.execute()).toEqual(['open-epoch not_judged']);
    closing.runtime.clock.ms = dueMs - 1;
    expect(await closing.execute()).toEqual(['open-epoch not_due']);
    await closing.judged();
    expect(await closing.execute()).toEqual(['open-epoch not_due']);
    const without = { ...closing.runtime, token: undefined };
    Object.assign(closing, { runtime: without });
    expect(await closing.execute()).toEqual(['open-epoch no_token']);
    expect(await closing.postings()).toEqual([]);
  });

  it.each([5n, 10n ** 12n])('releases what a fund of %s base units has', async (fund) => {
    const closing = new Closing({ mode: 'existing' });
    const device = await closing.add(1, { firstRewardedMs: null });
    const unpaid = await closing.add(2, { firstRewardedMs: null, organisation: 2 });
    await closing.funded(fund);
    await closing.judged();
    await closing.execute();
    const released = fund < emitted ? fund : emitted;
    const { result } = await closing.epoch();
    expect(result?.head).toMatchObject({ emission: String(released) });
    expect(await getRewardFund(closing.database)).toBe(fund - released);
    const paid = (await closing.rows()).map(({ amount }) => BigInt(amount ?? ''));
    expect(paid.reduce((sum, each) => sum + each, 0n)).toBe((released * 95n) / 100n);
    expect(await closing.postings()).toContain(
      `em:${epochId} reward:fund ${-released},reward:pool ${released}`,
    );
    const firsts = await getFirstRewards(closing.database, [device.id, unpaid.id]);
    expect([...firsts.values()]).toEqual([hourStartMs, hourStartMs]);
  });

  it('releases no more than the fund has where the token is somebody else’s', async () => {
    const closing = new Closing({ mode: 'existing' });
    const device = await closing.add(1, { firstRewardedMs: null });
    await closing.judged();
    await closing.execute();
    expect(await closing.epoch()).toMatchObject({ result: { head: { emission: '0' } } });
    expect(await closing.postings()).toEqual([]);
    expect(await closing.rows()).toMatchObject([{ amount: '0', score: '264000' }]);
    // Three days of held rewards begin with the first that is paid.
    expect((await getFirstRewards(closing.database, [device.id])).size).toBe(0);
  });
});
