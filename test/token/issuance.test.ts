/** What is minted, to whom, in which order, and never beyond the cap. */
import type { ChainTransaction } from '../../shared/core/chain.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { emissionOf, emissionTotalUnits } from '../../shared/token/emission.ts';
import {
  type AllocationName,
  afterIssuance,
  allocationNames,
  allocations,
  capUnits,
  emissionDays,
  genesisUnits,
  hoursOfDay,
  type Issuance,
  type IssuanceState,
  issuanceDifference,
  issuedUnits,
  mintMemo,
  movedIssuance,
  planDay,
  planGenesis,
  type Receipt,
} from '../../shared/token/issuance.ts';

const io = 100_000_000n;
const places = Object.fromEntries(
  allocationNames.map((name) => [name, { wallet: name, tokenAccount: `${name} account` }]),
) as Record<AllocationName, Omit<Receipt, 'units'>>;

const to = { wallet: 'treasury', tokenAccount: 'treasury account' };
const hoursOf = (day: number) =>
  hoursOfDay(day).map((hour) => ({
    ...{ hour, root: sha256Hex(String(hour)) },
    units: emissionOf(hour)?.units ?? 0n,
  }));

/** The state after genesis and so many days, the last of them planned as any other. */
const stateAfter = (days: number): IssuanceState => {
  const genesis = planGenesis('mint', places, 0);
  const state = afterIssuance(genesis.state, genesis.issuance);
  const grossUnits = hoursOfDay(days).reduce(
    (sum, hour) => sum - (emissionOf(hour)?.units ?? 0n),
    genesisUnits + (emissionOf(days * 24 + 23)?.cumulativeUnits ?? emissionTotalUnits),
  );
  return { ...state, daysMinted: days, grossUnits };
};

describe('genesis', () => {
  it('is 500 million IO in the published parts, and leaves 300 million under the cap', () => {
    expect(allocations).toEqual({
      ...{ seed: 100_000_000n * io, series_a: 81_600_000n * io, core: 90_400_000n * io },
      ...{ ecosystem: 128_000_000n * io, community: 100_000_000n * io },
    });
    expect([genesisUnits, capUnits]).toEqual([500_000_000n * io, 800_000_000n * io]);
    const { issuance, state } = planGenesis('mint', places, 7);
    expect(issuedUnits(issuance)).toBe(genesisUnits);
    expect(state).toMatchObject({ openId: 'genesis', isGenesisDone: false, grossUnits: 0n });
  });

  it('is for different wallets', () => {
    const twice = { ...places, core: places.seed };
    expect(() => planGenesis('mint', twice, 0)).toThrow('two allocations');
  });
});

