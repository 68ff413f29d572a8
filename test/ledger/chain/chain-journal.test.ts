/** The journal of money on chain, row by row: every leg of every fact, by account. */
import type { Transfer } from '../../../shared/ledger/transfer.ts';
import { ChainFixture, oneIo, price } from '../../simulation/ledger/chain-fixture.ts';
import { million, payer } from '../../simulation/ledger/fixture.ts';
import { RewardFixture } from '../../simulation/ledger/reward-fixture.ts';

const row = ({ id, asset, code, external, legs }: Transfer) => ({
  id,
  asset,
  code,
  external,
  legs: Object.fromEntries(legs.map(({ account, units }) => [account, units])),
});

/** The other half of a fact in two assets, as it stands in the ledger. */
const half = async (fixture: ChainFixture, id: string) => row(await fixture.transfer(id));

describe('a deposit of USDC', () => {
  it('is credited with the fee on top', async () => {
    const posted = await new ChainFixture().arrive('usdc', 102n * million);
    expect(row(posted.transfer)).toEqual({
      id: 'sol:sig1:usdcAta',
      asset: 'usd',
      code: 'usdc_deposit',
      external: 'sol:sig1:usdcAta',
      legs: {
        'ext:usdc': -102_000_000n,
        'rev:facilitation': 2_000_000n,
        'cust:org_payer': 100_000_000n,
      },
    });
    expect(posted).toMatchObject({
      ended: 'credited',
      creditUnits: 100n * million,
      feeUnits: 2n * million,
    });
  });

  it('pays the debt first, also with all of it', async () => {
    const fixture = new ChainFixture();
    await fixture.open(40n * million);
    const posted = await fixture.arrive('usdc', 51n * million);
    expect(row(posted.transfer).legs).toEqual({
      'ext:usdc': -51_000_000n,
      'rev:facilitation': 1_000_000n,
      'debt:org_payer': 40_000_000n,
      'cust:org_payer': 10_000_000n,
    });
    expect(posted.creditUnits).toBe(50n * million);
    const owing = new ChainFixture();
    await owing.open(40n * million);
    const all = await owing.arrive('usdc', 102_000n);
    expect(row(all.transfer).legs).toEqual({
      'ext:usdc': -102_000n,
      'rev:facilitation': 2_000n,
      'debt:org_payer': 100_000n,
    });
  });

  it('says how much IO stands behind it where a price is known', async () => {
    const ending = { kind: 'credit' as const, organisation: payer, price };
    const { transfer } = await new ChainFixture().arrive('usdc', 102n * million, ending);
    expect(transfer.io).toEqual({
      units: 400n * oneIo,
      priceId: 'prc_1',
      nanoUsdPerIo: 250_000_000n,
    });
    expect((await new ChainFixture().arrive('usdc', million)).transfer.io).toBeUndefined();
  });

  it('that comes to less than a micro-dollar waits in suspense', async () => {
    const posted = await new ChainFixture().arrive('usdc', 1n);
    expect(posted).toMatchObject({ ended: 'suspense', creditUnits: 0n });
    expect(posted.transfer.reason).toBe('worth_nothing');
  });
});

