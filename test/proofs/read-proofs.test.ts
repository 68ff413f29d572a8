/** GET /v1/proofs, /v1/proofs/{proof_id} and its receipt: the own proofs, for those who may see them. */
import { minuteMs } from '../../shared/core/time.ts';
import { isReceiptSigned } from '../../shared/proofs/protocol/receipt.ts';
import { receiptKeyOf } from '../../shared/proofs/receipt-key.ts';
import { makeKey } from '../support/identity.ts';
import { aFullLoad, aLoad } from './builders.ts';
import { proofsService, prove } from './service.ts';

const { kid, publicKey } = receiptKeyOf('the first secret');

const proved = async (load = aFullLoad(), commitMs = 4) => {
  const service = await proofsService();
  const machine = await service.addMachine(1);
  const challenge = await service.challenge(machine, load);
  const { id, answer } = await prove(service, machine, challenge, { commitMs });
  const get = (path: string, key?: string) =>
    service.call({ method: 'GET', path, ...(key ? { key } : {}) });
  return { ...service, service, machine, challenge, id, verdict: answer.body, get };
};

describe('getProof', () => {
  it('200: what was asked, how it went, and when', async () => {
    const { get, id, machine, challenge, verdict } = await proved();
    const { status, body } = await get(`/v1/proofs/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      object: 'proof',
      device_id: machine.device.id,
      processor_id: machine.processor.id,
      model: 'x86-64 CPU',
      purpose: 'recheck',
      slot: null,
      challenge_id: challenge.id,
      params: challenge.load.params,
      status: 'passed',
      status_reason: null,
      metrics: verdict.metrics,
      started_at: '2026-11-22T12:00:00.000Z',
      committed_at: '2026-11-22T12:00:00.004Z',
      walked_at: '2026-11-22T12:00:00.104Z',
      opened_at: '2026-11-22T12:00:00.104Z',
    });
  });

  it('404: somebody else’s proof, and none at all, alike', async () => {
    const { get, id, stranger } = await proved();
    for (const [path, key] of [
      [`/v1/proofs/${id}`, stranger],
      [`/v1/proofs/poc_${'0'.repeat(26)}`, undefined],
    ] as const) {
      const answer = await get(path, key);
      expect([answer.status, answer.body.code]).toEqual([404, 'proof.unknown']);
    }
  });

  it('400: what is no id of a proof', async () => {
    const { get } = await proved();
    expect((await get('/v1/proofs/challenges')).status).toBe(400);
  });

  it('403: a key without the scope', async () => {
    const { get, id, runtime, organisationId } = await proved();
    const billing = await makeKey(runtime, organisationId, 'billing');
    const answer = await get(`/v1/proofs/${id}`, billing);
    expect([answer.status, answer.body.required_scope]).toEqual([403, 'proofs:read']);
  });
});

describe('getReceipt', () => {
  it('200: the very receipt that the device got, which anybody checks', async () => {
    const { get, id, verdict } = await proved();
    const { status, body } = await get(`/v1/proofs/${id}/receipt`);
    expect([status, body]).toEqual([200, verdict.receipt]);
    expect(isReceiptSigned(body, { [kid]: publicKey })).toBe(true);
  });

  it('200: still the same after the key was replaced', async () => {
    const { get, id, verdict, secret } = await proved();
    secret.current = 'another';
    expect((await get(`/v1/proofs/${id}/receipt`)).body).toEqual(verdict.receipt);
  });

  it('404: of a failed proof, and of somebody else’s', async () => {
    const failed = await proved(aLoad(), 6);
    const none = await failed.get(`/v1/proofs/${failed.id}/receipt`);
    expect([none.status, none.body.code]).toEqual([404, 'proof.no_receipt']);
    const foreign = await failed.get(`/v1/proofs/${failed.id}/receipt`, failed.stranger);
    expect([foreign.status, foreign.body.code]).toEqual([404, 'proof.unknown']);
  });
});

describe('listProofs', () => {
  it('200: of a device, newest first, page by page', async () => {
    const { service, machine, id, call } = await proved();
    const ids = [id];
    for (let made = 0; made < 2; made += 1) {
      service.runtime.clock.ms += minuteMs;
      const challenge = await service.challenge(machine, aLoad());
      ids.unshift((await prove(service, machine, challenge)).id);
    }
    const page = (cursor?: string) => {
      const query = { device_id: machine.device.id, limit: '2', ...(cursor ? { cursor } : {}) };
      return call({ method: 'GET', path: '/v1/proofs', query });
    };
    const first = await page();
    expect(first.body).toMatchObject({ object: 'list', has_more: true });
    const second = await page(first.body.next_cursor);
    const listed = [...first.body.data, ...second.body.data] as { id: string }[];
    expect(listed.map((proof) => proof.id)).toEqual(ids);
    expect(second.body.has_more).toBe(false);
  });

  it('404: a device of somebody else', async () => {
    const { call, machine, stranger } = await proved();
    const query = { device_id: machine.device.id };
    const answer = await call({ method: 'GET', path: '/v1/proofs', query, key: stranger });
    expect([answer.status, answer.body.code]).toEqual([404, 'device.not_found']);
  });

  it('400: no device, or a cursor of something else', async () => {
    const { call, machine } = await proved();
    for (const query of [{}, { device_id: machine.device.id, cursor: 'nowhere' }]) {
      const answer = await call({ method: 'GET', path: '/v1/proofs', query });
      expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    }
  });
});
