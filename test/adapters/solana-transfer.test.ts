/** Batches of payments, compiled, signed and landed on the local chain: what they hold, carry and refuse. */
import { createHash } from 'node:crypto';
import { address as asAddress, signBytes } from '@solana/kit';
import {
  getCreateAccountInstruction,
  getInitializeNonceAccountInstruction,
  SYSTEM_PROGRAM_ADDRESS,
} from '@solana-program/system';
import { solana } from '../../shared/adapters/solana.ts';
import {
  type TransferLifetime,
  tokenAccountOf,
  type UnsignedTransfer,
  withSignature,
} from '../../shared/adapters/solana-message.ts';
import {
  compileTransfer,
  type TokenPayment,
  type TransferOrder,
} from '../../shared/adapters/solana-transfer.ts';
import { encodeBase58 } from '../../shared/core/base58.ts';
import { send, setup as setupChain } from '../local/solana/service.ts';

const memo = 'pay:pbt_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q';
const reference = encodeBase58(createHash('sha256').update(memo).digest());

/** The chain, the treasury with 1,000 USDC on it, and what a batch on it needs. */
const setup = async () => {
  const service = await setupChain('transfer');
  const { treasury, usdc, control, chain, newSigner } = service;
  await control.mintTo({ owner: treasury.address, mint: 'USDC', units: '1000000000' });
  await control.finalize();
  const port = solana({ provider: 'first', url: chain.url, pause: async () => {} });
  const recipients = async (
    count: number,
    { makesAccount }: { readonly makesAccount: boolean },
  ): Promise<readonly TokenPayment[]> => {
    const payments: TokenPayment[] = [];
    for (let at = 0; at < count; at += 1) {
      const { address: wallet } = await newSigner();
      const tokenAccount = await tokenAccountOf(wallet, usdc.mint);
      if (!makesAccount) await control.mintTo({ owner: wallet, mint: 'USDC', units: '0' });
      payments.push({ wallet, tokenAccount, units: BigInt(at + 1), makesAccount });
    }
    await control.finalize();
    return payments;
  };
  const orderOf = async (
    payments: readonly TokenPayment[],
    format: TransferOrder['format'],
    lifetime?: TransferLifetime,
  ): Promise<TransferOrder> => ({
    ...{ format, payments, memo, reference, treasury: treasury.address },
    ...{ mint: usdc.mint, decimals: 6, microLamportsPerUnit: 1_000n },
    lifetime: lifetime ?? { kind: 'blockhash', ...(await port.getLatestBlockhash()) },
  });
  const sign = async (transfer: UnsignedTransfer) => {
    const signature = await signBytes(treasury.keyPair.privateKey, transfer.message);
    return withSignature(transfer, Uint8Array.from(signature));
  };
  /** Makes a nonce account, and answers it with its value. */
  const makeNonce = async (): Promise<TransferLifetime> => {
    const nonce = await newSigner();
    const lamports = await service.rpc.getMinimumBalanceForRentExemption(80n).send();
    const create = getCreateAccountInstruction({
      ...{ payer: treasury, newAccount: nonce, lamports, space: 80 },
      programAddress: SYSTEM_PROGRAM_ADDRESS,
    });
    const begin = getInitializeNonceAccountInstruction({
      ...{ nonceAccount: nonce.address, nonceAuthority: treasury.address },
    });
    await send(service, treasury, [create, begin]);
    await control.finalize();
    const account = nonce.address;
    return { kind: 'nonce', account, value: (await port.getNonce(account)) ?? '' };
  };
  return { ...service, port, recipients, orderOf, sign, makeNonce };
};

describe('a trial of payments', () => {
  it('tells what accounts would hold, in their order, those that it would make too', async () => {
    const service = await setup();
    const { port, recipients, orderOf } = service;
    const payments = [
      ...(await recipients(1, { makesAccount: true })),
      ...(await recipients(1, { makesAccount: false })),
    ];
    const { wire } = await compileTransfer(await orderOf(payments, 'v1'));
    const watched = payments.map(({ tokenAccount }) => tokenAccount);
    const { accounts } = await port.simulate(wire, watched);
    expect(accounts).toMatchObject(
      payments.map(({ tokenAccount, units, wallet }) => ({
        ...{ address: tokenAccount, owner: wallet, units, isFrozen: false },
      })),
    );
    const [first] = (await port.listTokenAccounts(watched)).accounts;
    expect(first).toBeUndefined();
    // A node answers no more accounts than the transaction names.
    const many = Array.from({ length: 65 }, () => watched[0] ?? '');
    await expect(port.simulate(wire, many)).rejects.toMatchObject({ code: 'solana.unavailable' });
  });
});

