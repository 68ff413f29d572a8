/** The platform's own money on chain, row by row: fees, and the exchange of IO for USDC. */
import { postChainFee } from '../../../functions/ledger/chain/post-treasury.ts';
import {
  postRebalancing,
  takeSaleHold,
  voidSale,
} from '../../../functions/ledger/chain/rebalance.ts';
import type { Transfer } from '../../../shared/ledger/transfer.ts';
import { ChainFixture, oneIo } from '../../simulation/ledger/chain-fixture.ts';
import { million } from '../../simulation/ledger/fixture.ts';

const row = ({ id, asset, code, legs }: Transfer) => ({
  id,
  asset,
  code,
  legs: Object.fromEntries(legs.map(({ account, units }) => [account, units])),
});

it('the fee of a transaction is a cost in lamports', async () => {
  const fixture = new ChainFixture();
  const fee = { signature: 'sig1', lamports: 5_000n };
  expect(row((await postChainFee(fixture.runtime, fee)).transfer)).toEqual({
    id: 'sol:fee:sig1',
    asset: 'sol',
    code: 'chain_fee',
    legs: { 'exp:chain': -5_000n, 'ext:sol': 5_000n },
  });
  expect(await postChainFee(fixture.runtime, fee)).toMatchObject({ outcome: 'already_done' });
  expect(await fixture.broken()).toEqual([]);
});

describe('rebalancing', () => {
  const sale = {
    rebalancingId: 'reb_1',
    direction: 'sale' as const,
    ioUnits: 4n * oneIo,
    usdcUnits: million,
    signature: 'sig9',
  };

  /** 10 IO in our position. */
  const setup = async () => {
    const fixture = new ChainFixture();
    await fixture.arrive('io', 10n * oneIo);
    return fixture;
  };

  it('a sale leaves from its hold, which no payout can take meanwhile', async () => {
    const fixture = await setup();
    const { runtime } = fixture;
    const taken = await takeSaleHold(runtime, sale);
    expect(taken).toMatchObject({ outcome: 'held', hold: { state: 'open', left: 4n * oneIo } });
    expect(await takeSaleHold(runtime, sale)).toEqual(taken);
    await fixture.earned(10n * million);
    const payout = await fixture.planReserve({ token: 'io', units: 2n * million });
    expect(payout).toMatchObject({ outcome: 'payout_asset_unavailable', available: 6n * oneIo });
    await fixture.own('sig9', 'rebalancing', 'reb_1');
    const { transfer } = await postRebalancing(runtime, sale);
    expect(row(transfer)).toEqual({
      id: 'fx:reb_1',
      asset: 'usd',
      code: 'rebalancing',
      legs: { 'fx:usd': 1_000_000n, 'ext:usdc': -1_000_000n },
    });
    expect(row(await fixture.transfer('fx:reb_1:io'))).toEqual({
      id: 'fx:reb_1:io',
      asset: 'io',
      code: 'rebalancing',
      legs: { 'fx:io': -4n * oneIo, 'ext:io': 4n * oneIo },
    });
    expect(await postRebalancing(runtime, sale)).toMatchObject({ outcome: 'already_done' });
    expect(await fixture.broken()).toEqual([]);
    await expect(voidSale(runtime, sale)).rejects.toThrow('closed');
  });

  it('a purchase brings IO for USDC and holds nothing', async () => {
    const fixture = await setup();
    await fixture.own('sig9', 'rebalancing', 'reb_1');
    const { transfer } = await postRebalancing(fixture.runtime, { ...sale, direction: 'purchase' });
    expect(row(transfer).legs).toEqual({ 'fx:usd': -1_000_000n, 'ext:usdc': 1_000_000n });
    expect(row(await fixture.transfer('fx:reb_1:io')).legs).toEqual({
      'fx:io': 4n * oneIo,
      'ext:io': -4n * oneIo,
    });
    expect(await fixture.broken()).toEqual([]);
  });

  it('a sale that is not made gives its IO back, once', async () => {
    const fixture = await setup();
    await takeSaleHold(fixture.runtime, sale);
    expect(await voidSale(fixture.runtime, sale)).toEqual({ outcome: 'voided' });
    expect(await voidSale(fixture.runtime, sale)).toEqual({ outcome: 'already_done' });
    expect(await fixture.balance('fx:io')).toMatchObject({ held: 0n, available: 10n * oneIo });
    await fixture.own('sig9', 'rebalancing', 'reb_1');
    await expect(postRebalancing(fixture.runtime, sale)).rejects.toThrow('given back');
  });

  it('is refused beyond what is there, without its hold, or of another amount', async () => {
    const fixture = await setup();
    const { runtime } = fixture;
    expect(await takeSaleHold(runtime, { ...sale, ioUnits: 11n * oneIo })).toEqual({
      outcome: 'position_short',
      available: 10n * oneIo,
    });
    await expect(postRebalancing(runtime, sale)).rejects.toThrow('no hold');
    await takeSaleHold(runtime, sale);
    await expect(takeSaleHold(runtime, { ...sale, ioUnits: 1n })).rejects.toThrow('another sale');
    await expect(postRebalancing(runtime, { ...sale, ioUnits: 1n })).rejects.toThrow(
      'another amount',
    );
  });

  it('is not posted for a transaction that was never written down as its own', async () => {
    const fixture = await setup();
    await takeSaleHold(fixture.runtime, sale);
    await fixture.own('sig9', 'payout', 'bat_1');
    await expect(postRebalancing(fixture.runtime, sale)).rejects.toMatchObject({
      code: 'platform.unavailable',
    });
    expect(await fixture.balance('fx:io')).toMatchObject({ held: 4n * oneIo });
  });
});
