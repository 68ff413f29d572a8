/**
 * Paying and being paid on Solana on the whole platform: customers with wallets of the libraries that wallets are
 * made with, the local chain, the treasury's key in KMS, the schedules, the workflow of payouts, the ledger. The
 * chain's own records are the oracle at the end.
 */
import { moveClock } from '../../local/clock.ts';
import type { Tenant } from '../../local/demo/organisations.ts';
import type { SolanaWallet } from '../../local/demo/solana-wallet.ts';
import { registerPayoutWallet } from '../../local/demo/usdc.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { present } from '../../shared/core/assert.ts';
import type { Token } from '../../shared/core/chain.ts';
import { dayMs, hourMs, startOfHourId } from '../../shared/core/time.ts';
import { scanLedger, sumAccount } from '../../shared/ledger/ledger-store.ts';
import { balancesSchema } from '../../shared/ledger/schemas.ts';
import {
  depositClaimSchema,
  suspendedListSchema,
} from '../../shared/payments/deposits/deposit-schemas.ts';
import { payoutListSchema, payoutSchema } from '../../shared/payments/payouts/payout-schemas.ts';
import { treasurySchema } from '../../shared/payments/treasury/treasury-schemas.ts';
import { epochListSchema } from '../../shared/rewards/epoch-schemas.ts';
import { emissionOf } from '../../shared/token/emission.ts';
import { tokenSupplySchema } from '../../shared/token/token-schemas.ts';
import { closeHours } from '../token/close-hours.ts';
import { earnAnHour, needsAt } from './support/earnings.ts';
import { refusalOf } from './support/renting.ts';
import {
  askForDeposit,
  askForPayout,
  controlOf,
  getDeposit,
  holdFinality,
  mintOf,
  openWallet,
  pollNow,
  proveClaim,
  releaseFinality,
  sendHint,
  sendPlainly,
  signIn,
  untilOver,
  untilPaid,
  untilRead,
} from './support/solana.ts';
import { useStage } from './support/stage.ts';

// The last journey hides a transaction, and what watches the treasury has to ring.
const stage = useStage({
  name: 'solana',
  agents: [],
  mayFail: /custody\.differs|treasury\.problems/,
});

const dollar = 1_000_000n;
const oneIo = 100_000_000n;
const usd = (units: bigint) => ({ amount: units.toString(), currency: 'usd' });
/** Of one machine: a quarter of a dollar. */
const ioPriceDivisor = 4n;
const dollarsOfIo = (units: bigint): bigint => units / 100n / ioPriceDivisor;

let wallet: SolanaWallet;
let customer: Tenant;

const control = () => controlOf(stage().platform);
const balances = (of: Tenant) => of.api.get('/v1/ledger/balances', balancesSchema);

const untilAvailable = (units: bigint) =>
  untilRead(stage().platform, `${units} to be available`, async () =>
    (await balances(customer)).available.amount === units.toString() ? true : undefined,
  );

const available = async (): Promise<bigint> => BigInt((await balances(customer)).available.amount);

beforeAll(async () => {
  wallet = await openWallet(stage().platform, { usdc: 20_000n * dollar, io: 5_000n * oneIo });
});

/** What the first day of the schedule emits. */
const firstDay = emissionOf(23)?.cumulativeUnits ?? 0n;

describe('a day of rewards', () => {
  it('is minted to the treasury by the state machine, and everybody sees it', async () => {
    const { platform, database, customer: anybody } = stage();
    const supply = () => anybody.api.get('/v1/token/supply', tokenSupplySchema);
    expect(await supply()).toMatchObject({ genesis: { status: 'done' }, last_mint: null });
    const { data } = await anybody.api.get('/v1/epochs?limit=1', epochListSchema);
    const running = present(data[0], 'no hour runs');
    const runningMs = present(startOfHourId(running.id), `${running.id} is no hour`);
    const token = { mode: 'own', genesisMs: runningMs - running.hour * hourMs } as const;
    await closeHours(needsAt(database, { nowMs: Date.now }), token, { from: 0, to: 24 });
    const started = await platform.invoke('token-schedules', { task: 'start-mint' });
    expect(started).toEqual({ done: 1, failed: 0 });
    const minted = await waitFor(
      'the day to be minted',
      async () => {
        await control().finalize();
        const { last_mint: last } = await supply();
        return last ?? undefined;
      },
      { seconds: 120, everyMs: 500 },
    );
    expect(minted).toMatchObject({ day: 0, amount: { amount: String(firstDay) } });
    expect(await sumAccount(database, 'ext:issuance')).toBe(0n);
    expect(-(await sumAccount(database, 'ext:io'))).toBe(firstDay);
  });
});

