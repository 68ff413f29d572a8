/** Whose a deposit is: by reference, memo, sender, or nobody's until it is claimed or assigned. */
import { PublicKey } from '@solana/web3.js';
import { memoPrograms } from '../../../local/solana/chain/programs.ts';
import { memo } from '../../local/solana/service.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { depositService, dollar } from './deposit-service.ts';

describe('a deposit that names its request', () => {
  it('is credited with the fee on top when it is final, and seen before', async () => {
    const { ask, pay, poll, control, settle, show, balances, check } = await depositService();
    const request = await ask('usdc', 102n * dollar);
    expect(await show(request.id)).toMatchObject({ status: 'open', received: { amount: '0' } });
    const transaction = await pay({ units: 102n * dollar, for: request });
    await control.confirm();
    await poll();
    expect(await show(request.id)).toMatchObject({ status: 'seen', seen: { transaction } });
    expect(await balances()).toEqual({ available: 0n, owed: 0n });
    await settle();
    expect(await balances()).toEqual({ available: 100n * dollar, owed: 0n });
    expect(await show(request.id)).toMatchObject({
      status: 'paid',
      seen: null,
      received: { amount: String(102n * dollar), currency: 'usd' },
      credit: { amount: String(100n * dollar) },
      fee: { amount: String(2n * dollar) },
      payments: [{ transaction }],
    });
    await check();
  });

  it.each(memoPrograms)('by a memo of program %s', async (program) => {
    const { ask, pay, settle, show, check } = await depositService();
    const request = await ask('usdc');
    const words = memo(`for ${request.id}, thanks`, new PublicKey(program));
    await pay({ units: 51n * dollar, before: [words] });
    await settle();
    expect(await show(request.id)).toMatchObject({
      status: 'paid',
      credit: { amount: String(50n * dollar) },
    });
    await check();
  });
});

it('nothing tells whose it is: it is in suspense', async () => {
  const { pay, settle, suspense, balances, check, runtime, call } = await depositService();
  const transaction = await pay({ units: 7n * dollar });
  await settle();
  expect(await suspense()).toEqual({ usdc: 7n * dollar, io: 0n });
  expect(await balances()).toEqual({ available: 0n, owed: 0n });
  await check();
  const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Operator'), 'operator');
  const { body } = await call('GET', '/v1/suspense', { key: operator });
  expect(body.data).toMatchObject([{ transaction, reason: 'unattributed' }]);
});
