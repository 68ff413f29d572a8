/** Payments on the local chain through web3.js and Kit: they land, are found, and tell what they moved. */
import { type Address, address as asAddress, type Signature } from '@solana/kit';
import { NONCE_ACCOUNT_LENGTH, NonceAccount, PublicKey, SystemProgram } from '@solana/web3.js';
import { getAddMemoInstruction } from '@solana-program/memo';
import {
  getAdvanceNonceAccountInstruction,
  getCreateAccountInstruction,
  getInitializeNonceAccountInstruction,
  getTransferSolInstruction,
} from '@solana-program/system';
import { getBurnCheckedInstruction, getTransferCheckedInstruction } from '@solana-program/token';
import { guardProgram, memoPrograms } from '../../../local/solana/chain/programs.ts';
import {
  build,
  buildPayment,
  deltaOf,
  errorOf,
  memo,
  pay,
  send,
  setup,
  startMs,
} from './service.ts';

describe('a payment of a customer’s wallet', () => {
  it('lands with memo and reference, and is found by treasury, sender and reference', async () => {
    const service = await setup();
    const { rpc, control, treasuryUsdc, customer, newKeypair } = service;
    const reference = newKeypair().publicKey;
    const before = [memo('acct_42')];
    const signature = await pay(service, { units: 25_000_000n, reference, before });
    await control.finalize();
    for (const key of [treasuryUsdc, reference.toBase58(), customer.publicKey.toBase58()]) {
      const [newest] = await rpc.getSignaturesForAddress(key as Address).send();
      expect(newest).toMatchObject({
        ...{ signature, err: null, memo: '[7] acct_42', confirmationStatus: 'finalized' },
        blockTime: BigInt(startMs / 1000),
      });
    }
    expect(await deltaOf(service, signature, treasuryUsdc)).toBe(25_000_000n);
    const { value: balance } = await rpc.getTokenAccountBalance(treasuryUsdc).send();
    expect(balance).toEqual({
      amount: '25000000',
      decimals: 6,
      uiAmount: 25,
      uiAmountString: '25',
    });
  });

  it('tells its memo whichever of the three programs took it', async () => {
    const service = await setup();
    for (const program of memoPrograms) {
      const before = [memo('acct_7', new PublicKey(program))];
      const signature = await pay(service, { units: 1n, before });
      await service.control.confirm();
      const [newest] = await service.rpc.getSignaturesForAddress(service.treasuryUsdc).send();
      expect(newest).toMatchObject({ signature, memo: '[6] acct_7' });
    }
  });

  it('lands between the guards that wallets put around it', async () => {
    const service = await setup();
    const guard = () => memo('guard', new PublicKey(guardProgram));
    const signature = await pay(service, { units: 5n, before: [guard()], after: [guard()] });
    await service.control.finalize();
    expect(await deltaOf(service, signature, service.treasuryUsdc)).toBe(5n);
  });

  it('that makes the account it goes to has no balance before, and tells the rent', async () => {
    const service = await setup();
    const owner = service.newKeypair().publicKey.toBase58();
    const signature = await pay(service, { units: 9n, to: owner });
    await service.control.finalize();
    const told = await service.connection.getParsedTransaction(signature);
    const keys = told?.transaction.message.accountKeys.map(({ pubkey }) => pubkey.toBase58()) ?? [];
    const held = (balances: NonNullable<typeof told>['meta'], when: 'pre' | 'post') =>
      balances?.[`${when}TokenBalances`]?.find((each) => each.owner === owner);
    expect(held(told?.meta ?? null, 'pre')).toBeUndefined();
    const after = held(told?.meta ?? null, 'post');
    expect(after).toMatchObject({ mint: service.usdc.mint, programId: service.usdc.program });
    expect(after?.uiTokenAmount.amount).toBe('9');
    expect(await deltaOf(service, signature, keys[after?.accountIndex ?? -1] as Address)).toBe(9n);
    // Making it is five calls of the associated token program into others.
    expect(told?.meta?.innerInstructions?.[0]?.instructions.length).toBeGreaterThan(2);
    const [before, rent] = [told?.meta?.preBalances, told?.meta?.postBalances];
    expect(before?.[after?.accountIndex ?? -1]).toBe(0);
    expect(rent?.[after?.accountIndex ?? -1]).toBe(2_039_280);
  });

  it('is told in parts to those who ask for jsonParsed', async () => {
    const service = await setup();
    const reference = service.newKeypair().publicKey;
    const signature = await pay(service, { units: 1_500_000n, reference, before: [memo('hi')] });
    await service.control.confirm();
    const told = await service.connection.getParsedTransaction(signature, 'confirmed');
    expect(told?.transaction.message.instructions).toMatchObject([
      { program: 'spl-memo', parsed: 'hi' },
      {
        program: 'spl-token',
        parsed: {
          type: 'transferChecked',
          info: {
            authority: service.customer.publicKey.toBase58(),
            destination: service.treasuryUsdc,
            mint: service.usdc.mint,
            tokenAmount: { amount: '1500000', decimals: 6, uiAmountString: '1.5' },
          },
        },
      },
    ]);
    const { value } = await service.rpc
      .getAccountInfo(service.treasuryUsdc, { encoding: 'jsonParsed' })
      .send();
    expect(value?.data).toMatchObject({
      parsed: { type: 'account', info: { owner: service.treasury.address, state: 'initialized' } },
    });
  });

  it('that fails is in the history with its error, pays its fee and moves nothing', async () => {
    const service = await setup();
    const { connection, treasuryUsdc, customer, control, rpc } = service;
    const refusal = await errorOf(pay(service, { units: 2_000_000_000n }));
    expect(refusal.message).toContain('custom program error: 0x1');
    const { bytes } = await buildPayment(service, { units: 2_000_000_000n });
    const lamports = await connection.getBalance(customer.publicKey, 'processed');
    const signature = await connection.sendRawTransaction(bytes, { skipPreflight: true });
    expect(await connection.getBalance(customer.publicKey, 'processed')).toBe(lamports - 5000);
    await control.finalize();
    const [newest] = await rpc.getSignaturesForAddress(treasuryUsdc).send();
    const err = { InstructionError: [0n, { Custom: 1n }] };
    expect(newest).toMatchObject({ signature, err });
    expect(await deltaOf(service, signature as Signature, treasuryUsdc)).toBe(0n);
  });

  it('of a look-alike mint goes to another account, and a fee of Token-2022 is missing', async () => {
    const service = await setup();
    const { control, treasury, customer, usdc } = service;
    const from = customer.publicKey.toBase58();
    const spoof = await control.makeMint({ name: 'USDC', decimals: 6 });
    await control.mintTo({ owner: from, mint: spoof.mint, units: '1000' });
    const taking = await control.makeMint({
      ...{ name: 'USDC', decimals: 6, transferFeeBasisPoints: 100 },
    });
    await control.mintTo({ owner: from, mint: taking.mint, units: '100000000' });
    await control.finalize();
    expect(spoof.mint).not.toBe(usdc.mint);
    for (const { mint, program } of [spoof, taking]) {
      const signature = await pay(service, { units: 1000n, mint, program, to: treasury.address });
      await control.finalize();
      const { value } = await service.rpc
        .getTokenAccountsByOwner(treasury.address, { mint }, { encoding: 'jsonParsed' })
        .send();
      const [account] = value;
      expect(account?.pubkey).not.toBe(service.treasuryUsdc);
      const came = mint === taking.mint ? 990n : 1000n;
      expect(await deltaOf(service, signature, asAddress(account?.pubkey ?? ''))).toBe(came);
      expect(account?.account.owner).toBe(program);
    }
    expect(await control.movements({ account: service.treasuryUsdc })).toEqual([]);
  });
});