describe('a customer with a wallet', () => {
  it('signs in with it, and needs no key', async () => {
    customer = await signIn(stage().platform, wallet);
    expect(await balances(customer)).toMatchObject({ available: usd(0n) });
    // The next time it is the same organisation.
    const again = await signIn(stage().platform, wallet);
    expect(again.organisationId).toBe(customer.organisationId);
  });

  it('pays a link in USDC: what the fee leaves is credited', async () => {
    const { platform } = stage();
    const asked = await askForDeposit(customer, 'usdc', 10_200n * dollar);
    const transaction = await wallet.pay(asked.url);
    const paid = await untilPaid(platform, customer, asked.id);
    expect(paid).toMatchObject({
      ...{ received: usd(10_200n * dollar), credit: usd(10_000n * dollar) },
      ...{ fee: usd(200n * dollar), payments: [{ transaction }] },
    });
    expect(await available()).toBe(10_000n * dollar);
  });

  it('sends without a word: the wallet is known', async () => {
    await sendPlainly(stage().platform, wallet, 'usdc', 51n * dollar);
    await untilAvailable(10_050n * dollar);
  });

  it('pays in IO, which counts at the price that was promised', async () => {
    const asked = await askForDeposit(customer, 'io', 1_000n * oneIo);
    expect(asked.price).toMatchObject({ nano_usd_per_io: '250000000' });
    await wallet.pay(asked.url);
    const paid = await untilPaid(stage().platform, customer, asked.id);
    expect(paid).toMatchObject({ credit: usd(250n * dollar), fee: usd(0n) });
    expect(await available()).toBe(10_300n * dollar);
  });
});

describe('money that names nobody', () => {
  let sender: SolanaWallet;
  let transaction: string;

  it('waits in suspense', async () => {
    const { platform, operator } = stage();
    sender = await openWallet(platform, { usdc: 102n * dollar });
    transaction = await sendPlainly(platform, sender, 'usdc', 102n * dollar);
    const waiting = await untilRead(platform, 'the deposit to wait', async () => {
      const { data } = await operator.api.get('/v1/suspense', suspendedListSchema);
      return data.find((each) => each.transaction === transaction);
    });
    expect(waiting).toMatchObject({
      ...{ token: 'usdc', amount: usd(102n * dollar), reason: 'unattributed' },
      senders: [sender.address],
    });
    expect(await available()).toBe(10_300n * dollar);
  });

  it('is not given to a stranger who claims it', async () => {
    const { platform, stranger } = stage();
    const other = await openWallet(platform);
    const claim = (body: unknown) =>
      stranger.api.post('/v1/deposit-claims', body, depositClaimSchema);
    const own = await proveClaim(stranger, other, transaction);
    expect(await refusalOf(claim(own))).toMatchObject({ code: 'deposit_claim.not_sender' });
    // Nor with the sender's signature of a text for somebody else.
    const stolen = await proveClaim(customer, sender, transaction);
    expect(await refusalOf(claim(stolen))).toMatchObject({ code: 'wallet.message_not_found' });
  });

  it('is credited to whom its sender signs for', async () => {
    const proof = await proveClaim(customer, sender, transaction);
    const claimed = await customer.api.post('/v1/deposit-claims', proof, depositClaimSchema);
    expect(claimed.deposits).toMatchObject([{ status: 'accepted', amount: usd(102n * dollar) }]);
    await untilAvailable(10_400n * dollar);
    expect(await sumAccount(stage().database, 'suspense:usdc')).toBe(0n);
  });
});

