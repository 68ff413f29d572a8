/** What the local chain does wrong on demand: to requests, to transactions, and to what nodes tell. */
import { getBase64Decoder, type Signature } from '@solana/kit';
import { ComputeBudgetProgram } from '@solana/web3.js';
import { getTransferSolInstruction } from '@solana-program/system';
import { build, buildPayment, errorOf, pay, type Setup, send, setup, sol } from './service.ts';

const historyOf = async (rpc: Setup['rpc'], key: Setup['treasuryUsdc']) =>
  (await rpc.getSignaturesForAddress(key, { commitment: 'confirmed' }).send()).map(
    ({ signature }) => signature,
  );

const read = (rpc: Setup['rpc'], signature: Signature) =>
  rpc
    .getTransaction(signature, {
      ...{ encoding: 'json', commitment: 'confirmed', maxSupportedTransactionVersion: 1 },
    })
    .send();

describe('a transaction that is accepted', () => {
  it('can be lost, and lands when the same bytes are sent again', async () => {
    const service = await setup();
    const { connection, control, treasuryUsdc } = service;
    const { bytes } = await buildPayment(service, { units: 7n });
    await control.loseTransactions({ times: 1 });
    const signature = await connection.sendRawTransaction(bytes);
    await control.finalize();
    expect(await control.movements({ account: treasuryUsdc })).toEqual([]);
    await connection.sendRawTransaction(bytes);
    expect(await control.movements({ account: treasuryUsdc })).toMatchObject([{ signature }]);
  });

  it('can be late, to the last block in which it may land', async () => {
    const service = await setup();
    const { control, treasuryUsdc, clock } = service;
    await control.delayTransactions({ slots: 100 });
    const signature = await pay(service, { units: 7n });
    const { slot } = await control.advanceSlots({ slots: 99 });
    expect(await control.movements({ account: treasuryUsdc })).toEqual([]);
    // The clock passes its slot unwatched; it lands there all the same.
    clock.ms += 60_000;
    const [landed] = await control.movements({ account: treasuryUsdc });
    expect(landed?.signature).toBe(signature);
    expect((landed?.slot ?? 0) - slot).toBeLessThan(3);
  });

  it('that is held too long is lost with its blockhash', async () => {
    const service = await setup();
    const { control, treasuryUsdc } = service;
    await control.delayTransactions({ times: 2 });
    const first = await pay(service, { units: 7n });
    await control.expireBlockhashes();
    const second = await pay(service, { units: 8n });
    expect(await control.landDelayed()).toEqual([first, second]);
    expect(await control.movements({ account: treasuryUsdc })).toMatchObject([
      { signature: second, units: '8' },
    ]);
  });
});

