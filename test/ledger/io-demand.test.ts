/** GET /v1/ledger/io-demand, and how payments come to be counted: each once, with or without a price. */
import { postDeposit } from '../../functions/ledger/chain/post-deposit.ts';
import { postTopUp } from '../../functions/ledger/post-top-up.ts';
import { accounts, oneIo, positionLimit, price } from '../simulation/ledger/chain-fixture.ts';
import { million } from '../simulation/ledger/fixture.ts';
import { ledgerService } from './service.ts';

const path = '/v1/ledger/io-demand';

/** 10 USD by card and 100 USD in USDC at a price, 8 IO, and 5 USD by card without a price. */
const setup = async () => {
  const service = await ledgerService();
  const { runtime, organisationId: organisation, otherId, operator, call } = service;
  const card = { organisation, feeUnits: 300_000n, liabilityShifted: false };
  await postTopUp(runtime, { ...card, paymentId: 'pi_1', units: 10n * million, ioPrice: price });
  await postTopUp(runtime, { ...card, paymentId: 'pi_2', units: 5n * million });
  const ending = { kind: 'credit' as const, organisation: otherId, price };
  const arrived = { signature: 'sig1', ending };
  const usdc = { ...arrived, tokenAccount: accounts.usdc, token: 'usdc' as const };
  await postDeposit(runtime, { ...usdc, units: 102n * million }, positionLimit);
  const io = { ...arrived, tokenAccount: accounts.io, token: 'io' as const, units: 8n * oneIo };
  await postDeposit(runtime, io, positionLimit);
  await service.grant('7000000');
  await service.deliver();
  const demand = (month = '2026-11', key = operator) =>
    call('GET', path, { key, query: { month } });
  return { ...service, demand };
};

const dollars = (amount: string) => ({ amount, currency: 'usd' });

it('200 sums the IO behind the payments of a month, and counts those without a price beside it', async () => {
  const { demand, deliver } = await setup();
  const expected = {
    object: 'io_demand',
    month: '2026-11',
    // 10 / 0.25 + 100 / 0.25 + 8 IO.
    io: { amount: '44800000000', currency: 'io' },
    priced: { payments: 3, credit: dollars('112000000') },
    unpriced: { payments: 1, credit: dollars('5000000') },
  };
  expect([(await demand()).status, (await demand()).body]).toEqual([200, expected]);
  // The stream may deliver everything again.
  await deliver();
  expect((await demand()).body).toEqual(expected);
});

it('200 shows nothing of a month without payments', async () => {
  const { demand } = await setup();
  expect((await demand('2026-12')).body).toMatchObject({
    io: { amount: '0', currency: 'io' },
    priced: { payments: 0 },
    unpriced: { payments: 0 },
  });
});

it('400 refuses what is no month', async () => {
  const { demand } = await setup();
  expect(await demand('2026-13')).toMatchObject({ status: 400 });
});

it('403 for everybody but the operator', async () => {
  const { demand, owner } = await setup();
  expect(await demand('2026-11', owner)).toMatchObject({ status: 403 });
});