describe('what is confirmed', () => {
  it('is shown after a hint, and never credited when the chain undoes it', async () => {
    const { platform } = stage();
    await holdFinality(platform);
    const asked = await askForDeposit(customer, 'usdc', 51n * dollar);
    const transaction = await wallet.pay(asked.url);
    expect(await sendHint(platform, 'guessed')).toBe(401);
    expect(await sendHint(platform)).toBe(200);
    const seen = await waitFor(
      'the payment to be seen',
      async () => {
        const deposit = await getDeposit(customer, asked.id);
        return deposit.status === 'seen' ? deposit : undefined;
      },
      { seconds: 45 },
    );
    expect(seen).toMatchObject({ seen: { transaction, amount: usd(51n * dollar) } });
    expect(await control().rollback({ from: transaction })).toContain(transaction);
    await releaseFinality(platform);
    // Read twice: the same signature must not come back from what was stored.
    for (let reads = 0; reads < 2; reads += 1) {
      await control().finalize();
      await pollNow(platform);
    }
    expect(await getDeposit(customer, asked.id)).toMatchObject({ payments: [], credit: usd(0n) });
    expect(await available()).toBe(10_400n * dollar);
  });
});

describe('suppliers who earned something', () => {
  let supplierWallet: SolanaWallet;
  let strangerWallet: SolanaWallet;

  it('can be paid when it is matured and their wallets have stood for a day', async () => {
    const { platform, database, supplier, stranger } = stage();
    supplierWallet = await openWallet(platform);
    strangerWallet = await openWallet(platform);
    await registerPayoutWallet(supplier, supplierWallet);
    await registerPayoutWallet(supplier, supplierWallet, 'io');
    await registerPayoutWallet(stranger, strangerWallet);
    await earnAnHour(database, customer.organisationId, [
      { supplier: supplier.organisationId, units: 5_200n * dollar },
      { supplier: stranger.organisationId, units: 100n * dollar },
    ]);
    const early = askForPayout(stranger, 'usdc', 100n * dollar);
    expect(await refusalOf(early)).toMatchObject({ code: 'payout_wallet.cooling_down' });
    await moveClock(platform, 2 * dayMs);
    await platform.invoke('payments-deposits', { task: 'read-prices' });
    const matured = await platform.invoke('ledger-schedules', { task: 'mature-earnings' });
    expect(matured).toMatchObject({ failed: 0 });
    expect(await balances(supplier)).toMatchObject({ matured: usd(5_200n * dollar) });
    expect(await balances(stranger)).toMatchObject({ matured: usd(100n * dollar) });
    // Two days later the customer's login has ended.
    expect(await refusalOf(balances(customer))).toMatchObject({ status: 401 });
    customer = await signIn(platform, wallet);
  });

  it('are paid in USDC, whoever beside them cannot be', async () => {
    const { platform, supplier, stranger } = stage();
    const { tokenAccount } = await control().mintTo({
      ...{ owner: strangerWallet.address, mint: 'USDC', units: '0' },
    });
    await control().freeze({ account: tokenAccount });
    await control().finalize();
    const [good, bad] = [
      await askForPayout(supplier, 'usdc', 100n * dollar),
      await askForPayout(stranger, 'usdc', 100n * dollar),
    ];
    expect(
      await untilOver(platform, [
        [supplier, good.id],
        [stranger, bad.id],
      ]),
    ).toMatchObject([
      { status: 'paid', fee: usd(2n * dollar), net: usd(98n * dollar) },
      { status: 'failed', status_reason: 'token_account_frozen', transaction: null },
    ]);
    expect(await supplierWallet.unitsOf(mintOf(platform, 'usdc'))).toBe(98n * dollar);
    expect(await balances(stranger)).toMatchObject({
      ...{ matured: usd(100n * dollar), paying_out: usd(0n) },
    });
  });

  it('are paid in IO, without a fee', async () => {
    const { platform, supplier } = stage();
    const { id } = await askForPayout(supplier, 'io', 100n * dollar);
    const [paid] = await untilOver(platform, [[supplier, id]]);
    expect(paid).toMatchObject({ status: 'paid', fee: usd(0n) });
    const units = await supplierWallet.unitsOf(mintOf(platform, 'io'));
    expect(dollarsOfIo(units)).toBe(100n * dollar);
  });

  it('wait for an operator with a large sum', async () => {
    const { platform, operator, supplier } = stage();
    const { id, status } = await askForPayout(supplier, 'usdc', 5_000n * dollar);
    expect(status).toBe('awaiting_approval');
    const { data } = await operator.api.get('/v1/payout-approvals', payoutListSchema);
    expect(data.map((each) => each.id)).toEqual([id]);
    const approval = { decision: 'approve', reason: 'A supplier that we know' };
    const decide = (by: Tenant) =>
      by.api.post(`/v1/payout-approvals/${id}`, approval, payoutSchema);
    expect(await refusalOf(decide(supplier))).toMatchObject({ status: 403 });
    expect(await decide(operator)).toMatchObject({ status: 'queued' });
    const [paid] = await untilOver(platform, [[supplier, id]]);
    expect(paid).toMatchObject({ status: 'paid', net: usd(4_900n * dollar) });
    expect(await supplierWallet.unitsOf(mintOf(platform, 'usdc'))).toBe(4_998n * dollar);
  });
});

