/** What stands on the chain under a batch's key: found and followed where it is ours, passed over where not. */
import { Connection, Keypair, PublicKey, SystemProgram, Transaction } from '@solana/web3.js';
import { referenceOf } from '../../../functions/payments/sending/reference.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { present } from '../../../shared/core/assert.ts';
import { getOwnTransaction } from '../../../shared/ledger/chain/own-transaction-store.ts';
import { getLaneBatch } from '../../../shared/payments/payouts/batch-store.ts';
import { seededRandomness } from '../../support/runtime.ts';
import { type PayoutService, payoutService, usd } from './payout-service.ts';

const asking = async (service: PayoutService) => {
  const one = await service.supplier(100n * usd);
  return { ...one, id: await service.ask(one, 50n * usd) };
};

const batchOf = async ({ runtime }: PayoutService) =>
  present(await getLaneBatch(runtime.database, 'bulk'), 'no batch');

const sign = async (service: PayoutService): Promise<void> => {
  for (const name of ['open-batch', 'sign-batch', 'send-batch'] as const) await service.step(name);
};

/** Puts the batch back as if its attempts were never signed, or had died. */
const reopen = async (service: PayoutService, set: Record<string, unknown>): Promise<void> => {
  const { id } = await batchOf(service);
  await service.runtime.database.write({
    ...{ kind: 'update', table: 'payments', key: { pk: `PBT#${id}`, sk: 'BATCH' } },
    ...{ set: { status: 'open', ...set } as never, condition: {} },
  });
};

/** A stranger's own transaction that names the batch's key, so many times. */
const strangers = async (service: PayoutService, count: number): Promise<void> => {
  const connection = new Connection(service.chain.url, { commitment: 'confirmed' });
  const payer = Keypair.fromSeed(seededRandomness('stranger').bytes(32));
  await service.control.fund({ to: payer.publicKey.toBase58(), lamports: '1000000000' });
  await service.control.confirm();
  const { id } = await batchOf(service);
  for (let index = 0; index < count; index += 1) {
    const pay = SystemProgram.transfer({
      fromPubkey: payer.publicKey,
      toPubkey: payer.publicKey,
      lamports: 1 + index,
    });
    for (const named of [referenceOf(id), service.treasury.address]) {
      pay.keys.push({ pubkey: new PublicKey(named), isSigner: false, isWritable: false });
    }
    const latest = await connection.getLatestBlockhash();
    const transaction = new Transaction({ feePayer: payer.publicKey, ...latest }).add(pay);
    transaction.sign(payer);
    await connection.sendRawTransaction(transaction.serialize());
  }
  await service.control.finalize();
};

describe('one provider that says of a payment that it failed', () => {
  it('is not believed: the batch is not opened again, and pays once', async () => {
    let lies = true;
    const between = (port: SolanaPort): SolanaPort => ({
      ...port,
      getTransaction: async (signature, commitment) => {
        const reading = await port.getTransaction(signature, commitment);
        return lies && port.provider === 'primary' && reading.outcome === 'read'
          ? { outcome: 'read', transaction: { ...reading.transaction, failed: true } }
          : reading;
      },
    });
    const service = await payoutService({ between });
    const one = await asking(service);
    await sign(service);
    await service.control.finalize();
    expect(await service.step('follow-batch')).toEqual({ outcome: 'pending' });
    lies = false;
    await service.execute();
    expect(await service.received(one.wallet)).toEqual([49n * usd]);
    await service.check();
  });
});

describe('a transaction under the key of an open batch', () => {
  it('that is known and succeeded is followed, although it was taken for dead', async () => {
    const service = await payoutService();
    const one = await asking(service);
    await sign(service);
    await service.control.finalize();
    await reopen(service, {});
    expect(await service.step('sign-batch')).toEqual({ outcome: 'signed' });
    await service.step('follow-batch');
    await service.execute();
    expect(await service.received(one.wallet)).toEqual([49n * usd]);
    expect((await service.show(one.id)).status).toBe('paid');
  });

  it("that is a stranger's is passed over, and the batch is paid by its own", async () => {
    const service = await payoutService();
    const one = await asking(service);
    await service.control.loseTransactions({ times: 1000 });
    await sign(service);
    await service.control.expireBlockhashes();
    expect(await service.step('follow-batch')).toEqual({ outcome: 'open' });
    await service.control.clearFaults();
    await strangers(service, 2);
    const trail = await service.execute();
    expect(trail.at(-1)).toBe('post-batch done');
    expect(await service.received(one.wallet)).toEqual([49n * usd]);
    await service.check();
  });

  it("that is ours is found behind strangers', and stands in the ledger as ours", async () => {
    const service = await payoutService();
    const one = await asking(service);
    await sign(service);
    await service.control.finalize();
    const { id } = await batchOf(service);
    await strangers(service, 2);
    const [port] = service.ports;
    const notes = await present(port, 'no port').listSignatures(referenceOf(id), { limit: 10 });
    const { signature } = present(notes.at(-1), 'no transaction');
    const { database } = service.runtime;
    const lost = [
      { table: 'payments', key: { pk: `PBT#${id}`, sk: 'ATTEMPT#0000000001' } },
      { table: 'ledger', key: { pk: `SIG#${signature}`, sk: 'SIG' } },
    ] as const;
    for (const { table, key } of lost) {
      await database.write({ kind: 'delete', condition: {}, table, key });
    }
    expect(await getOwnTransaction(database, signature)).toBeUndefined();
    await reopen(service, { attempts: 0 });
    await service.execute();
    expect(await service.received(one.wallet)).toEqual([49n * usd]);
    expect(await getOwnTransaction(database, signature)).toMatchObject({ subjectId: id });
    await service.check();
  });
});
