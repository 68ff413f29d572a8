/** The check of the treasury where IO is our own: before genesis, while a day is minted, and after. */
import { checkTreasury } from '../../functions/payments/treasury/check-treasury.schedule.ts';
import { tokenAccountOf } from '../../shared/adapters/solana-message.ts';
import { present } from '../../shared/core/assert.ts';
import { differenceOf } from '../../shared/payments/treasury/treasury.ts';
import { getTreasury } from '../../shared/payments/treasury/treasury-store.ts';
import { emissionOf } from '../../shared/token/emission.ts';
import { genesisUnits } from '../../shared/token/issuance.ts';
import { issuanceStateKey } from '../../shared/token/keys.ts';
import { type MintService, mintService } from './mint-service.ts';

const firstDay = emissionOf(23)?.cumulativeUnits ?? 0n;

/** A check of the service's treasury; answers what it found. */
const looking = async ({ needs, control, treasury, mint, runtime }: MintService) => {
  const [usdc] = await control.mints();
  const placeOf = async (address: string) => ({
    mint: address,
    account: await tokenAccountOf(treasury.address, address),
  });
  const places = {
    wallet: treasury.address,
    tokens: { usdc: await placeOf(present(usdc, 'no USDC').mint), io: await placeOf(mint) },
  };
  return async () => {
    await checkTreasury({ ...needs, chain: needs.solana, places: async () => places });
    return present(await getTreasury(runtime.database), 'nothing was found');
  };
};

it('is sound before genesis, and tells the supply from then on', async () => {
  const service = await mintService();
  const look = await looking(service);
  expect(await look()).toMatchObject({ problems: [], ioSupplyUnits: null });
  await service.order();
  expect(await look()).toMatchObject({ problems: [], ioSupplyUnits: null });
  await service.execute();
  expect(await look()).toMatchObject({ problems: [], ioSupplyUnits: genesisUnits });
});

it('knows a day that is on the chain and not in the books, at each point of its way', async () => {
  const service = await mintService();
  const look = await looking(service);
  await service.order();
  await service.execute();
  await service.closeHours(0, 24);
  const custody = async () => {
    const { custody: found, problems } = await look();
    return [found.io.heldUnits, found.io.unpostedUnits, differenceOf(found.io), problems.length];
  };
  const seen: unknown[] = [];
  for (const name of ['open-mint', 'sign-mint', 'send-mint', 'follow-mint', 'post-mint']) {
    await service.step(name);
    if (name === 'send-mint') await service.control.finalize();
    seen.push([name, ...(await custody())]);
  }
  expect(seen).toEqual([
    ['open-mint', 0n, 0n, 0n, 0],
    ['sign-mint', 0n, 0n, 0n, 0],
    ['send-mint', firstDay, firstDay, 0n, 0],
    ['follow-mint', firstDay, firstDay, 0n, 0],
    ['post-mint', firstDay, 0n, 0n, 0],
  ]);
});

it('lets no money move where more is out than we minted', async () => {
  const service = await mintService();
  const look = await looking(service);
  await service.order();
  await service.execute();
  await service.runtime.database.write({
    ...{ kind: 'update', table: 'payments', key: issuanceStateKey, condition: {} },
    set: { gross_units: genesisUnits - 1n },
  });
  await expect(look()).rejects.toThrow('and we minted');
  const { problems } = present(await getTreasury(service.runtime.database), 'nothing was found');
  expect(problems).toMatchObject([{ code: 'mint_supply', token: 'io' }]);
});