describe('a transaction of payments', () => {
  it.each([
    ['legacy', false, 17],
    ['legacy', true, 8],
    ['v1', false, 58],
    ['v1', true, 10],
  ] as const)(
    '%s, making accounts: %s, pays %i and no more',
    async (format, makesAccount, most) => {
      const service = await setup();
      const { port, control, recipients, orderOf, sign } = service;
      const payments = await recipients(most + 1, { makesAccount });
      // One more: too many bytes or accounts to be compiled, or too many calls to run.
      const more = compileTransfer(await orderOf(payments, format)).then(
        async ({ wire: tooMuch }) => (await port.simulate(tooMuch)).error,
        (error: unknown) => String(error),
      );
      expect(await more).toMatch(/a transaction of|MaxInstructionTraceLengthExceeded/);
      const transfer = await compileTransfer(await orderOf(payments.slice(0, most), format));
      expect(await port.simulate(transfer.wire)).toMatchObject({ error: undefined });
      const { wire, signature } = await sign(transfer);
      await port.send(wire);
      await control.finalize();
      const reading = await port.getTransaction(signature, 'finalized');
      if (reading.outcome !== 'read') throw new Error(reading.outcome);
      expect(reading.transaction).toMatchObject({ failed: false, memos: [memo] });
      const came = new Map(
        reading.transaction.tokens.map(({ account, before, after }) => [account, after - before]),
      );
      for (const { tokenAccount, units } of payments.slice(0, most)) {
        expect(came.get(tokenAccount)).toBe(units);
      }
    },
  );

  it('is found by its reference, and says what it was for', async () => {
    const { port, control, recipients, orderOf, sign } = await setup();
    const payments = await recipients(3, { makesAccount: false });
    for (const format of ['legacy', 'v1'] as const) {
      const { wire, signature } = await sign(
        await compileTransfer(await orderOf(payments, format)),
      );
      await port.send(wire);
      await control.finalize();
      const [newest] = await port.listSignatures(reference, { limit: 10 });
      expect(newest).toMatchObject({ signature, failed: false });
    }
  });

  it('is the same bytes for the same order, and another with another blockhash', async () => {
    const { recipients, orderOf, control } = await setup();
    const payments = await recipients(2, { makesAccount: true });
    const order = await orderOf(payments, 'v1');
    const [one, same] = [await compileTransfer(order), await compileTransfer(order)];
    expect(same.message).toEqual(one.message);
    await control.advanceSlots({ slots: 5 });
    const later = await compileTransfer(await orderOf(payments, 'v1'));
    expect(later.message).not.toEqual(one.message);
  });

  it('pays priority by what it may use, whichever its format', async () => {
    const { port, control, recipients, orderOf, sign } = await setup();
    const payments = await recipients(2, { makesAccount: false });
    for (const format of ['legacy', 'v1'] as const) {
      const order = { ...(await orderOf(payments, format)), microLamportsPerUnit: 250_000n };
      const { wire, signature } = await sign(await compileTransfer(order));
      await port.send(wire);
      await control.finalize();
      const reading = await port.getTransaction(signature, 'finalized');
      // 5,000 for the signature, and a quarter lamport for each of 56,000 units.
      expect(reading).toMatchObject({ transaction: { feeLamports: 19_000n } });
    }
  });

  it('fails as a whole where one recipient is frozen, and says so before it is signed', async () => {
    const { port, control, recipients, orderOf } = await setup();
    const payments = await recipients(3, { makesAccount: false });
    await control.freeze({ account: payments[1]?.tokenAccount ?? '' });
    await control.confirm();
    for (const [format, failedInstruction] of [
      ['legacy', 2],
      ['v1', 2],
    ] as const) {
      const { wire } = await compileTransfer(await orderOf(payments, format));
      // Custom error 17: the account is frozen. The memo is the first instruction.
      expect(await port.simulate(wire)).toMatchObject({
        error: '{"InstructionError":[2,{"Custom":17}]}',
        failedInstruction,
      });
    }
    const { wire } = await compileTransfer(await orderOf([], 'v1'));
    expect(await port.simulate(wire)).toMatchObject({ error: undefined });
  });

  it.each(['legacy', 'v1'] as const)('%s with a nonce lands long after, once', async (format) => {
    const { port, control, recipients, orderOf, sign, makeNonce } = await setup();
    const lifetime = await makeNonce();
    if (lifetime.kind !== 'nonce') throw new Error('no nonce');
    const payments = await recipients(2, { makesAccount: false });
    const first = await sign(await compileTransfer(await orderOf(payments, format, lifetime)));
    const rival = await sign(
      await compileTransfer(await orderOf(payments.slice(0, 1), format, lifetime)),
    );
    await control.advanceSlots({ slots: 1_000 });
    await port.send(first.wire);
    await control.finalize();
    expect(await port.listStatuses([first.signature])).toMatchObject([{ outcome: 'finalized' }]);
    expect(await port.getNonce(lifetime.account)).not.toBe(lifetime.value);
    // Whatever else was signed with that nonce is dead.
    await port.send(rival.wire);
    await control.finalize();
    expect(await port.listStatuses([rival.signature])).toEqual([{ outcome: 'absent' }]);
  });

  it('takes no signature but the treasury’s over these very bytes', async () => {
    const { recipients, orderOf, treasury, newSigner } = await setup();
    const payments = await recipients(1, { makesAccount: false });
    const transfer = await compileTransfer(await orderOf(payments, 'v1'));
    const other = await newSigner();
    const good = await signBytes(treasury.keyPair.privateKey, transfer.message);
    const wrong = await signBytes(other.keyPair.privateKey, transfer.message);
    const elsewhere = await signBytes(treasury.keyPair.privateKey, transfer.wire);
    expect(withSignature(transfer, good).signature).toBe(encodeBase58(good));
    for (const signature of [wrong, elsewhere, new Uint8Array(64), new Uint8Array(10)]) {
      expect(() => withSignature(transfer, Uint8Array.from(signature))).toThrow('treasury');
    }
  });

  it('pays nothing to nobody', async () => {
    const { recipients, orderOf } = await setup();
    const [payment] = await recipients(1, { makesAccount: false });
    if (payment === undefined) throw new Error('nobody');
    const order = await orderOf([{ ...payment, units: 0n }], 'v1');
    await expect(compileTransfer(order)).rejects.toThrow('a payment of nothing');
  });
});

describe('the token account of a wallet', () => {
  it('is where the chain makes it', async () => {
    const { control, newSigner, usdc, io } = await setup();
    const { address: owner } = await newSigner();
    for (const { name, mint } of [usdc, io]) {
      const { tokenAccount } = await control.mintTo({ owner, mint: name, units: '1' });
      expect(asAddress(await tokenAccountOf(owner, mint))).toBe(tokenAccount);
    }
  });
});