describe('the mint of a day', () => {
  it('is what its 24 hours emit, to the treasury, and names their roots', () => {
    const hours = hoursOf(0);
    const { issuance, state } = planDay(stateAfter(0), { hours, to, nowMs: 9 });
    expect(issuedUnits(issuance)).toBe(emissionOf(23)?.cumulativeUnits);
    expect(issuance.memo).toBe(
      `raymesh mint:0 ${sha256Hex(hours.map(({ root }) => root).join('\n'))}`,
    );
    expect(state).toMatchObject({ openId: 'mint:0', daysMinted: 0, grossUnits: genesisUnits });
    const after = afterIssuance(state, issuance);
    expect(after).toMatchObject({ openId: null, daysMinted: 1 });
    expect(after.grossUnits).toBe(genesisUnits + issuedUnits(issuance));
  });

  it('brings what was ever minted to exactly the cap with the last one', () => {
    const last = emissionDays - 1;
    expect(emissionDays).toBe(7_305);
    const plan = planDay(stateAfter(last), { hours: hoursOf(last), to, nowMs: 0 });
    expect(afterIssuance(plan.state, plan.issuance).grossUnits).toBe(capUnits);
  });

  it('never goes beyond the cap', () => {
    const state = { ...stateAfter(0), grossUnits: capUnits - 1n };
    expect(() => planDay(state, { hours: hoursOf(0), to, nowMs: 0 })).toThrow('the cap');
    const genesis = planGenesis('mint', places, 0);
    const full = { ...genesis.state, grossUnits: capUnits };
    expect(() => afterIssuance(full, genesis.issuance)).toThrow('the cap');
  });

  it('follows the one before it, and genesis', () => {
    const order = { hours: hoursOf(0), to, nowMs: 0 };
    const { state } = planGenesis('mint', places, 0);
    expect(() => planDay(state, order)).toThrow('after the one before');
    const under = planDay(stateAfter(0), order).state;
    expect(() => planDay(under, order)).toThrow('after the one before');
    expect(() => planDay(stateAfter(1), order)).toThrow('not those of day 1');
    const some = { ...order, hours: hoursOf(0).slice(1) };
    expect(() => planDay(stateAfter(0), some)).toThrow('not those of day 0');
  });

  it('is of hours that released what the schedule says', () => {
    const hours = hoursOf(0).map((hour, at) => (at === 5 ? { ...hour, units: 1n } : hour));
    expect(() => planDay(stateAfter(0), { hours, to, nowMs: 0 })).toThrow('hour 5 released 1');
  });

  it('says another thing on the chain for any other root, or order of roots', () => {
    const roots = ['a', 'b'].map(sha256Hex);
    const memos = [mintMemo(3, roots), mintMemo(3, roots.toReversed()), mintMemo(4, roots)];
    expect(new Set(memos).size).toBe(3);
  });
});

describe('an issuance', () => {
  const { issuance } = planGenesis('mint', places, 0);

  it('is signed again only after it died, and posted only once it landed', () => {
    const signed = movedIssuance(issuance, 'sign', { attempts: 1 });
    expect(movedIssuance(signed, 'die').status).toBe('open');
    const landed = movedIssuance(signed, 'land', { signature: 'sig' });
    expect(movedIssuance(landed, 'post').status).toBe('done');
    for (const event of ['sign', 'die', 'land'] as const) {
      expect(() => movedIssuance(landed, event)).toThrow(`no ${event}`);
    }
    expect(() => movedIssuance(signed, 'sign')).toThrow('no sign');
    expect(() => movedIssuance(issuance, 'post')).toThrow('no post');
  });

  const day: Issuance = planDay(stateAfter(0), { hours: hoursOf(0), to, nowMs: 0 }).issuance;
  const change = (account: string, units: bigint, mint = 'mint') => ({
    ...{ account, mint, owner: 'x', program: 'p', before: 5n, after: 5n + units },
  });
  const transaction = (
    tokens: ChainTransaction['tokens'],
    fields: Partial<ChainTransaction> = {},
  ): ChainTransaction => ({
    ...{ signature: 'sig', slot: 1n, blockTimeMs: 0, failed: false, keys: [], tokens },
    ...{ memos: [], feePayer: 'treasury', feeLamports: 0n, paidLamports: 0n },
    ...fields,
  });
  const units = issuedUnits(day);

  it('is done by a transaction that gave each receiver its part, and nobody else anything', () => {
    const right = [change('treasury account', units), change('another', 3n, 'other mint')];
    expect(issuanceDifference(day, transaction(right))).toBeUndefined();
  });

  it.each([
    ['failed', transaction([change('treasury account', units)], { failed: true }), 'failed'],
    ['gave less', transaction([change('treasury account', units - 1n)]), 'minted'],
    ['gave nothing', transaction([]), 'minted 0'],
    [
      'gave somebody else something',
      transaction([change('treasury account', units), change('thief account', 1n)]),
      'thief account',
    ],
    ['is of another mint', transaction([change('treasury account', units, 'x')]), 'minted 0'],
  ])('is not done by one that %s', (_, wrong, says) => {
    expect(issuanceDifference(day, wrong)).toContain(says);
  });
});