describe('a request', () => {
  it('can be refused with a status and a time to wait, so often', async () => {
    const { control, chain, rpc } = await setup();
    const order = { status: 429, method: 'getSlot', times: 2, retryAfterSeconds: 7 };
    await control.failRequests(order);
    const ask = () =>
      fetch(chain.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getSlot', params: [] }),
      });
    const answer = await ask();
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(await errorOf(rpc.getSlot().send())).toMatchObject({ context: { statusCode: 429 } });
    expect((await ask()).status).toBe(200);
  });

  it('can fail at one node alone, with an error of the node’s own', async () => {
    const { control, rpc, replicaRpc } = await setup();
    await control.failCalls({ code: -32004, message: 'Block not available', endpoint: 'replica' });
    expect(await rpc.getHealth().send()).toBe('ok');
    expect(await errorOf(replicaRpc.getHealth().send())).toMatchObject({
      context: { __code: -32004 },
    });
    expect(await replicaRpc.getHealth().send()).toBe('ok');
  });

  it('can take effect without an answer', async () => {
    const service = await setup();
    const { control, treasuryUsdc, rpc } = service;
    const { bytes } = await buildPayment(service, { units: 7n });
    await control.dropAnswers({ method: 'sendTransaction' });
    // Kit's client, for inside jest web3.js waits for ever where a connection breaks.
    const wire = bytes.toString('base64') as Parameters<typeof rpc.sendTransaction>[0];
    const failure = await errorOf(rpc.sendTransaction(wire, { encoding: 'base64' }).send());
    expect(failure.message).toBe('fetch failed');
    expect(await control.movements({ account: treasuryUsdc })).toHaveLength(1);
  });

  it('can be answered late, with what was true when it came', async () => {
    const { control, rpc, treasury, fund } = await setup();
    await control.holdAnswers({ method: 'getBalance' });
    const held = rpc.getBalance(treasury.address, { commitment: 'processed' }).send();
    while (!(await control.calls()).some(({ method }) => method === 'getBalance'));
    await fund(treasury.address, sol(5));
    expect(await control.releaseAnswers()).toBe(1);
    expect(await held).toMatchObject({ value: 10_000_000_000n });
  });

  it('is refused where it is none, or of a method that is not there', async () => {
    const { chain, connection } = await setup();
    const post = async (body: string) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(chain.url, { method: 'POST', headers, body });
      return (await answer.json()) as { error?: { code: number } };
    };
    expect((await post('{')).error?.code).toBe(-32700);
    expect((await post('{"method":"getSlot"}')).error?.code).toBe(-32600);
    const unknown = { jsonrpc: '2.0', id: 1, method: 'toString', params: [] };
    expect((await post(JSON.stringify(unknown))).error?.code).toBe(-32601);
    const bad = { jsonrpc: '2.0', id: 1, method: 'getBalance', params: ['nowhere'] };
    expect((await post(JSON.stringify(bad))).error?.code).toBe(-32602);
    const garbage = await errorOf(connection.sendEncodedTransaction('AAAA'));
    expect(garbage.message).toContain('failed to deserialize');
  });
});

