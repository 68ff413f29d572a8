/**
 * Task `check-treasury`: looks at the treasury's wallet, its token accounts and their mints, and holds what they
 * hold against the ledger. What was found is kept for everything that pays in or out, and for the operator.
 * A problem is an alarm after that. Until providers are stored it does nothing.
 */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { assert } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { secondMs } from '../../../shared/core/time.ts';
import { pricedTokens } from '../../../shared/core/token-price.ts';
import { owedUnits } from '../../../shared/ledger/debt.ts';
import { listOwing, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import {
  type Custody,
  compareCustody,
  custodyProblems,
  differenceOf,
  judgeTreasury,
  type OwnMint,
  type Treasury,
  type TreasuryPlaces,
  type TreasurySight,
  waitingProblems,
} from '../../../shared/payments/treasury/treasury.ts';
import { getTreasury, putTreasury } from '../../../shared/payments/treasury/treasury-store.ts';
import { issuedUnits } from '../../../shared/token/issuance.ts';
import { getIssuanceState, getOpenIssuance } from '../../../shared/token/issuance-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';
import { whereConfigured } from '../deposits/where-configured.ts';
import { askFirst } from '../sending/ask-providers.ts';
import { countUnposted } from './count-unposted.ts';
import { findOldestSuspense, findPayoutsInFlight } from './find-waiting.ts';

export interface TreasuryNeeds extends Runtime {
  /** One port per provider; throws `solana.not_configured` while the operator has stored none. */
  readonly chain: () => Promise<readonly SolanaPort[]>;
  readonly places: () => Promise<TreasuryPlaces>;
}

/** What is under way makes a difference for moments. */
const looksMax = 4;
const pauseMs = 3 * secondMs;

export const checkTreasury = (needs: TreasuryNeeds): Promise<TaskOutcome> =>
  whereConfigured(() => checkConfigured(needs));

const checkConfigured = async (needs: TreasuryNeeds): Promise<TaskOutcome> => {
  const providers = await needs.chain();
  const places = await needs.places();
  const before = await getTreasury(needs.database);
  const { sight, custody } = await lookUntilEven(needs, { providers, places, before });
  // After the look: what was minted by then is known by now.
  const ownMint = needs.token?.mode === 'own' ? await findOwnMint(needs) : undefined;
  const nowMs = needs.clock.nowMs();
  const waiting = {
    payouts: await findPayoutsInFlight(needs),
    oldestSuspenseMs: await findOldestSuspense(needs),
  };
  const problems = [
    ...judgeTreasury(places, sight, ownMint),
    ...pricedTokens.flatMap((token) => custodyProblems(token, custody[token], nowMs)),
    ...waitingProblems(waiting, nowMs),
  ];
  await needs.database.write(
    putTreasury({
      ...places,
      lamports: sight.lamports,
      ioSupplyUnits: sight.mints.io?.supplyUnits ?? null,
      custody,
      debts: await sumDebts(needs),
      ...waiting,
      problems,
      checkedAtMs: nowMs,
    }),
  );
  if (problems.length > 0) needs.log.error('treasury.problems', { problems });
  assert(problems.length === 0, `the treasury: ${problems.map(({ says }) => says).join('; ')}`);
  return { done: 1, failed: 0 };
};

interface Looking {
  readonly providers: readonly SolanaPort[];
  readonly places: TreasuryPlaces;
  readonly before: Treasury | undefined;
}

/** Looks again while something differs, for money that moves is in one book before the other. */
const lookUntilEven = async (needs: TreasuryNeeds, looking: Looking) => {
  for (let looks = 1; ; looks += 1) {
    const found = await look(needs, looking);
    const isEven = pricedTokens.every((token) => differenceOf(found.custody[token]) === 0n);
    if (isEven || looks === looksMax) return found;
    await needs.pause(pauseMs);
  }
};

const look = async (needs: TreasuryNeeds, { providers, places, before }: Looking) => {
  const addresses = pricedTokens.map((token) => places.tokens[token].account);
  // A node that is behind what we saw before must not answer.
  const slotMin = before?.custody.usdc.slot;
  const ask = <Answer>(question: (provider: SolanaPort) => Promise<Answer>) =>
    askFirst(needs, providers, question);
  const { slot, accounts } = await ask((each) => each.listTokenAccounts(addresses, slotMin));
  const mints = await Promise.all(
    pricedTokens.map((token) => ask((each) => each.getMint(places.tokens[token].mint))),
  );
  const lamports = await ask((each) => each.getLamports(places.wallet));
  const sight: TreasurySight = {
    accounts: byToken((_, index) => accounts[index]),
    mints: byToken((_, index) => mints[index]),
    lamports,
  };
  const booked = await Promise.all(
    pricedTokens.map((token) => sumAccount(needs.database, `ext:${token}`)),
  );
  const unposted = await countUnposted(needs, { providers, places, slot });
  const custody = byToken(
    (token, index): Custody =>
      compareCustody(
        {
          heldUnits: sight.accounts[token]?.units ?? 0n,
          slot,
          bookedUnits: -(booked[index] ?? 0n),
          unpostedUnits: unposted[token],
        },
        before?.custody[token],
        needs.clock.nowMs(),
      ),
  );
  return { sight, custody };
};

const byToken = <Value>(
  make: (token: Token, index: number) => Value,
): Readonly<Record<Token, Value>> => ({
  io: make('io', pricedTokens.indexOf('io')),
  usdc: make('usdc', pricedTokens.indexOf('usdc')),
});

/** What may be out of the own mint: what was minted, and what may land. */
const findOwnMint = async ({ database }: TreasuryNeeds): Promise<OwnMint> => {
  // In this order: what is posted in between is counted twice, and never left out.
  const open = await getOpenIssuance(database);
  const state = await getIssuanceState(database);
  return {
    isMade: state?.isGenesisDone ?? false,
    mintedUnitsMax: (state?.grossUnits ?? 0n) + (open ? issuedUnits(open) : 0n),
  };
};

const sumDebts = async (needs: TreasuryNeeds): Promise<Treasury['debts']> => {
  let [units, organisations] = [0n, 0];
  let cursor: string | undefined;
  do {
    const { debts, next } = await listOwing(needs.database, { limit: 100, cursor });
    for (const debt of debts) units += owedUnits(debt);
    organisations += debts.length;
    cursor = next;
  } while (cursor !== undefined);
  return { units, organisations };
};
