/** The port of a Solana provider through Kit's real client, against the local chain: what it reads and sends. */
import { isNativeError } from 'node:util/types';
import {
  address as asAddress,
  getBase64Encoder,
  type KeyPairSigner,
  type Signature,
} from '@solana/kit';
import {
  AddressLookupTableProgram,
  PublicKey,
  SystemProgram,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import {
  getCreateAccountInstruction,
  getInitializeNonceAccountInstruction,
  getTransferSolInstruction,
} from '@solana-program/system';
import { getApproveInstruction, getTransferCheckedInstruction } from '@solana-program/token';
import { memoPrograms } from '../../local/solana/chain/programs.ts';
import { solana } from '../../shared/adapters/solana.ts';
import type { TransactionReading } from '../../shared/core/chain.ts';
import { AppError } from '../../shared/core/errors.ts';
import {
  build,
  buildPayment,
  memo,
  pay,
  type Setup,
  send,
  setup as setupChain,
  sol,
  startMs,
} from '../local/solana/service.ts';

/** The chain, with a port to each of its nodes; waits are noted and take no time. */
const setup = async ({ timeoutMs }: { readonly timeoutMs?: number } = {}) => {
  const service = await setupChain();
  const waits: number[] = [];
  const portTo = (provider: string, url: string) =>
    solana({
      ...{ provider, url, pause: async (milliseconds: number) => void waits.push(milliseconds) },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  const { chain } = service;
  return {
    ...service,
    port: portTo('first', chain.url),
    replica: portTo('second', chain.replicaUrl),
    waits,
    /** How often a node was asked for this since the start. */
    asked: async (method: string) =>
      (await service.control.calls()).filter((call) => call.method === method).length,
  };
};

const transactionOf = (reading: TransactionReading) => {
  if (reading.outcome !== 'read') throw new Error(`it is ${reading.outcome}`);
  return reading.transaction;
};

const refusalOf = async (call: Promise<unknown>): Promise<AppError> => {
  const outcome: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof AppError) return outcome;
  throw isNativeError(outcome) ? outcome : new Error(`not refused: ${String(outcome)}`);
};

describe('a deposit, read', () => {
  it('tells what came to the treasury’s account, from whom, with reference and memo', async () => {
    const service = await setup();
    const { port, treasury, treasuryUsdc, usdc, customer, newKeypair } = service;
    const reference = newKeypair().publicKey;
    const before = memoPrograms.map((program, at) => memo(`ä ${at}`, new PublicKey(program)));
    const signature = await pay(service, { units: 25_000_000n, reference, before });
    expect(await port.getTransaction(signature, 'finalized')).toEqual({ outcome: 'absent' });
    await service.control.confirm();
    expect((await port.getTransaction(signature, 'confirmed')).outcome).toBe('read');
    expect(await port.getTransaction(signature, 'finalized')).toEqual({ outcome: 'absent' });
    await service.control.finalize();
    const read = transactionOf(await port.getTransaction(signature, 'finalized'));
    const from = customer.publicKey.toBase58();
    expect(read).toMatchObject({
      ...{ signature, failed: false, feePayer: from, feeLamports: 5000n, blockTimeMs: startMs },
      memos: ['ä 0', 'ä 1', 'ä 2'],
    });
    expect(read.slot).toBeGreaterThan(0n);
    expect(read.keys).toContain(reference.toBase58());
    const common = { mint: usdc.mint, program: usdc.program };
    expect(read.tokens).toHaveLength(2);
    expect(read.tokens).toContainEqual({
      ...common,
      ...{ account: treasuryUsdc, owner: treasury.address, before: 0n, after: 25_000_000n },
    });
    expect(read.tokens).toContainEqual({
      ...common,
      account: expect.any(String),
      ...{ owner: from, before: 1000_000_000n, after: 975_000_000n },
    });
  });

  it('that makes the account it goes to had nothing there before', async () => {
    const service = await setup();
    const owner = service.newKeypair().publicKey.toBase58();
    const signature = await pay(service, { units: 9n, to: owner });
    await service.control.finalize();
    const { tokens } = transactionOf(await service.port.getTransaction(signature, 'finalized'));
    const came = tokens.filter((each) => each.owner === owner);
    expect(came).toMatchObject([{ before: 0n, after: 9n }]);
  });

  it('that failed changed nothing', async () => {
    const service = await setup();
    const { bytes } = await buildPayment(service, { units: 2_000_000_000n });
    const sent = await service.connection.sendRawTransaction(bytes, { skipPreflight: true });
    await service.control.finalize();
    const read = transactionOf(await service.port.getTransaction(sent, 'finalized'));
    expect(read.failed).toBe(true);
    for (const { before, after } of read.tokens) expect(after).toBe(before);
    const [newest] = await service.port.listSignatures(service.treasuryUsdc, { limit: 1 });
    expect(newest).toEqual({ signature: sent, slot: read.slot, failed: true });
  });

  it('that Token-2022 keeps a fee of tells what came, and its program', async () => {
    const service = await setup();
    const { control, treasury, customer } = service;
    const order = { name: 'USDC', decimals: 6, transferFeeBasisPoints: 100 };
    const { mint, program } = await control.makeMint(order);
    const from = customer.publicKey.toBase58();
    await control.mintTo({ owner: from, mint, units: '100000000' });
    await control.finalize();
    const spoof = { units: 1000n, mint, program, to: treasury.address };
    const signature = await pay(service, spoof);
    await control.finalize();
    const { tokens } = transactionOf(await service.port.getTransaction(signature, 'finalized'));
    const came = tokens.find((each) => each.owner === treasury.address);
    expect(came).toMatchObject({ mint, program, before: 0n, after: 990n });
    expect(came?.account).not.toBe(service.treasuryUsdc);
    const { accounts } = await service.port.listTokenAccounts([came?.account ?? '']);
    expect(accounts).toMatchObject([{ mint, program, units: 990n }]);
    expect(await service.port.getMint(mint)).toMatchObject({ program, decimals: 6 });
  });

  it('names the accounts that only a lookup table names', async () => {
    const service = await setup();
    const { connection, customer, control, port, treasuryUsdc, usdc } = service;
    const payer = customer.publicKey;
    type Instructions = ConstructorParameters<typeof TransactionMessage>[0]['instructions'];
    const sendAll = async (instructions: Instructions, tables: never[] = []) => {
      const { blockhash: recentBlockhash } = await connection.getLatestBlockhash();
      const message = new TransactionMessage({ payerKey: payer, recentBlockhash, instructions });
      const transaction = new VersionedTransaction(message.compileToV0Message(tables));
      transaction.sign([customer]);
      const signature = await connection.sendTransaction(transaction);
      await control.finalize();
      return signature;
    };
    const recentSlot = (await connection.getSlot('processed')) - 1;
    const authority = { authority: payer, payer };
    const [create, table] = AddressLookupTableProgram.createLookupTable({
      ...{ ...authority, recentSlot },
    });
    const addresses = [new PublicKey(treasuryUsdc)];
    const extend = AddressLookupTableProgram.extendLookupTable({
      ...{ ...authority, lookupTable: table, addresses },
    });
    await sendAll([create, extend]);
    const { value } = await connection.getAddressLookupTable(table);
    const legacy = await buildPayment(service, { units: 7n });
    const { instructions } = Transaction.from(legacy.bytes);
    const signature = await sendAll(instructions, [value as never]);
    const read = transactionOf(await port.getTransaction(signature, 'finalized'));
    expect(read.keys).toContain(treasuryUsdc);
    expect(read.tokens).toContainEqual(
      expect.objectContaining({ account: treasuryUsdc, mint: usdc.mint, before: 0n, after: 7n }),
    );
  });

  it.each([0, 1] as const)('of version %i is read alike', async (version) => {
    const service = await setup();
    const { control, treasury, treasuryUsdc, usdc, newSigner, port } = service;
    await pay(service, { units: 10n });
    const { address: owner } = await newSigner();
    const { tokenAccount } = await control.mintTo({ owner, mint: 'USDC', units: '0' });
    await control.confirm();
    const transfer = getTransferCheckedInstruction({
      ...{ source: treasuryUsdc, mint: usdc.mint, destination: asAddress(tokenAccount) },
      ...{ authority: treasury, amount: 4n, decimals: 6 },
    });
    const signature = await send(service, treasury, [transfer], version);
    await control.finalize();
    const { tokens } = transactionOf(await port.getTransaction(signature, 'finalized'));
    const changes = tokens.map(({ account, before, after }) => [account, after - before]);
    expect(new Map(changes as never)).toEqual(
      new Map([
        [treasuryUsdc, -4n],
        [tokenAccount, 4n],
      ]),
    );
  });

  it('is unreadable where it is of a newer version, or no transaction at all', async () => {
    const service = await setup();
    const { control, port } = service;
    const [newer, garbled] = [await pay(service, { units: 1n }), await pay(service, { units: 2n })];
    await control.finalize();
    await control.disguiseVersion({ signature: newer, version: 2 });
    await control.garbleTransaction({ signature: garbled });
    expect(await port.getTransaction(newer, 'finalized')).toEqual({
      ...{ outcome: 'unreadable', reason: 'its version is newer than what we read' },
    });
    expect(await port.getTransaction(garbled, 'finalized')).toEqual({
      ...{ outcome: 'unreadable', reason: expect.stringContaining('meta') },
    });
    expect(await service.asked('getTransaction')).toBe(2);
  });
});

describe('a history, read', () => {
  it('is finalized, newest first, page by page', async () => {
    const service = await setup();
    const { port, control, treasuryUsdc } = service;
    const paid: string[] = [];
    for (const units of [1n, 2n, 3n]) {
      paid.unshift(await pay(service, { units }));
      await control.advanceSlots({ slots: 2 });
    }
    await control.finalize();
    const late = await pay(service, { units: 4n });
    await control.confirm();
    const all = await port.listSignatures(treasuryUsdc, { limit: 1_000 });
    expect(all.map(({ signature }) => signature).slice(0, 3)).toEqual(paid);
    expect(all.map(({ signature }) => signature)).not.toContain(late);
    const page = await port.listSignatures(treasuryUsdc, { limit: 1, before: paid[0] });
    expect(page.map(({ signature }) => signature)).toEqual([paid[1]]);
    await expect(port.listSignatures(treasuryUsdc, { limit: 1_001 })).rejects.toThrow('1,000');
  });

  it('is not told by a node that is behind what it is asked about', async () => {
    const service = await setup();
    const { port, replica, control, treasuryUsdc } = service;
    await control.advanceSlots({ slots: 100 });
    await control.setReplicaLag({ slots: 50 });
    const slotMin = await port.getFinalizedSlot();
    expect(await replica.getFinalizedSlot()).toBe(slotMin - 50n);
    const page = { limit: 10, slotMin };
    expect(await port.listSignatures(treasuryUsdc, page)).toHaveLength(1);
    const refusal = await refusalOf(replica.listSignatures(treasuryUsdc, page));
    expect(refusal).toMatchObject({
      code: 'solana.unavailable',
      options: { details: { provider: 'second', code: -32016 } },
    });
    const balances = await refusalOf(replica.listTokenAccounts([treasuryUsdc], slotMin));
    expect(balances.code).toBe('solana.unavailable');
  });
});

describe('accounts, read', () => {
  it('are token accounts with their state at one slot, and nothing where there is none', async () => {
    const service = await setup();
    const { port, control, treasury, treasuryUsdc, usdc, newSigner, fund } = service;
    await pay(service, { units: 10n });
    const delegate = (await newSigner()).address;
    const approve = getApproveInstruction({
      ...{ source: treasuryUsdc, delegate, owner: treasury, amount: 5n },
    });
    await send(service, treasury, [approve]);
    const { tokenAccount: frozen } = await control.mintTo({
      ...{ owner: delegate, mint: 'USDC', units: '3' },
    });
    await control.freeze({ account: frozen });
    await control.finalize();
    const wallet = (await newSigner()).address;
    await fund(wallet);
    await control.finalize();
    const asked = [treasuryUsdc, wallet, usdc.mint, frozen, (await newSigner()).address];
    const { slot, accounts } = await port.listTokenAccounts(asked);
    expect(slot).toBe(await port.getFinalizedSlot());
    const common = { mint: usdc.mint, program: usdc.program, closeAuthority: undefined };
    expect(accounts).toEqual([
      {
        ...{ ...common, address: treasuryUsdc, owner: treasury.address, units: 10n },
        ...{ isFrozen: false, delegate },
      },
      undefined,
      undefined,
      {
        ...{ ...common, address: frozen, owner: delegate, units: 3n },
        ...{ isFrozen: true, delegate: undefined },
      },
      undefined,
    ]);
    const many = Array.from({ length: 101 }, () => treasuryUsdc);
    await expect(port.listTokenAccounts(many)).rejects.toThrow('100');
  });

  it('are mints and wallets', async () => {
    const { port, usdc, io, treasury, treasuryUsdc } = await setup();
    expect(await port.getMint(usdc.mint)).toMatchObject({
      ...{ address: usdc.mint, program: usdc.program, decimals: 6, supplyUnits: 1000_000_000n },
      mintAuthority: expect.any(String),
    });
    expect(await port.getMint(io.mint)).toMatchObject({ decimals: 8, supplyUnits: 0n });
    expect(await port.getMint(treasuryUsdc)).toBeUndefined();
    expect(await port.getMint(treasury.address)).toBeUndefined();
    expect(await port.getLamports(treasury.address)).toBe(10_000_000_000n);
  });

  it('are nonces', async () => {
    const service = await setup();
    const { port, treasury, control, rpc, newSigner } = service;
    const nonce: KeyPairSigner = await newSigner();
    const lamports = await rpc.getMinimumBalanceForRentExemption(80n).send();
    expect(await port.getNonce(nonce.address)).toBeUndefined();
    expect(await port.getNonce(treasury.address)).toBeUndefined();
    const create = getCreateAccountInstruction({
      ...{ payer: treasury, newAccount: nonce, lamports, space: 80 },
      programAddress: asAddress(SystemProgram.programId.toBase58()),
    });
    const begin = getInitializeNonceAccountInstruction({
      ...{ nonceAccount: nonce.address, nonceAuthority: treasury.address },
    });
    await send(service, treasury, [create, begin]);
    await control.finalize();
    expect(await port.getNonce(nonce.address)).toMatch(/^[1-9A-HJ-NP-Za-km-z]{43,44}$/);
  });
});

/** A transfer of SOL by the treasury, signed. */
const transferSol = async (service: Setup, lamports: bigint) => {
  const { address: destination } = await service.newSigner();
  const transfer = getTransferSolInstruction({
    ...{ source: service.treasury, destination, amount: lamports },
  });
  const { wire, signature } = await build(service, service.treasury, [transfer]);
  return { signature, wire: Uint8Array.from(getBase64Encoder().encode(wire)), destination };
};

describe('a transaction of ours', () => {
  it('is sent, sent again to no effect, and followed until it is final', async () => {
    const service = await setup();
    const { port, control } = service;
    const { signature, wire, destination } = await transferSol(service, 10n ** 9n);
    const unknown = `1${signature.slice(1)}`;
    expect(await port.listStatuses([signature])).toEqual([{ outcome: 'absent' }]);
    await port.send(wire);
    await port.send(wire);
    const outcome = async () => (await port.listStatuses([unknown, signature]))[1];
    expect(await outcome()).toEqual({ outcome: 'processed', slot: expect.any(BigInt) });
    await control.confirm();
    expect(await outcome()).toMatchObject({ outcome: 'confirmed' });
    await control.finalize();
    // Also when it is old.
    await control.advanceSlots({ slots: 400 });
    expect(await outcome()).toMatchObject({ outcome: 'finalized' });
    expect(await port.getLamports(destination)).toBe(10n ** 9n);
  });

  it('has failed once its failure is final, and not before', async () => {
    const service = await setup();
    const { port, control } = service;
    const { signature, wire } = await transferSol(service, 10n ** 12n);
    await port.send(wire);
    await control.confirm();
    expect(await port.listStatuses([signature])).toMatchObject([{ outcome: 'confirmed' }]);
    await control.finalize();
    expect(await port.listStatuses([signature])).toEqual([
      {
        ...{ outcome: 'failed', slot: expect.any(BigInt) },
        reason: '{"InstructionError":[0,{"Custom":1}]}',
      },
    ]);
  });

  it('is tried first: what it would use, and where it would fail', async () => {
    const service = await setup();
    const { port } = service;
    const good = await transferSol(service, 10n ** 9n);
    // The signatures are not checked.
    const unsigned = Uint8Array.from(good.wire).fill(0, 1, 65);
    for (const wire of [good.wire, unsigned]) {
      const tried = await port.simulate(wire);
      expect(tried).toEqual({
        ...{ error: undefined, failedInstruction: undefined, computeUnits: 150n },
        accounts: [],
      });
    }
    const bad = await transferSol(service, 10n ** 12n);
    expect(await port.simulate(bad.wire)).toMatchObject({
      ...{ error: '{"InstructionError":[0,{"Custom":1}]}', failedInstruction: 0 },
    });
    expect(await port.listStatuses([good.signature, bad.signature])).toEqual([
      { outcome: 'absent' },
      { outcome: 'absent' },
    ]);
    await service.control.expireBlockhashes();
    expect(await port.simulate(good.wire)).toMatchObject({
      ...{ error: 'BlockhashNotFound', failedInstruction: undefined },
    });
  });

  it('has a blockhash until a height that the finalized chain passes', async () => {
    const { port, control } = await setup();
    const { blockhash, lastValidBlockHeight } = await port.getLatestBlockhash();
    expect(blockhash).toMatch(/^[1-9A-HJ-NP-Za-km-z]{43,44}$/);
    expect(await port.getFinalizedBlockHeight()).toBeLessThan(lastValidBlockHeight);
    await control.expireBlockhashes();
    expect(await port.getFinalizedBlockHeight()).toBeGreaterThan(lastValidBlockHeight);
  });

  it('is not sent again where its bytes are none', async () => {
    const { port, asked } = await setup();
    const refusal = await refusalOf(port.send(Uint8Array.of(1, 2, 3)));
    expect(refusal.options.details).toEqual({ provider: 'first', code: -32602 });
    expect(await asked('sendTransaction')).toBe(1);
  });

  it('takes the fee that three of four blocks stayed below', async () => {
    const { port, control, treasuryUsdc } = await setup();
    expect(await port.getPriorityFee([treasuryUsdc])).toBe(0n);
    await control.setPriorityFee({ microLamports: 2500 });
    expect(await port.getPriorityFee([treasuryUsdc])).toBe(2500n);
  });
});

describe('a node that does not answer', () => {
  it('is asked again after the time that it asks for', async () => {
    const { port, control, waits, asked, treasury } = await setup();
    await control.failRequests({ status: 429, times: 2, retryAfterSeconds: 3 });
    expect(await port.getLamports(treasury.address)).toBe(BigInt(sol(10)));
    expect(waits).toEqual([3000, 3000]);
    expect(await asked('getBalance')).toBe(3);
  });

  it('is left alone when it asks for long patience, and the caller told for how long', async () => {
    const { port, control, waits, asked } = await setup();
    await control.failRequests({ status: 429, retryAfterSeconds: 60 });
    const refusal = await refusalOf(port.getFinalizedSlot());
    expect(refusal).toMatchObject({
      code: 'solana.unavailable',
      options: { retryAfterSeconds: 60, details: { provider: 'first', status: 429 } },
    });
    expect(waits).toEqual([]);
    expect(await asked('getSlot')).toBe(1);
  });

  it('is given up after three tries', async () => {
    const { port, control, waits, asked } = await setup();
    await control.failRequests({ status: 503, times: 9, retryAfterSeconds: 1 });
    expect(await refusalOf(port.getFinalizedSlot())).toMatchObject({ code: 'solana.unavailable' });
    expect(waits).toEqual([1000, 1000]);
    expect(await asked('getSlot')).toBe(3);
  });

  it('because it does not know our key is not asked again', async () => {
    const { port, control, asked } = await setup();
    await control.failRequests({ status: 401, times: 9 });
    expect(await refusalOf(port.getFinalizedSlot())).toMatchObject({
      ...{ code: 'solana.unavailable', options: { details: { status: 401 } } },
    });
    expect(await asked('getSlot')).toBe(1);
  });

  it('but took effect is asked again, and the same bytes land once', async () => {
    const service = await setup();
    const { port, control, waits } = service;
    const { wire, destination } = await transferSol(service, 10n ** 9n);
    await control.dropAnswers({ method: 'sendTransaction', times: 2 });
    await port.send(wire);
    expect(waits).toEqual([250, 500]);
    await control.finalize();
    expect(await port.getLamports(destination)).toBe(10n ** 9n);
  });

  it('within the time limit is not waited for', async () => {
    const { port, control, asked } = await setup({ timeoutMs: 100 });
    await control.holdAnswers({ method: 'getSlot' });
    const refusal = await refusalOf(port.getFinalizedSlot());
    expect(refusal.options.details).toEqual({ provider: 'first', name: 'TimeoutError' });
    expect(await asked('getSlot')).toBe(1);
    await control.releaseAnswers();
  });

  it('at all is unavailable, and its address is in no error', async () => {
    const url = 'http://127.0.0.1:9/secret-key';
    const port = solana({ provider: 'first', url, pause: async () => {} });
    const refusal = await refusalOf(port.getFinalizedSlot());
    expect(refusal).toMatchObject({
      code: 'solana.unavailable',
      options: { retryAfterSeconds: 5 },
    });
    expect(JSON.stringify([refusal.message, refusal.options])).not.toContain('secret-key');
  });

  it('with errors of its own may be asked later', async () => {
    const { port, control, treasuryUsdc } = await setup();
    for (const code of [-32005, -32004, -32603, -32011]) {
      await control.failCalls({ code, message: 'no' });
      const refusal = await refusalOf(port.listSignatures(treasuryUsdc, { limit: 1 }));
      expect(refusal.options.details).toEqual({ provider: 'first', code });
    }
  });

  it('and says that our request is at fault is unavailable, its words in no error', async () => {
    const { port, control, treasuryUsdc, asked } = await setup();
    const codes = [-32601, -32602, -32600, -32700, -32015];
    for (const code of codes) {
      await control.failCalls({ code, message: 'no such thing at /secret-key' });
      const refusal = await refusalOf(port.listSignatures(treasuryUsdc, { limit: 1 }));
      expect(refusal).toMatchObject({
        code: 'solana.unavailable',
        options: { details: { provider: 'first', code } },
      });
      expect(JSON.stringify([refusal.message, refusal.options])).not.toContain('secret-key');
      expect(refusal.cause).toBeUndefined();
    }
    expect(await asked('getSignaturesForAddress')).toBe(codes.length);
  });
});

describe('what no client may be told of', () => {
  it('is absent at both levels where the chain gave it up', async () => {
    const service = await setup();
    const { port, control } = service;
    const signature: Signature = await pay(service, { units: 5n });
    await control.confirm();
    expect((await port.getTransaction(signature, 'confirmed')).outcome).toBe('read');
    await control.rollback({ from: signature });
    await control.finalize();
    expect(await port.getTransaction(signature, 'confirmed')).toEqual({ outcome: 'absent' });
    expect(await port.listStatuses([signature])).toEqual([{ outcome: 'absent' }]);
  });
});
