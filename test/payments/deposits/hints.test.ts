/** Hints: who may send them, how often they are followed, and that nothing is credited because of what they say. */
import { httpFunction } from '../../../functions/kit/http.ts';
import { queueFunction } from '../../../functions/kit/queue.ts';
import { followHint, hintMessage } from '../../../functions/payments/deposits/follow-hint.queue.ts';
import { requireHintSecret } from '../../../functions/payments/deposits/require-hint-secret.ts';
import { hintRoutes } from '../../../functions/payments/webhook-routes.ts';
import { callHttp } from '../../support/http.ts';
import { depositService, dollar } from './deposit-service.ts';

const setup = async () => {
  const service = await depositService();
  const secrets = { read: async () => 'now', readPrevious: async () => 'before' };
  const sent: { readonly message: object; readonly delaySeconds: number }[] = [];
  const hints = {
    send: async (message: object, { delaySeconds = 0 } = {}) =>
      void sent.push({ message, delaySeconds }),
  };
  const serve = httpFunction({ ...service.needs, hints }, hintRoutes, {
    keyMode: 'test',
    requireWebhook: requireHintSecret(secrets, 'arn'),
  });
  const hint = (authorization?: string, rawBody = '[{"amount":"a million"}]') =>
    callHttp(serve, {
      method: 'POST',
      path: '/v1/webhooks/solana',
      rawBody,
      headers: authorization === undefined ? {} : { authorization },
    });
  const consume = queueFunction(service.needs, hintMessage, followHint);
  const follow = () =>
    consume({
      Records: sent.splice(0).map(({ message }, at) => ({
        ...{ messageId: String(at), body: JSON.stringify(message) },
      })),
    } as unknown as Parameters<typeof consume>[0]);
  return { ...service, hint, follow, sent };
};

it('a hint with the secret, of now or before, makes the histories be read, twice', async () => {
  const { hint, follow, sent, ask, pay, control, show, runtime, check } = await setup();
  const request = await ask('usdc');
  await pay({ units: 51n * dollar, for: request });
  await control.confirm();
  expect(await hint('now')).toMatchObject({ status: 200, body: { received: true } });
  expect(sent.map(({ delaySeconds }) => delaySeconds)).toEqual([0, 20]);
  expect(await follow()).toEqual({ batchItemFailures: [] });
  expect(await show(request.id)).toMatchObject({ status: 'seen', received: { amount: '0' } });
  await control.finalize();
  runtime.clock.ms += 5_000;
  expect((await hint('before')).status).toBe(200);
  await follow();
  expect(await show(request.id)).toMatchObject({ status: 'paid' });
  await check();
});

it('hints in a row are one', async () => {
  const { hint, sent, runtime } = await setup();
  for (const _ of [1, 2, 3]) expect((await hint('now')).status).toBe(200);
  expect(sent).toHaveLength(2);
  runtime.clock.ms += 5_000;
  await hint('now');
  expect(sent).toHaveLength(4);
});

it.each([undefined, '', 'Bearer now', 'nowhere'])(
  'a hint with the secret %s is refused',
  async (secret) => {
    const { hint, sent } = await setup();
    expect(await hint(secret)).toMatchObject({
      status: 401,
      body: { code: 'webhook.signature_invalid' },
    });
    expect(sent).toEqual([]);
  },
);

it('a hint while no node answers is not tried again', async () => {
  const { hint, follow, control, runtime } = await setup();
  await hint('now');
  await control.failRequests({ status: 500, times: 100 });
  expect(await follow()).toEqual({ batchItemFailures: [] });
  expect(runtime.lines).toContainEqual(expect.objectContaining({ event: 'deposits.hint_failed' }));
});