describe('the treasury', () => {
  const view = () => stage().operator.api.get('/v1/treasury', treasurySchema);
  const check = (task: 'check-custody' | 'check-treasury') =>
    stage().platform.invoke('payments-deposits', { task });
  const accountOf = async (token: Token): Promise<string> =>
    present((await view()).custody.find((each) => each.token === token)?.account, token);

  it('holds what the chain and the ledger say, to the unit', async () => {
    const { platform, database } = stage();
    // Something that nobody claims stays beside it.
    const somebody = await openWallet(platform, { usdc: 7n * dollar, io: 40n * oneIo });
    await sendPlainly(platform, somebody, 'usdc', 7n * dollar);
    await sendPlainly(platform, somebody, 'io', 40n * oneIo);
    await untilRead(platform, 'both to wait', async () =>
      (await sumAccount(database, 'suspense:io')) === 40n * oneIo &&
      (await sumAccount(database, 'suspense:usdc')) === 7n * dollar
        ? true
        : undefined,
    );
    expect(await check('check-treasury')).toEqual({ done: 1, failed: 0 });
    expect(await check('check-custody')).toEqual({ done: 2, failed: 0 });
    const shown = await view();
    expect(shown).toMatchObject({ status: 'sound', wallet: platform.treasury, problems: [] });
    const { transfers } = await scanLedger(database);
    for (const custody of shown.custody) {
      const moved = await control().movements({ account: custody.account });
      const units = moved.map((each) => BigInt(each.units));
      const sum = (of: readonly bigint[]) => of.reduce((total, each) => total + each, 0n);
      const arrived = sum(units.filter((each) => each > 0n));
      expect(custody.held.amount).toBe(sum(units).toString());
      expect(custody).toMatchObject({ difference: { amount: '0' }, unposted: { amount: '0' } });
      // What left the outside for customers and for our fee, directly or by a claim.
      const half = custody.token === 'io' ? ':io' : '';
      const credited = transfers
        .filter(({ id }) => /^(sol|claim):/.test(id) && id.endsWith(`${custody.account}${half}`))
        .flatMap(({ legs }) => legs)
        .filter(({ account }) => /^(cust:|fx:io$|rev:facilitation$)/.test(account));
      const minted = custody.token === 'io' ? firstDay : 0n;
      expect(sum(credited.map((leg) => leg.units))).toBe(
        arrived - minted - BigInt(custody.suspense.amount),
      );
      expect(arrived).toBeGreaterThan(BigInt(custody.suspense.amount));
    }
  });

  it('rings when a transaction is kept from us, and is quiet when it is told', async () => {
    const { platform } = stage();
    await holdFinality(platform);
    const hidden = await sendPlainly(platform, wallet, 'usdc', 51n * dollar);
    await control().hideTransactions({ signatures: [hidden], wholly: true });
    await releaseFinality(platform);
    await control().finalize();
    await expect(check('check-custody')).rejects.toThrow(`${await accountOf('usdc')} holds`);
    // Both books are given two hours to agree.
    expect(await check('check-treasury')).toEqual({ done: 1, failed: 0 });
    expect((await view()).custody).toContainEqual(
      expect.objectContaining({ token: 'usdc', difference: usd(51n * dollar) }),
    );
    await moveClock(platform, 3 * hourMs);
    await platform.invoke('payments-deposits', { task: 'read-prices' });
    await expect(check('check-treasury')).rejects.toThrow('the treasury: ');
    expect(await view()).toMatchObject({
      status: 'warned',
      problems: [{ code: 'custody_differs', token: 'usdc' }],
    });
    await control().revealTransactions();
    customer = await signIn(platform, wallet);
    const before = 5_100n * dollar;
    await untilAvailable(before + 50n * dollar);
    expect(await check('check-custody')).toEqual({ done: 2, failed: 0 });
    expect(await check('check-treasury')).toEqual({ done: 1, failed: 0 });
    expect(await view()).toMatchObject({ status: 'sound', problems: [] });
  });
});