describe('a transaction of Kit', () => {
  const payOut = async (version: 0 | 1) => {
    const service = await setup();
    const { control, treasury, treasuryUsdc, usdc, newSigner } = service;
    await pay(service, { units: 10_000_000n });
    const { address: owner } = await newSigner();
    const { tokenAccount } = await control.mintTo({ owner, mint: 'USDC', units: '0' });
    await control.confirm();
    const transfer = getTransferCheckedInstruction({
      ...{ source: treasuryUsdc, mint: usdc.mint, destination: asAddress(tokenAccount) },
      ...{ authority: treasury, amount: 4_000_000n, decimals: 6 },
    });
    const note = getAddMemoInstruction({ memo: 'pay:B#1' });
    const signature = await send(service, treasury, [note, transfer], version);
    await control.finalize();
    return { service, signature, account: asAddress(tokenAccount) };
  };

  it.each([0, 1] as const)('of version %i lands and is read back by Kit', async (version) => {
    const { service, signature, account } = await payOut(version);
    expect(await deltaOf(service, signature, account)).toBe(4_000_000n);
    expect(await deltaOf(service, signature, service.treasuryUsdc)).toBe(-4_000_000n);
    const { value } = await service.rpc.getSignatureStatuses([signature]).send();
    expect(value).toMatchObject([
      { confirmationStatus: 'finalized', confirmations: null, err: null },
    ]);
    expect(await service.control.movements({ account })).toMatchObject([
      { signature, units: '4000000', mint: service.usdc.mint, commitment: 'finalized' },
    ]);
  });

  it('of version 1 is told by web3.js with its configuration, and refused to older readers', async () => {
    const { service, signature } = await payOut(1);
    const { connection, rpc } = service;
    const told = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 1 });
    expect(told?.version).toBe(1);
    expect(told?.transaction.message).toMatchObject({
      transactionConfig: {
        ...{ computeUnitLimit: 100_000, loadedAccountsDataSizeLimit: 1_000_000 },
        ...{ heapSize: null, priorityFee: null },
      },
    });
    const call = rpc.getTransaction(signature, {
      ...{ encoding: 'base64', maxSupportedTransactionVersion: 0 },
    });
    const refusal = await errorOf(call.send());
    expect(refusal).toMatchObject({ context: { __code: -32015 } });
    const unread = await errorOf(connection.getTransaction(signature, {}));
    expect(unread).toMatchObject({ code: -32015 });
    expect(unread.message).toContain('"maxSupportedTransactionVersion": 1');
  });

  it('burns, and the supply falls', async () => {
    const service = await setup();
    const { io, treasury, control, rpc } = service;
    const { tokenAccount } = await control.mintTo({
      ...{ owner: treasury.address, mint: 'IO', units: '500000000' },
    });
    await control.confirm();
    const burn = getBurnCheckedInstruction({
      ...{ account: asAddress(tokenAccount), mint: io.mint, authority: treasury },
      ...{ amount: 123_456_789n, decimals: 8 },
    });
    await send(service, treasury, [burn]);
    await control.finalize();
    const { value } = await rpc.getTokenSupply(io.mint).send();
    expect(value).toMatchObject({ amount: '376543211', uiAmountString: '3.76543211' });
  });

  it('is tried before it is sent: what it would move, cost, and why it would fail', async () => {
    const service = await setup();
    const { treasury, treasuryUsdc, usdc, rpc, customer, control } = service;
    await pay(service, { units: 10n });
    await control.confirm();
    const { value: accounts } = await rpc
      .getTokenAccountsByOwner(
        ...([asAddress(customer.publicKey.toBase58()), { mint: usdc.mint }] as const),
        { encoding: 'base64' },
      )
      .send();
    const destination = asAddress(accounts[0]?.pubkey ?? '');
    const transfer = (amount: bigint) =>
      getTransferCheckedInstruction({
        ...{ source: treasuryUsdc, mint: usdc.mint, destination, authority: treasury },
        ...{ amount, decimals: 6 },
      });
    const good = await build(service, treasury, [transfer(4n)]);
    const config = { encoding: 'base64', sigVerify: true, commitment: 'confirmed' } as const;
    const { value: tried } = await rpc.simulateTransaction(good.wire, config).send();
    expect(tried).toMatchObject({ err: null, fee: 5000n });
    const held = (when: 'pre' | 'post') =>
      tried[`${when}TokenBalances`]?.find(({ owner }) => owner === treasury.address)?.uiTokenAmount;
    expect([held('pre')?.amount, held('post')?.amount]).toEqual(['10', '6']);
    const bad = await build(service, treasury, [transfer(11n)]);
    const { value: failed } = await rpc.simulateTransaction(bad.wire, config).send();
    expect(failed.err).toEqual({ InstructionError: [0n, { Custom: 1n }] });
    expect(
      await rpc.getTokenAccountBalance(treasuryUsdc, { commitment: 'processed' }).send(),
    ).toMatchObject({ value: { amount: '10' } });
  });
});