describe('a deposit of IO', () => {
  it('is a conversion of two transfers at its price', async () => {
    const fixture = new ChainFixture();
    const posted = await fixture.arrive('io', 400n * oneIo + 3n);
    expect(row(posted.transfer)).toEqual({
      id: 'sol:sig1:ioAta',
      asset: 'usd',
      code: 'io_deposit',
      external: 'sol:sig1:ioAta',
      legs: { 'fx:usd': -100_000_000n, 'cust:org_payer': 100_000_000n },
    });
    expect(await half(fixture, 'sol:sig1:ioAta:io')).toEqual({
      id: 'sol:sig1:ioAta:io',
      asset: 'io',
      code: 'io_deposit',
      external: undefined,
      legs: { 'ext:io': -40_000_000_003n, 'fx:io': 40_000_000_003n },
    });
    expect(posted).toMatchObject({ ended: 'credited', creditUnits: 100n * million, feeUnits: 0n });
    expect(posted.transfer.io).toMatchObject({ units: 40_000_000_003n, priceId: 'prc_1' });
    expect(await fixture.broken()).toEqual([]);
  });

  it('pays the debt first', async () => {
    const fixture = new ChainFixture();
    await fixture.open(40n * million);
    const { transfer } = await fixture.arrive('io', 400n * oneIo);
    expect(row(transfer).legs).toEqual({
      'fx:usd': -100_000_000n,
      'debt:org_payer': 40_000_000n,
      'cust:org_payer': 60_000_000n,
    });
  });

  it('beyond the limit of our position waits in suspense, and up to it does not', async () => {
    const fixture = new ChainFixture();
    await fixture.arrive('io', 400n * oneIo);
    const beyond = await fixture.arrive('io', 600n * oneIo + 1n, undefined, 'sig2');
    expect(row(beyond.transfer)).toEqual({
      id: 'sol:sig2:ioAta',
      asset: 'io',
      code: 'unattributed_deposit',
      external: 'sol:sig2:ioAta',
      legs: { 'ext:io': -60_000_000_001n, 'suspense:io': 60_000_000_001n },
    });
    expect(beyond).toMatchObject({ ended: 'suspense' });
    expect(beyond.transfer.reason).toBe('position_limit');
    expect(await fixture.arrive('io', 600n * oneIo, undefined, 'sig3')).toMatchObject({
      ended: 'credited',
    });
    // Told again, also when there would be room or none: as it was committed.
    expect(await fixture.arrive('io', 600n * oneIo + 1n, undefined, 'sig2')).toMatchObject({
      outcome: 'already_done',
      ended: 'suspense',
    });
    expect(await fixture.broken()).toEqual([]);
  });

  it('without a price is an alarm', async () => {
    const ending = { kind: 'credit' as const, organisation: payer };
    await expect(new ChainFixture().arrive('io', oneIo, ending)).rejects.toThrow('without a price');
  });
});

describe('what belongs to nobody', () => {
  it('waits in suspense, in its own asset', async () => {
    const fixture = new ChainFixture();
    const usdc = await fixture.stray('usdc', million);
    expect(row(usdc.transfer)).toEqual({
      id: 'sol:sig1:usdcAta',
      asset: 'usd',
      code: 'unattributed_deposit',
      external: 'sol:sig1:usdcAta',
      legs: { 'ext:usdc': -1_000_000n, 'suspense:usdc': 1_000_000n },
    });
    expect(usdc.transfer.reason).toBe('no_reference');
    // The same transaction may bring both tokens.
    const io = await fixture.stray('io', oneIo);
    expect(row(io.transfer).legs).toEqual({ 'ext:io': -oneIo, 'suspense:io': oneIo });
    expect(await fixture.broken()).toEqual([]);
  });

  it('is claimed as it would have been credited, USDC with its fee', async () => {
    const fixture = new ChainFixture();
    await fixture.open(40n * million);
    await fixture.stray('usdc', 102n * million);
    const claimed = await fixture.claim('usdc', 102n * million);
    if (!('transfer' in claimed)) throw new Error(claimed.outcome);
    expect(row(claimed.transfer)).toEqual({
      id: 'claim:sig1:usdcAta',
      asset: 'usd',
      code: 'deposit_claim',
      external: undefined,
      legs: {
        'suspense:usdc': -102_000_000n,
        'rev:facilitation': 2_000_000n,
        'debt:org_payer': 40_000_000n,
        'cust:org_payer': 60_000_000n,
      },
    });
    expect(await fixture.broken()).toEqual([]);
  });

  it('is claimed in IO at the price of the claim', async () => {
    const fixture = new ChainFixture();
    await fixture.stray('io', 8n * oneIo);
    const claimed = await fixture.claim('io', 8n * oneIo);
    if (!('transfer' in claimed)) throw new Error(claimed.outcome);
    expect(row(claimed.transfer).legs).toEqual({
      'fx:usd': -2_000_000n,
      'cust:org_payer': 2_000_000n,
    });
    expect(await half(fixture, 'claim:sig1:ioAta:io')).toMatchObject({
      asset: 'io',
      code: 'deposit_claim',
      legs: { 'suspense:io': -8n * oneIo, 'fx:io': 8n * oneIo },
    });
    expect(await fixture.broken()).toEqual([]);
  });

  it('is claimed once: again is the same answer, somebody else’s is an alarm', async () => {
    const fixture = new ChainFixture();
    await fixture.stray('usdc', million);
    const first = await fixture.claim('usdc', million);
    expect(await fixture.claim('usdc', million)).toEqual({ ...first, outcome: 'already_done' });
    await expect(fixture.claim('usdc', million, { organisation: 'org_other' })).rejects.toThrow(
      'another cause',
    );
  });

  it('is not claimed where nothing waits, where another amount waits, or beyond the limit', async () => {
    const fixture = new ChainFixture();
    expect(await fixture.claim('usdc', million)).toEqual({ outcome: 'nothing_in_suspense' });
    await fixture.arrive('usdc', million);
    expect(await fixture.claim('usdc', million)).toEqual({ outcome: 'nothing_in_suspense' });
    await fixture.stray('io', 1_001n * oneIo, 'sig2');
    const claim = { signature: 'sig2' };
    await expect(fixture.claim('io', oneIo, claim)).rejects.toThrow('something else');
    expect(await fixture.claim('io', 1_001n * oneIo, claim)).toEqual({ outcome: 'position_limit' });
    await fixture.stray('io', 100n, 'sig3');
    expect(await fixture.claim('io', 100n, { signature: 'sig3' })).toEqual({
      outcome: 'worth_nothing',
    });
    expect(await fixture.broken()).toEqual([]);
  });

  it('that was claimed stays claimed when there is no more room', async () => {
    const fixture = new ChainFixture();
    await fixture.stray('io', 600n * oneIo);
    await fixture.claim('io', 600n * oneIo);
    await fixture.arrive('io', 400n * oneIo, undefined, 'sig2');
    expect(await fixture.claim('io', 600n * oneIo)).toMatchObject({ outcome: 'already_done' });
  });
});

