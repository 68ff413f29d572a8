/**
 * The treasury's check against a real chain: the real SPL programs behind a node's interface, the real client
 * in the platform, and whatever somebody with the treasury's key, or its issuer, could do to its accounts.
 */
import { address, type Instruction } from '@solana/kit';
import {
  AuthorityType,
  getApproveInstruction,
  getSetAuthorityInstruction,
  getTransferCheckedInstruction,
} from '@solana-program/token';
import { httpFunction } from '../../../functions/kit/http.ts';
import { postDeposit } from '../../../functions/ledger/chain/post-deposit.ts';
import { paymentsRoutes } from '../../../functions/payments/routes.ts';
import {
  checkTreasury,
  type TreasuryNeeds,
} from '../../../functions/payments/treasury/check-treasury.schedule.ts';
import { requireTreasury } from '../../../functions/payments/treasury/require-treasury.ts';
import { solana } from '../../../shared/adapters/solana.ts';
import { solanaProviders } from '../../../shared/adapters/solana-providers.ts';
import { dayMs, hourMs } from '../../../shared/core/time.ts';
import { newArrival } from '../../../shared/payments/deposits/arrival.ts';
import { putNewArrival } from '../../../shared/payments/deposits/arrival-store.ts';
import { putAttempt, putBatch, takeLane } from '../../../shared/payments/payouts/batch-store.ts';
import { movedPayout } from '../../../shared/payments/payouts/payout.ts';
import { putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import type { TreasuryPlaces } from '../../../shared/payments/treasury/treasury.ts';
import { getTreasury } from '../../../shared/payments/treasury/treasury-store.ts';
import { send, setup as setupChain, sol } from '../../local/solana/service.ts';
import { callHttp } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { testRuntime } from '../../support/runtime.ts';
import { aBatch, aMember, aPayout } from '../payouts/builders.ts';

const positionLimit = 10n ** 18n;

const setup = async () => {
  const service = await setupChain('treasury');
  const { chain, control, treasury, usdc, io } = service;
  const owner = treasury.address;
  const { tokenAccount: ioAccount } = await control.mintTo({ owner, mint: 'IO', units: '0' });
  await control.finalize();
  const runtime = testRuntime();
  const pauses: number[] = [];
  const places: TreasuryPlaces = {
    wallet: owner,
    tokens: {
      usdc: { mint: usdc.mint, account: service.treasuryUsdc },
      io: { mint: io.mint, account: ioAccount },
    },
  };
  const port = (provider: string, url: string) =>
    solana({ provider, url, pause: async () => undefined });
  const needs: TreasuryNeeds = {
    ...runtime,
    // The chain's own IO: others mint it.
    token: { mode: 'existing', genesisMs: 0 },
    pause: async (milliseconds) => void pauses.push(milliseconds),
    chain: async () => [port('one', chain.url), port('two', chain.replicaUrl)],
    places: async () => places,
  };
  const check = () => checkTreasury(needs);
  /** The treasury's key signs something that the platform never would. */
  const signs = async (instruction: Instruction) => {
    await send(service, treasury, [instruction]);
    await control.finalize();
  };
  /** USDC that comes and is posted, or is only posted or only comes. */
  const arrive = async (units: bigint) => {
    await control.mintTo({ owner, mint: 'USDC', units: String(units) });
    await control.finalize();
  };
  const post = (signature: string, units: bigint) =>
    postDeposit(
      runtime,
      {
        signature,
        tokenAccount: service.treasuryUsdc,
        token: 'usdc',
        units,
        ending: { kind: 'suspense', reason: 'unattributed' },
      },
      positionLimit,
    );
  const show = async (role: 'operator' | 'owner' = 'operator') => {
    const organisation = await makeOrganisation(runtime, 'Acme');
    const key = await makeKey(runtime, organisation, role);
    const serve = httpFunction(runtime, paymentsRoutes, { keyMode: 'test' });
    return callHttp(serve, { method: 'GET', path: '/v1/treasury', key });
  };
  return {
    ...{ ...service, runtime, needs, places, pauses },
    ...{ port, check, signs, arrive, post, show, ioAccount },
  };
};

describe('check-treasury', () => {
  it('keeps what it found for whoever pays in or out', async () => {
    const { check, places, runtime, arrive, post, pauses } = await setup();
    await arrive(25_000_000n);
    await post('signature-1', 25_000_000n);
    expect(await check()).toEqual({ done: 1, failed: 0 });
    const treasury = await requireTreasury(runtime);
    expect(treasury).toMatchObject({
      ...places,
      problems: [],
      lamports: 10_000_000_000n,
      checkedAtMs: runtime.clock.ms,
      custody: {
        usdc: { heldUnits: 25_000_000n, bookedUnits: 25_000_000n, differsSinceMs: null },
        io: { heldUnits: 0n, bookedUnits: 0n, differsSinceMs: null },
      },
      debts: { units: 0n, organisations: 0 },
    });
    expect(pauses).toEqual([]);
  });

  it('does nothing until providers are stored', async () => {
    const { needs, runtime } = await setup();
    const empty = { read: async () => '{"providers":[]}', readPrevious: async () => undefined };
    const pause = async () => undefined;
    const chain = solanaProviders({ secrets: empty, secretArn: 'arn:solana', pause });
    expect(await checkTreasury({ ...needs, chain })).toEqual({ done: 0, failed: 0 });
    await expect(requireTreasury(runtime)).rejects.toMatchObject({ code: 'solana.not_configured' });
  });

  it('finds who may spend for the treasury, and lets nothing through it', async () => {
    const { check, signs, treasury, treasuryUsdc, customer, runtime } = await setup();
    const delegate = customer.publicKey.toBase58();
    await signs(
      getApproveInstruction({
        source: treasuryUsdc,
        delegate: address(delegate),
        owner: treasury,
        amount: 5n,
      }),
    );
    await expect(check()).rejects.toThrow(`${delegate} may spend from ${treasuryUsdc}`);
    await expect(requireTreasury(runtime)).rejects.toMatchObject({ code: 'solana.not_configured' });
    expect((await getTreasury(runtime.database))?.problems).toMatchObject([
      { code: 'account_delegate', token: 'usdc' },
    ]);
  });

  it('finds who may close an account of the treasury', async () => {
    const { check, signs, treasury, ioAccount, customer } = await setup();
    const other = customer.publicKey.toBase58();
    await signs(
      getSetAuthorityInstruction({
        owned: address(ioAccount),
        owner: treasury,
        authorityType: AuthorityType.CloseAccount,
        newAuthority: address(other),
      }),
    );
    await expect(check()).rejects.toThrow(`${other} may close ${ioAccount}`);
  });

  it('finds an account that the issuer froze', async () => {
    const { check, control, treasuryUsdc } = await setup();
    await control.freeze({ account: treasuryUsdc });
    await control.finalize();
    await expect(check()).rejects.toThrow(`${treasuryUsdc} is frozen`);
  });

  it('finds a mint that is not what it is taken for', async () => {
    const { needs, places } = await setup();
    const { usdc, io } = places.tokens;
    const swapped = { usdc: { ...usdc, mint: io.mint }, io };
    const check = checkTreasury({ ...needs, places: async () => ({ ...places, tokens: swapped }) });
    await expect(check).rejects.toThrow(`${io.mint} has 8 places, not 6`);
  });

  it('finds that SOL for fees runs out, and lets money through while it lasts', async () => {
    const { needs, places, fund, control, newSigner, runtime } = await setup();
    const { address: poor } = await newSigner();
    await fund(poor, sol(0.199));
    await control.finalize();
    const owned = {
      usdc: { ...places.tokens.usdc, account: poor },
      io: { ...places.tokens.io, account: poor },
    };
    await expect(
      checkTreasury({ ...needs, places: async () => ({ wallet: poor, tokens: owned }) }),
    ).rejects.toThrow('199000000 lamports are left for fees');
    expect((await requireTreasury(runtime)).lamports).toBe(199_000_000n);
  });

  it('looks again while money moves, and takes the look that is even', async () => {
    const { check, needs, arrive, post, runtime } = await setup();
    await arrive(5_000_000n);
    let looks = 0;
    const pause = async () => {
      looks += 1;
      if (looks === 2) await post('signature-1', 5_000_000n);
    };
    await checkTreasury({ ...needs, pause });
    expect(looks).toBe(2);
    expect((await requireTreasury(runtime)).custody.usdc.differsSinceMs).toBeNull();
    expect(await check()).toEqual({ done: 1, failed: 0 });
  });

  it.each([
    ['missing', 0n, 5_000_000n, 'we hold 0, the ledger says 5000000'],
    ['too much', 5_000_000n, 0n, 'we hold 5000000, the ledger says 0'],
  ])('is an alarm when money is %s for two hours', async (_, held, booked, says) => {
    const { check, arrive, post, runtime } = await setup();
    if (held > 0n) await arrive(held);
    if (booked > 0n) await post('signature-1', booked);
    await check();
    runtime.clock.ms += hourMs;
    await check();
    runtime.clock.ms += hourMs;
    await expect(check()).rejects.toThrow(says);
    expect((await requireTreasury(runtime)).custody.usdc.differsSinceMs).toBe(
      runtime.clock.ms - 2 * hourMs,
    );
  });

  /** What the poller has found at the treasury's account, the newest first. */
  const found = async ({
    port,
    chain,
    treasuryUsdc,
    runtime,
  }: Awaited<ReturnType<typeof setup>>) => {
    const history = await port('one', chain.url).listSignatures(treasuryUsdc, { limit: 10 });
    return history.map((note) =>
      newArrival({ account: treasuryUsdc, token: 'usdc' }, note, runtime.clock.ms),
    );
  };

  it('counts what came and waits for its price, to the unit, and once', async () => {
    const service = await setup();
    const { check, arrive, post, runtime } = service;
    await arrive(5_000_000n);
    const [arrival] = await found(service);
    if (arrival === undefined) throw new Error('nothing came');
    await runtime.database.write(putNewArrival(arrival));
    const custody = async () => (await requireTreasury(runtime)).custody.usdc;
    await check();
    expect(await custody()).toMatchObject({ unpostedUnits: 5_000_000n, differsSinceMs: null });
    // Posted by a poller that died before it noted that.
    await post(arrival.signature, 5_000_000n);
    await check();
    expect(await custody()).toMatchObject({ unpostedUnits: 0n, differsSinceMs: null });
    // What nobody has found is still a difference.
    await arrive(1_000_000n);
    await check();
    expect(await custody()).toMatchObject({ unpostedUnits: 0n, differsSinceMs: runtime.clock.ms });
  });

  it('counts a payout that has landed until it is posted', async () => {
    const service = await setup();
    const { check, arrive, post, treasury, treasuryUsdc, usdc, control, customer, runtime } =
      service;
    await arrive(60_000_000n);
    await post('signature-1', 60_000_000n);
    const { tokenAccount } = await control.mintTo({
      owner: customer.publicKey.toBase58(),
      mint: 'USDC',
      units: '0',
    });
    const signature = await send(service, treasury, [
      getTransferCheckedInstruction({
        source: address(treasuryUsdc),
        mint: address(usdc.mint),
        destination: address(tokenAccount),
        authority: treasury,
        amount: 49_000_000n,
        decimals: 6,
      }),
    ]);
    await control.finalize();
    const payout = aPayout({ status: 'sending' });
    const member = { ...aMember(1), payoutId: payout.id, units: payout.tokenUnits };
    const batch = aBatch({ status: 'signed', members: [member], attempts: 1 });
    await runtime.database.write(putBatch(batch));
    await runtime.database.write(takeLane('bulk', batch.id));
    for (const write of putPayout(payout, undefined)) await runtime.database.write(write);
    const lifetime = { kind: 'blockhash', lastValidBlockHeight: 9n } as const;
    const attempt = { batchId: batch.id, number: 1, signature, wire: '', lifetime };
    await runtime.database.write(
      putAttempt({ ...attempt, units: payout.tokenUnits, signedAtMs: runtime.clock.ms }),
    );
    await check();
    const treasuryNow = await requireTreasury(runtime);
    expect(treasuryNow.custody.usdc).toMatchObject({
      heldUnits: 11_000_000n,
      unpostedUnits: -49_000_000n,
      differsSinceMs: null,
    });
    expect(treasuryNow.payouts).toEqual({
      count: 1,
      units: 50_000_000n,
      oldestMs: payout.createdAtMs,
    });
    const paid = movedPayout(payout, 'pay', { signature });
    for (const write of putPayout(paid, payout)) await runtime.database.write(write);
    await check();
    expect((await requireTreasury(runtime)).custody.usdc.unpostedUnits).toBe(0n);
    expect((await requireTreasury(runtime)).payouts.count).toBe(0);
  });

  it.each(['earnings', 'rewards'] as const)(
    'rings for a payout of %s that waits for too long, and shows it',
    async (source) => {
      const { check, show, runtime } = await setup();
      const payout = aPayout({ createdAtMs: runtime.clock.ms, source });
      for (const write of putPayout(payout, undefined)) await runtime.database.write(write);
      await check();
      runtime.clock.ms += 2 * dayMs + 1;
      await expect(check()).rejects.toThrow('a payout is neither paid nor failed');
      const { body } = await show();
      expect(body).toMatchObject({
        status: 'warned',
        payouts_in_flight: {
          payouts: 1,
          amount: { amount: '50000000', currency: 'usd' },
          oldest_at: new Date(payout.createdAtMs).toISOString(),
        },
        oldest_suspense_at: null,
        problems: [{ code: 'payout_waits' }],
      });
    },
  );

  it('asks the next provider when one does not answer', async () => {
    const { needs, port } = await setup();
    const silent = port('silent', 'http://127.0.0.1:1');
    const chain = async () => [silent, ...(await needs.chain())];
    expect(await checkTreasury({ ...needs, chain })).toEqual({ done: 1, failed: 0 });
    await expect(checkTreasury({ ...needs, chain: async () => [silent] })).rejects.toMatchObject({
      code: 'solana.unavailable',
    });
  });
});

describe('GET /v1/treasury', () => {
  it('200: shows what is held, booked and in suspense', async () => {
    const { check, show, arrive, post, places, runtime } = await setup();
    await arrive(25_000_000n);
    await post('signature-1', 20_000_000n);
    await check();
    const { status, body } = await show();
    expect(status).toBe(200);
    const usd = (amount: string) => ({ amount, currency: 'usd' });
    const io = { amount: '0', currency: 'io' };
    expect(body).toMatchObject({
      object: 'treasury',
      status: 'sound',
      wallet: places.wallet,
      lamports: '10000000000',
      custody: [
        { token: 'io', held: io, booked: io, difference: io, differs_since: null, suspense: io },
        {
          ...{ token: 'usdc', ...places.tokens.usdc, held: usd('25000000') },
          ...{ booked: usd('20000000'), difference: usd('5000000'), suspense: usd('20000000') },
          differs_since: new Date(runtime.clock.ms).toISOString(),
        },
      ],
      position: { available: io, held: io },
      debts: { owed: usd('0'), organisations: 0 },
      problems: [],
    });
  });

  it('403: is for the operator', async () => {
    const { show } = await setup();
    expect((await show('owner')).status).toBe(403);
  });

  it('503: says that there is no chain before the first check', async () => {
    const { show } = await setup();
    const { status, body } = await show();
    expect(status).toBe(503);
    expect(body.code).toBe('solana.not_configured');
    // Suppliers read it, too: there is no other way to be paid.
    expect(JSON.stringify(body)).not.toContain('card');
  });
});
