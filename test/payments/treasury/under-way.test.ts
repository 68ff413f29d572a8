/**
 * Money that is on the chain and not in the ledger yet: what of it is known is no difference of the books, in
 * any state that it can wait in, and what is hidden stays one.
 */

import { checkTreasury } from '../../../functions/payments/treasury/check-treasury.schedule.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { present } from '../../../shared/core/assert.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { nanoPerUsd } from '../../../shared/core/token-price.ts';
import type { TreasuryPlaces } from '../../../shared/payments/treasury/treasury.ts';
import { differenceOf } from '../../../shared/payments/treasury/treasury.ts';
import { getTreasury } from '../../../shared/payments/treasury/treasury-store.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { startMs, type TestRuntime } from '../../support/runtime.ts';
import { depositService, dollar, oneIo } from '../deposits/deposit-service.ts';

/** Looks, and answers what it found under way and what differs, by token. */
const looked = async (
  runtime: TestRuntime,
  places: TreasuryPlaces,
  ports: readonly SolanaPort[],
) => {
  const pause = async () => undefined;
  // The chain's own IO: others mint it.
  const token = { mode: 'existing', genesisMs: startMs } as const;
  await checkTreasury({
    ...runtime,
    token,
    pause,
    chain: async () => ports,
    places: async () => places,
  });
  const { custody } = present(await getTreasury(runtime.database), 'nothing was found');
  const of = (asset: 'usdc' | 'io') => ({
    unposted: custody[asset].unpostedUnits,
    difference: differenceOf(custody[asset]),
  });
  return { usdc: of('usdc'), io: of('io') };
};

const even = { unposted: 0n, difference: 0n };

const deposits = async () => {
  const service = await depositService();
  const { runtime, ports, accountOf, usdc, io, treasury } = service;
  const places: TreasuryPlaces = {
    wallet: treasury.address,
    tokens: {
      usdc: { mint: usdc.mint, account: accountOf.usdc },
      io: { mint: io.mint, account: accountOf.io },
    },
  };
  return { ...service, look: () => looked(runtime, places, ports) };
};

describe('what arrived', () => {
  it('and waits for a price or the guard of USDC is counted, and what nobody found differs', async () => {
    const { runtime, setPrice, giveIo, pay, settle, control, look } = await deposits();
    await giveIo(100n * oneIo);
    runtime.clock.ms += minuteMs;
    await setPrice('usdc', (nanoPerUsd * 97n) / 100n);
    await pay({ units: 51n * dollar });
    await settle();
    const waiting = { unposted: 51n * dollar, difference: 0n };
    expect(await look()).toEqual({ usdc: waiting, io: even });
    await pay({ units: 7n * dollar });
    await control.finalize();
    expect(await look()).toEqual({ usdc: { ...waiting, difference: 7n * dollar }, io: even });
    await settle();
    const both = { unposted: 58n * dollar, difference: 0n };
    expect(await look()).toEqual({ usdc: both, io: even });
    runtime.clock.ms += 30 * minuteMs;
    await setPrice('usdc', nanoPerUsd);
    await settle();
    expect(await look()).toEqual({ usdc: even, io: even });
  });

  it.each([
    ['before', 51n * dollar],
    ['after', 0n],
  ] as const)(
    'is counted while it is decided: who posts it died %s that',
    async (when, unposted) => {
      const { runtime, pay, settle, look } = await deposits();
      const { database } = runtime;
      const transact = database.transact.bind(database);
      database.transact = async (writes, token) => {
        const posts = writes.some(({ table }) => table === 'ledger');
        if (posts && when === 'before') throw new Error('died');
        await transact(writes, token);
        if (posts) throw new Error('died');
      };
      await pay({ units: 51n * dollar });
      await settle();
      expect(await look()).toEqual({ usdc: { unposted, difference: 0n }, io: even });
    },
  );

  it.each(['organisation_id', 'funding_id'])(
    'and was assigned by %s is booked already',
    async (by) => {
      const { runtime, pay, settle, call, organisationId, look } = await deposits();
      const transaction = await pay({ units: 51n * dollar });
      await settle();
      const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Op'), 'operator');
      const body = { transaction, token: 'usdc', reason: 'known', [by]: organisationId };
      const answer = await call('POST', '/v1/suspense/assign', { key: operator, body });
      expect(answer.status).toBe(200);
      expect(await look()).toEqual({ usdc: even, io: even });
      await settle();
      expect(await look()).toEqual({ usdc: even, io: even });
    },
  );
});