describe('the platform’s own money', () => {
  const ending = { kind: 'treasury' as const, fundingId: 'fnd_1' };

  it('in USDC comes from our bank', async () => {
    const posted = await new ChainFixture().arrive('usdc', million, ending);
    expect(row(posted.transfer)).toMatchObject({
      id: 'sol:sig1:usdcAta',
      asset: 'usd',
      code: 'treasury_funding',
      legs: { 'ext:usdc': -1_000_000n, 'ext:bank': 1_000_000n },
    });
    expect(posted).toMatchObject({ ended: 'treasury', creditUnits: 0n });
  });

  it('in IO joins our position, whatever its limit', async () => {
    const posted = await new ChainFixture().arrive('io', 2_000n * oneIo, ending);
    expect(row(posted.transfer)).toMatchObject({
      asset: 'io',
      legs: { 'ext:io': -2_000n * oneIo, 'fx:io': 2_000n * oneIo },
    });
  });

  it('that waited in suspense is claimed without a fee, whatever the limit', async () => {
    const fixture = new ChainFixture();
    await fixture.stray('usdc', 102n * million);
    const inUsdc = await fixture.fund('usdc', 102n * million);
    if (!('transfer' in inUsdc)) throw new Error(inUsdc.outcome);
    expect(row(inUsdc.transfer)).toEqual({
      id: 'claim:sig1:usdcAta',
      asset: 'usd',
      code: 'treasury_funding',
      external: undefined,
      legs: { 'suspense:usdc': -102_000_000n, 'ext:bank': 102_000_000n },
    });
    expect(inUsdc).toMatchObject({ ended: 'treasury', creditUnits: 0n, feeUnits: 0n });
    await fixture.stray('io', 2_000n * oneIo, 'sig2');
    const inIo = await fixture.fund('io', 2_000n * oneIo, 'fnd_2', 'sig2');
    if (!('transfer' in inIo)) throw new Error(inIo.outcome);
    expect(row(inIo.transfer)).toEqual({
      id: 'claim:sig2:ioAta',
      asset: 'io',
      code: 'treasury_funding',
      external: undefined,
      legs: { 'suspense:io': -2_000n * oneIo, 'fx:io': 2_000n * oneIo },
    });
    expect(await fixture.broken()).toEqual([]);
  });

  it('is claimed once, by one name, and never what is a customer’s', async () => {
    const fixture = new ChainFixture();
    expect(await fixture.fund('usdc', million)).toEqual({ outcome: 'nothing_in_suspense' });
    await fixture.stray('usdc', million);
    const first = await fixture.fund('usdc', million);
    expect(await fixture.fund('usdc', million)).toEqual({ ...first, outcome: 'already_done' });
    await expect(fixture.fund('usdc', million, 'fnd_2')).rejects.toThrow('another cause');
    await expect(fixture.claim('usdc', million)).rejects.toThrow('another cause');
    await fixture.stray('usdc', million, 'sig2');
    await fixture.claim('usdc', million, { signature: 'sig2' });
    await expect(fixture.fund('usdc', million, 'fnd_1', 'sig2')).rejects.toThrow('another cause');
    expect(await fixture.broken()).toEqual([]);
  });
});