describe('a nonce account', () => {
  it('lets a transaction land long after it was signed, once', async () => {
    const service = await setup();
    const { rpc, treasury, newSigner, control, connection } = service;
    const nonce = await newSigner();
    const rent = await rpc.getMinimumBalanceForRentExemption(BigInt(NONCE_ACCOUNT_LENGTH)).send();
    const system = asAddress(SystemProgram.programId.toBase58());
    const create = getCreateAccountInstruction({
      ...{ payer: treasury, newAccount: nonce, lamports: rent, space: NONCE_ACCOUNT_LENGTH },
      programAddress: system,
    });
    const begin = getInitializeNonceAccountInstruction({
      ...{ nonceAccount: nonce.address, nonceAuthority: treasury.address },
    });
    await send(service, treasury, [create, begin]);
    await control.finalize();
    const nonceNow = async () => {
      const info = await connection.getAccountInfo(new PublicKey(nonce.address));
      return NonceAccount.fromAccountData(info?.data ?? Buffer.alloc(0)).nonce;
    };
    const first = await nonceNow();
    const advance = getAdvanceNonceAccountInstruction({
      ...{ nonceAccount: nonce.address, nonceAuthority: treasury },
    });
    const { address: to } = await newSigner();
    const transfer = getTransferSolInstruction({
      source: treasury,
      destination: to,
      amount: 10n ** 9n,
    });
    const lasting = {
      getLatestBlockhash: () => ({
        send: async () => ({ value: { blockhash: first, lastValidBlockHeight: 0n } }),
      }),
    };
    const { wire } = await build({ rpc: lasting as unknown as typeof rpc }, treasury, [
      advance,
      transfer,
    ]);
    await control.advanceSlots({ slots: 1000 });
    await rpc.sendTransaction(wire, { encoding: 'base64' }).send();
    await control.confirm();
    expect((await rpc.getBalance(to).send()).value).toBe(10n ** 9n);
    expect(await nonceNow()).not.toBe(first);
    await rpc.sendTransaction(wire, { encoding: 'base64', skipPreflight: true }).send();
    expect((await rpc.getBalance(to, { commitment: 'processed' }).send()).value).toBe(10n ** 9n);
  });
});
