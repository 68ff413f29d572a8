/** Histories by account, page by page, as the poller of deposits reads them. */
import { address as asAddress, type Signature } from '@solana/kit';
import {
  AddressLookupTableProgram,
  PublicKey,
  SystemProgram,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { getTransferSolInstruction } from '@solana-program/system';
import { build, errorOf, pay, type Setup, setup } from './service.ts';

/** So many payments of one SOL and a bit each to a new wallet, oldest first. */
const receive = async (service: Setup, count: number) => {
  const { treasury, rpc, control, newSigner, fund } = service;
  const { address: destination } = await newSigner();
  await fund(treasury.address, String(BigInt(count) * 2n * 10n ** 9n));
  await control.confirm();
  const signatures: Signature[] = [];
  for (let at = 0; at < count; at += 1) {
    if (at % 50 === 49) await control.advanceSlots({ slots: 1 });
    const amount = 10n ** 9n + BigInt(at);
    const transfer = getTransferSolInstruction({ source: treasury, destination, amount });
    const { wire } = await build(service, treasury, [transfer]);
    const config = { encoding: 'base64', skipPreflight: true } as const;
    signatures.push(await rpc.sendTransaction(wire, config).send());
  }
  await control.finalize();
  return { signatures, destination };
};

describe('a history', () => {
  it('is told newest first in pages of at most 1,000, without loss between them', async () => {
    const service = await setup();
    const { rpc, connection } = service;
    const { signatures, destination } = await receive(service, 1030);
    const newestFirst = signatures.toReversed();
    const page = async (options: object) =>
      (await rpc.getSignaturesForAddress(destination, options).send()).map(
        (each) => each.signature,
      );
    const first = await page({});
    expect(first).toEqual(newestFirst.slice(0, 1000));
    const before = first.at(-1);
    expect(await page({ before })).toEqual(newestFirst.slice(1000));
    expect(await page({ before, limit: 7 })).toEqual(newestFirst.slice(1000, 1007));
    expect(await page({ until: newestFirst[20] })).toEqual(newestFirst.slice(0, 20));
    const between = { before: newestFirst[10], until: newestFirst[500], limit: 1000 };
    expect(await page(between)).toEqual(newestFirst.slice(11, 500));
    const refusal = await errorOf(page({ limit: 1001 }));
    expect(refusal).toMatchObject({ context: { __code: -32602 } });
    const told = await connection.getSignaturesForAddress(new PublicKey(destination), { limit: 3 });
    expect(told.map(({ signature }) => signature)).toEqual(newestFirst.slice(0, 3));
    // Slots go down, and so do places within a slot.
    const places = (await rpc.getSignaturesForAddress(destination).send()).map(
      ({ slot, transactionIndex }) => Number(slot) * 10_000 + (transactionIndex ?? 0),
    );
    expect(places).toEqual(places.toSorted((one, other) => other - one));
  });

  it('before an unknown signature is empty, until an unknown one is whole', async () => {
    const service = await setup();
    const { rpc, treasuryUsdc, control } = service;
    const paid = await pay(service, { units: 1n });
    await control.finalize();
    const unknown = `1${paid.slice(1)}` as Signature;
    const history = await rpc.getSignaturesForAddress(treasuryUsdc).send();
    expect(history.length).toBeGreaterThan(1);
    expect(await rpc.getSignaturesForAddress(treasuryUsdc, { until: unknown }).send()).toEqual(
      history,
    );
    expect(await rpc.getSignaturesForAddress(treasuryUsdc, { before: unknown }).send()).toEqual([]);
  });

  it('is not told of what is processed alone', async () => {
    const { rpc, treasuryUsdc } = await setup();
    const commitment = 'processed' as 'confirmed';
    const refusal = await errorOf(rpc.getSignaturesForAddress(treasuryUsdc, { commitment }).send());
    expect(refusal.message).toContain('commitment below `confirmed`');
  });

  it('is told of keys that only a lookup table names', async () => {
    const service = await setup();
    const { connection, treasury, control, rpc, customer, newSigner } = service;
    const payer = customer.publicKey;
    const destination = new PublicKey((await newSigner()).address);
    const sendAll = async (
      instructions: ConstructorParameters<typeof TransactionMessage>[0]['instructions'],
      tables = [] as never[],
    ) => {
      const { blockhash: recentBlockhash } = await connection.getLatestBlockhash();
      const message = new TransactionMessage({ payerKey: payer, recentBlockhash, instructions });
      const transaction = new VersionedTransaction(message.compileToV0Message(tables));
      transaction.sign([customer]);
      const signature = await connection.sendTransaction(transaction);
      await control.confirm();
      return signature;
    };
    const recentSlot = (await connection.getSlot('processed')) - 1;
    const authority = { authority: payer, payer };
    const [create, table] = AddressLookupTableProgram.createLookupTable({
      ...authority,
      recentSlot,
    });
    const addresses = [destination, new PublicKey(treasury.address)];
    const extend = AddressLookupTableProgram.extendLookupTable({
      ...{ ...authority, lookupTable: table, addresses },
    });
    await sendAll([create, extend]);
    const { value } = await connection.getAddressLookupTable(table);
    const transfer = SystemProgram.transfer({
      ...{ fromPubkey: payer, toPubkey: destination, lamports: 1_000_000_000 },
    });
    const signature = await sendAll([transfer], [value as never]);
    const key = asAddress(destination.toBase58());
    const [newest] = await rpc.getSignaturesForAddress(key, { commitment: 'confirmed' }).send();
    expect(newest?.signature).toBe(signature);
    const told = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(told?.meta?.loadedAddresses?.writable.map((each) => each.toBase58())).toEqual([key]);
    expect(
      told?.transaction.message.staticAccountKeys.map((each) => each.toBase58()),
    ).not.toContain(key);
    expect(told?.meta?.postBalances).toContain(1_000_000_000);
  });

  it('tells both clients the same of a chain with the same seed', async () => {
    const [one, other] = [await setup('same'), await setup('same')];
    expect(await other.control.mints()).toEqual(await one.control.mints());
    const [first, second] = [
      await one.rpc.getLatestBlockhash().send(),
      await other.rpc.getLatestBlockhash().send(),
    ];
    expect(second).toEqual(first);
    expect(await one.connection.getGenesisHash()).toBe(await other.rpc.getGenesisHash().send());
    expect(await one.connection.getVersion()).toMatchObject({ 'solana-core': '4.1.2' });
    expect(await one.rpc.getFirstAvailableBlock().send()).toBeGreaterThan(0n);
    const airdrop = await one.connection.requestAirdrop(one.newKeypair().publicKey, 5e9);
    await one.control.confirm();
    const { value } = await one.connection.getSignatureStatus(airdrop);
    expect(value?.confirmationStatus).toBe('confirmed');
    const accounts = await one.connection.getMultipleAccountsInfo([one.customer.publicKey]);
    expect(accounts[0]?.lamports).toBe(10_000_000_000);
  });
});