describe('one arrival is one fact', () => {
  it.each([
    ['for another organisation', { kind: 'credit' as const, organisation: 'org_other' }],
    ['for nobody', { kind: 'suspense' as const, reason: 'late' }],
    ['for the platform', { kind: 'treasury' as const, fundingId: 'fnd_1' }],
  ])('told again %s it is an alarm', async (_, ending) => {
    const fixture = new ChainFixture();
    await fixture.arrive('usdc', million);
    await expect(fixture.arrive('usdc', million, ending)).rejects.toThrow('another cause');
  });

  it('told again at another price it is as it was committed', async () => {
    const fixture = new ChainFixture();
    const first = await fixture.arrive('io', oneIo);
    const later = { ...price, id: 'prc_2', nanoUsdPerIo: 1_000_000_000n };
    const credit = { kind: 'credit' as const, organisation: payer, price: later };
    expect(await fixture.arrive('io', oneIo, credit)).toEqual({
      ...first,
      outcome: 'already_done',
    });
  });
});

describe('a payout', () => {
  it('in USDC leaves from its hold, less our fee', async () => {
    const fixture = new ChainFixture();
    await fixture.earned(10n * million);
    await fixture.reserve({ units: 5_000_001n });
    expect(await fixture.balance('sup:org_supplier')).toMatchObject({
      held: 5_000_001n,
      available: 4_999_999n,
    });
    const { transfer } = await fixture.paidOut(4_900_000n);
    expect(row(transfer)).toEqual({
      id: 'pay:pyo_1',
      asset: 'usd',
      code: 'usdc_payout',
      external: 'paysig:pyo_1',
      legs: {
        'sup:org_supplier': -5_000_001n,
        'ext:usdc': 4_900_000n,
        'rev:payout_fee': 100_001n,
      },
    });
    expect(await fixture.balance('sup:org_supplier')).toMatchObject({
      held: 0n,
      posted: 4_999_999n,
    });
    expect(await fixture.paidOut(4_900_000n)).toMatchObject({ outcome: 'already_done', transfer });
    expect(await fixture.broken()).toEqual([]);
  });

  it('in IO leaves from two holds, without a fee', async () => {
    const fixture = new ChainFixture();
    await fixture.earned(10n * million);
    await fixture.arrive('io', 400n * oneIo);
    await fixture.reserve({ token: 'io' });
    expect(await fixture.balance('fx:io')).toMatchObject({ held: 20n * oneIo });
    const { transfer } = await fixture.paidOut(20n * oneIo);
    expect(row(transfer)).toEqual({
      id: 'pay:pyo_1',
      asset: 'usd',
      code: 'io_payout',
      external: 'paysig:pyo_1',
      legs: { 'sup:org_supplier': -5_000_000n, 'fx:usd': 5_000_000n },
    });
    expect(await half(fixture, 'pay:pyo_1:io')).toEqual({
      id: 'pay:pyo_1:io',
      asset: 'io',
      code: 'io_payout',
      external: undefined,
      legs: { 'fx:io': -20n * oneIo, 'ext:io': 20n * oneIo },
    });
    expect(await fixture.balance('fx:io')).toMatchObject({ held: 0n, posted: 380n * oneIo });
    expect(await fixture.paidOut(20n * oneIo)).toMatchObject({ outcome: 'already_done' });
    expect(await fixture.broken()).toEqual([]);
  });

  it('of rewards leaves from its hold, whole, and takes no IO of ours', async () => {
    const fixture = new RewardFixture();
    await fixture.rewarded(50n * oneIo);
    await fixture.reserve({ source: 'rewards', token: 'io', units: 20n * oneIo + 1n });
    expect(await fixture.balance('sup_io:org_supplier')).toMatchObject({
      held: 20n * oneIo + 1n,
      available: 30n * oneIo - 1n,
    });
    await expect(fixture.paidOut(20n * oneIo)).rejects.toThrow('not its amount');
    const { transfer } = await fixture.paidOut(20n * oneIo + 1n);
    expect(row(transfer)).toEqual({
      id: 'pay:pyo_1',
      asset: 'io',
      code: 'reward_payout',
      external: 'paysig:pyo_1',
      legs: { 'sup_io:org_supplier': -20n * oneIo - 1n, 'ext:io': 20n * oneIo + 1n },
    });
    expect(await fixture.balance('sup_io:org_supplier')).toMatchObject({
      held: 0n,
      posted: 30n * oneIo - 1n,
    });
    expect(await fixture.paidOut(20n * oneIo + 1n)).toMatchObject({ outcome: 'already_done' });
    expect(await fixture.broken()).toEqual([]);
  });

  it('of rewards that is given back frees them, once, and takes nothing any more', async () => {
    const fixture = new RewardFixture();
    await fixture.rewarded(50n * oneIo);
    await fixture.reserve({ source: 'rewards', token: 'io', units: 20n * oneIo });
    await expect(fixture.planReprice(price)).rejects.toThrow('needs no IO');
    expect(await fixture.giveBack()).toEqual({ outcome: 'voided' });
    expect(await fixture.giveBack()).toEqual({ outcome: 'already_done' });
    expect(await fixture.balance('sup_io:org_supplier')).toMatchObject({
      held: 0n,
      available: 50n * oneIo,
    });
    await expect(fixture.paidOut(20n * oneIo)).rejects.toThrow('given back');
    expect(await fixture.broken()).toEqual([]);
  });

  it('of rewards is refused above what is there, and is never in USDC', async () => {
    const fixture = new RewardFixture();
    await fixture.earned(10n * million);
    await fixture.rewarded(19n * oneIo);
    const rewards = { source: 'rewards' as const, units: 20n * oneIo };
    expect(await fixture.planReserve({ ...rewards, token: 'io' })).toEqual({
      outcome: 'balance_short',
      available: 19n * oneIo,
    });
    await expect(fixture.planReserve({ ...rewards, token: 'usdc' })).rejects.toThrow('in usdc');
  });

  it('is refused where the earnings or our position are short', async () => {
    const fixture = new ChainFixture();
    await fixture.earned(3n * million);
    expect(await fixture.planReserve()).toEqual({
      outcome: 'balance_short',
      available: 3n * million,
    });
    await fixture.earned(3n * million, 'more');
    await fixture.arrive('io', 19n * oneIo);
    expect(await fixture.planReserve({ token: 'io' })).toEqual({
      outcome: 'payout_asset_unavailable',
      needed: 20n * oneIo,
      available: 19n * oneIo,
    });
  });

  it('in IO moves to a new price, is released, and is held again', async () => {
    const fixture = new ChainFixture();
    await fixture.earned(10n * million);
    await fixture.arrive('io', 40n * oneIo);
    await fixture.reserve({ token: 'io' });
    const dearer = { ...price, id: 'prc_2', nanoUsdPerIo: 500_000_000n };
    await fixture.reprice(dearer);
    expect(await fixture.balance('fx:io')).toMatchObject({ held: 10n * oneIo });
    const cheaper = { ...price, id: 'prc_3', nanoUsdPerIo: 100_000_000n };
    expect(await fixture.planReprice(cheaper)).toEqual({
      outcome: 'payout_asset_unavailable',
      needed: 50n * oneIo,
      available: 40n * oneIo,
    });
    await fixture.releaseIo();
    expect(await fixture.balance('fx:io')).toMatchObject({ held: 0n });
    expect(await fixture.broken()).toEqual([]);
    await expect(fixture.paidOut(10n * oneIo)).rejects.toThrow('given back');
    await fixture.reprice(dearer);
    expect(await fixture.planReprice(dearer)).toMatchObject({ outcome: 'held', writes: [] });
    const { transfer } = await fixture.paidOut(10n * oneIo);
    expect(transfer.io).toMatchObject({ priceId: 'prc_2', units: 10n * oneIo });
    expect(await fixture.broken()).toEqual([]);
  });

  it('that is given back frees both holds, once', async () => {
    const fixture = new ChainFixture();
    await fixture.earned(10n * million);
    await fixture.arrive('io', 40n * oneIo);
    await fixture.reserve({ token: 'io' });
    expect(await fixture.giveBack()).toEqual({ outcome: 'voided' });
    expect(await fixture.giveBack()).toEqual({ outcome: 'already_done' });
    expect(await fixture.balance('fx:io')).toMatchObject({ held: 0n });
    expect(await fixture.balance('sup:org_supplier')).toMatchObject({ available: 10n * million });
    await expect(fixture.paidOut(20n * oneIo)).rejects.toThrow('given back');
    await expect(fixture.planReprice(price)).rejects.toThrow('needs no IO');
    expect(await fixture.broken()).toEqual([]);
  });

  it('is an alarm with another amount, another transaction, without a hold, or given back after', async () => {
    const fixture = new ChainFixture();
    await expect(fixture.paidOut(1n)).rejects.toThrow('no hold');
    await fixture.earned(10n * million);
    await fixture.reserve();
    await expect(fixture.paidOut(4_900_001n)).rejects.toThrow('less the fee');
    await fixture.paidOut(4_900_000n);
    await expect(fixture.paidOut(4_900_000n, 'pyo_1', 'another')).rejects.toThrow('another cause');
    await expect(fixture.giveBack()).rejects.toThrow('closed');
    expect(await fixture.broken()).toEqual([]);
  });
});