describe('a node', () => {
  it('that lags tells of nothing newer, and of its old page where `until` is unknown to it', async () => {
    const service = await setup();
    const { control, rpc, replicaRpc, treasuryUsdc } = service;
    const first = await pay(service, { units: 5n });
    await control.advanceSlots({ slots: 60 });
    await control.setReplicaLag({ slots: 50 });
    const second = await pay(service, { units: 7n });
    await control.finalize();
    expect(await historyOf(rpc, treasuryUsdc)).toEqual(expect.arrayContaining([first, second]));
    const old = await historyOf(replicaRpc, treasuryUsdc);
    expect(old).toContain(first);
    expect(old).not.toContain(second);
    const since = await replicaRpc.getSignaturesForAddress(treasuryUsdc, { until: second }).send();
    expect(since.map(({ signature }) => signature)).toEqual(old);
    expect(await read(replicaRpc, second)).toBeNull();
    const { value } = await replicaRpc.getSignatureStatuses([second]).send();
    expect(value).toEqual([null]);
    const [ahead, behind] = [await rpc.getSlot().send(), await replicaRpc.getSlot().send()];
    expect(Number(ahead - behind)).toBeGreaterThan(45);
    const balance = replicaRpc.getTokenAccountBalance(treasuryUsdc, {
      minContextSlot: ahead,
    } as object);
    expect(await errorOf(balance.send())).toMatchObject({ context: { __code: -32016 } });
  });

  it('that lags does not know a new blockhash, and says when it is too far behind', async () => {
    const service = await setup();
    const { control, treasury, replicaRpc, newSigner } = service;
    await control.advanceSlots({ slots: 200 });
    await control.setReplicaLag({ slots: 140 });
    const { address: destination } = await newSigner();
    const transfer = getTransferSolInstruction({
      source: treasury,
      destination,
      amount: 10n ** 9n,
    });
    const { wire } = await build(service, treasury, [transfer]);
    const refusal = await errorOf(replicaRpc.sendTransaction(wire, { encoding: 'base64' }).send());
    expect(refusal.cause).toMatchObject({ context: { __code: 7050008 } });
    expect(await errorOf(replicaRpc.getHealth().send())).toMatchObject({
      context: { __code: -32005, numSlotsBehind: 140n },
    });
  });

  it('can have gaps in its history, or know nothing of a transaction at all', async () => {
    const service = await setup();
    const { control, rpc, replicaRpc, treasuryUsdc } = service;
    const paid = [await pay(service, { units: 1n }), await pay(service, { units: 2n })] as const;
    await control.confirm();
    await control.hideTransactions({ signatures: [paid[0]], endpoint: 'primary' });
    expect(await historyOf(rpc, treasuryUsdc)).not.toContain(paid[0]);
    expect(await historyOf(rpc, treasuryUsdc)).toContain(paid[1]);
    expect(await read(rpc, paid[0])).not.toBeNull();
    expect(await historyOf(replicaRpc, treasuryUsdc)).toContain(paid[0]);
    await control.hideTransactions({ signatures: [paid[1]], wholly: true });
    expect(await historyOf(replicaRpc, treasuryUsdc)).not.toContain(paid[1]);
    expect(await read(replicaRpc, paid[1])).toBeNull();
    // What is hidden has come all the same: the balance and the oracle tell.
    const held = await rpc.getTokenAccountBalance(treasuryUsdc, { commitment: 'confirmed' }).send();
    expect(held.value.amount).toBe('3');
    expect(await control.movements({ account: treasuryUsdc })).toHaveLength(2);
    await control.revealTransactions();
    expect(await historyOf(rpc, treasuryUsdc)).toEqual(expect.arrayContaining([...paid]));
  });

  it('can tell of a version that nobody reads, or bytes that are none, between good ones', async () => {
    const service = await setup();
    const { control, rpc } = service;
    const [unread, garbled, good] = [
      await pay(service, { units: 1n }),
      await pay(service, { units: 2n }),
      await pay(service, { units: 3n }),
    ];
    await control.confirm();
    await control.disguiseVersion({ signature: unread, version: 2 });
    await control.garbleTransaction({ signature: garbled });
    expect(await errorOf(read(rpc, unread))).toMatchObject({ context: { __code: -32015 } });
    expect(await read(rpc, garbled)).toMatchObject({ meta: null, transaction: ['AAAA', 'base64'] });
    expect(await read(rpc, good)).toMatchObject({ meta: { err: null } });
    await control.clearFaults();
    expect(await read(rpc, unread)).not.toBeNull();
  });
});

describe('fees', () => {
  it('are told before they are paid, priority included', async () => {
    const service = await setup();
    const { control, rpc, connection, treasury, newSigner } = service;
    await control.setPriorityFee({ microLamports: 2500 });
    const recent = await rpc.getRecentPrioritizationFees([service.treasuryUsdc]).send();
    expect(recent).toHaveLength(150);
    expect(recent[0]?.prioritizationFee).toBe(2500n);
    const budget = [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 20_000 }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 250_001 }),
    ].map(({ programId, data }) => ({
      programAddress: programId.toBase58() as Setup['treasuryUsdc'],
      data: Uint8Array.from(data),
    }));
    const { address: destination } = await newSigner();
    const transfer = getTransferSolInstruction({
      source: treasury,
      destination,
      amount: 10n ** 9n,
    });
    for (const [instructions, fee] of [
      [[transfer], 5000n],
      [[...budget, transfer], 10_001n],
      [[budget[1] ?? transfer, transfer], 6501n],
    ] as const) {
      const { signed } = await build(service, treasury, instructions);
      const message = getBase64Decoder().decode(signed.messageBytes);
      const { value } = await rpc.getFeeForMessage(message as never).send();
      expect(value).toBe(fee);
      const lamports = async () =>
        (await rpc.getBalance(treasury.address, { commitment: 'processed' }).send()).value;
      const before = await lamports();
      await send(service, treasury, instructions);
      expect(before - (await lamports())).toBe(fee + 10n ** 9n);
      await control.confirm();
    }
    expect(await connection.getMinimumBalanceForRentExemption(165)).toBe(2_039_280);
  });
});
