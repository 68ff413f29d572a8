/** How the local chain moves on: levels of commitment, blockhashes that expire, forks that are given up. */
import { address as asAddress, type Signature } from '@solana/kit';
import { PublicKey } from '@solana/web3.js';
import { getTransferSolInstruction } from '@solana-program/system';
import { build, buildPayment, deltaOf, errorOf, pay, type Setup, send, setup } from './service.ts';

const statusOf = async ({ rpc }: Pick<Setup, 'rpc'>, signature: Signature, search = false) => {
  const { value } = await rpc
    .getSignatureStatuses([signature], { searchTransactionHistory: search })
    .send();
  return value[0]?.confirmationStatus ?? null;
};

const heldAt = async (
  { rpc, treasuryUsdc }: Setup,
  commitment: 'processed' | 'confirmed' | 'finalized',
) => (await rpc.getTokenAccountBalance(treasuryUsdc, { commitment }).send()).value.amount;

describe('a transaction', () => {
  it('is processed, then confirmed, then finalized, and told at each level alone', async () => {
    const service = await setup();
    const { control, rpc, treasuryUsdc } = service;
    const signature = await pay(service, { units: 7n });
    const told = async (commitment: 'confirmed' | 'finalized') => [
      (await rpc.getSignaturesForAddress(treasuryUsdc, { commitment }).send()).some(
        (each) => each.signature === signature,
      ),
      (await rpc
        .getTransaction(signature, {
          ...{ commitment, encoding: 'base64', maxSupportedTransactionVersion: 1 },
        })
        .send()) !== null,
      await heldAt(service, commitment),
    ];
    expect(await statusOf(service, signature)).toBe('processed');
    expect(await heldAt(service, 'processed')).toBe('7');
    expect(await told('confirmed')).toEqual([false, false, '0']);
    await control.confirm();
    expect(await statusOf(service, signature)).toBe('confirmed');
    expect(await told('confirmed')).toEqual([true, true, '7']);
    expect(await told('finalized')).toEqual([false, false, '0']);
    await control.finalize();
    expect(await statusOf(service, signature)).toBe('finalized');
    expect(await told('finalized')).toEqual([true, true, '7']);
  });

  it('is finalized by the clock alone, 32 slots of 400 ms later', async () => {
    const service = await setup();
    const signature = await pay(service, { units: 7n });
    service.clock.ms += 31 * 400;
    expect(await statusOf(service, signature)).toBe('confirmed');
    service.clock.ms += 2 * 400;
    expect(await statusOf(service, signature)).toBe('finalized');
  });

  it('is finalized sooner where the chain’s finality says so', async () => {
    const service = await setup();
    await service.control.setFinality({ confirmedAfterSlots: 0, finalizedAfterSlots: 1 });
    const signature = await pay(service, { units: 7n });
    expect(await statusOf(service, signature)).toBe('confirmed');
    await service.control.advanceSlots({ slots: 2 });
    expect(await statusOf(service, signature)).toBe('finalized');
  });

  it('is found by its signature later only where the history is searched', async () => {
    const service = await setup();
    const signature = await pay(service, { units: 7n });
    await service.control.advanceSlots({ slots: 400 });
    expect(await statusOf(service, signature)).toBeNull();
    expect(await statusOf(service, signature, true)).toBe('finalized');
  });
});

describe('slots', () => {
  it('pass with the clock, never back, and are not heights', async () => {
    const { control, clock, rpc } = await setup();
    const before = await control.position();
    clock.ms += 4000;
    const after = await control.position();
    const passed = after.slot - before.slot;
    expect([9, 10, 11]).toContain(passed);
    clock.ms += 400 * 200;
    const later = await control.position();
    expect(later.slot - after.slot).toBeGreaterThan(later.height - after.height);
    clock.ms -= 3_600_000;
    expect((await control.position()).slot).toBe(later.slot);
    const info = await rpc.getEpochInfo({ commitment: 'processed' }).send();
    expect(info).toMatchObject({
      absoluteSlot: BigInt(later.slot),
      blockHeight: BigInt(later.height),
    });
  });

  it('that a node has not reached are refused, not answered with old data', async () => {
    const { rpc, treasuryUsdc, control } = await setup();
    const { finalizedSlot } = await control.position();
    const call = (minContextSlot: number) =>
      rpc
        .getSignaturesForAddress(treasuryUsdc, {
          ...{ commitment: 'finalized', minContextSlot: BigInt(minContextSlot) },
        })
        .send();
    expect(await call(finalizedSlot)).toHaveLength(1);
    expect(await errorOf(call(finalizedSlot + 1))).toMatchObject({
      context: { __code: -32016, contextSlot: BigInt(finalizedSlot) },
    });
  });
});

describe('a blockhash', () => {
  it('is good for 150 blocks, and no transaction with it lands after them', async () => {
    const service = await setup();
    const { control, rpc, connection, treasury, newSigner } = service;
    const { address: to } = await newSigner();
    const transfer = (amount: bigint) =>
      getTransferSolInstruction({ source: treasury, destination: to, amount });
    const last = await build(service, treasury, [transfer(10n ** 9n)]);
    const late = await build(service, treasury, [transfer(2n * 10n ** 9n)]);
    const until = async (height: bigint) => {
      while (BigInt((await control.position()).height) < height) {
        await control.advanceSlots({ slots: 1 });
      }
    };
    await until(last.lastValidBlockHeight);
    const config = { encoding: 'base64', preflightCommitment: 'processed' } as const;
    await rpc.sendTransaction(last.wire, config).send();
    expect(await statusOf(service, last.signature)).toBe('processed');
    await until(last.lastValidBlockHeight + 1n);
    const processed = { commitment: 'processed' } as const;
    const { value: isValid } = await rpc.isBlockhashValid(late.blockhash, processed).send();
    expect(isValid).toBe(false);
    const refusal = await errorOf(rpc.sendTransaction(late.wire, config).send());
    expect(refusal.cause).toMatchObject({ context: { __code: 7050008 } });
    await connection.sendEncodedTransaction(late.wire, { skipPreflight: true });
    await control.finalize();
    expect(await statusOf(service, late.signature, true)).toBeNull();
    expect((await rpc.getBalance(to).send()).value).toBe(10n ** 9n);
  });

  it('newer than the level of the preflight is not found', async () => {
    const service = await setup();
    const { rpc, treasury, control, newSigner } = service;
    const { address: to } = await newSigner();
    await control.advanceSlots({ slots: 20 });
    const transfer = getTransferSolInstruction({
      source: treasury,
      destination: to,
      amount: 10n ** 9n,
    });
    const { wire } = await build(service, treasury, [transfer]);
    const config = { encoding: 'base64', preflightCommitment: 'finalized' } as const;
    const refusal = await errorOf(rpc.sendTransaction(wire, config).send());
    expect(refusal.message).toContain('simulation failed');
    await rpc
      .sendTransaction(wire, { encoding: 'base64', preflightCommitment: 'confirmed' })
      .send();
  });

  it('expires on demand, which the finalized height proves', async () => {
    const service = await setup();
    const { lastValidBlockHeight } = await buildPayment(service, { units: 1n });
    await service.control.expireBlockhashes();
    const height = await service.rpc.getBlockHeight({ commitment: 'finalized' }).send();
    expect(Number(height)).toBeGreaterThan(lastValidBlockHeight);
  });
});

describe('the same transaction again', () => {
  it('is refused by the preflight, and does nothing without it', async () => {
    const service = await setup();
    const { connection, treasuryUsdc, control } = service;
    const { bytes } = await buildPayment(service, { units: 7n });
    const signature = await connection.sendRawTransaction(bytes);
    const refusal = await errorOf(connection.sendRawTransaction(bytes));
    expect(refusal.message).toContain('This transaction has already been processed');
    expect(await connection.sendRawTransaction(bytes, { skipPreflight: true })).toBe(signature);
    await control.finalize();
    expect(await heldAt(service, 'finalized')).toBe('7');
    expect(await control.movements({ account: treasuryUsdc })).toHaveLength(1);
  });

  it('with a signature of somebody else is refused, and never lands', async () => {
    const service = await setup();
    const { connection, control } = service;
    const { bytes } = await buildPayment(service, { units: 7n });
    const forged = Buffer.from(bytes);
    forged[10] = (forged[10] ?? 0) ^ 1;
    const refusal = await errorOf(connection.sendRawTransaction(forged));
    expect(refusal.message).toContain('signature verification failure');
    await connection.sendRawTransaction(forged, { skipPreflight: true });
    await control.finalize();
    expect(await heldAt(service, 'finalized')).toBe('0');
  });
});

describe('a rollback', () => {
  it('undoes confirmed transactions: their status, their history and what they moved', async () => {
    const service = await setup();
    const { control, rpc, treasuryUsdc } = service;
    const kept = await pay(service, { units: 5n });
    await control.advanceSlots({ slots: 3 });
    const lost = await pay(service, { units: 7n });
    const { height } = await control.position();
    await control.advanceSlots({ slots: 2 });
    expect(await statusOf(service, lost)).toBe('confirmed');
    expect(await control.rollback({ from: lost })).toEqual([lost]);
    // The block of the lost one is the first that is gone; one more was made in its place.
    expect((await control.position()).height).toBe(height);
    expect(await statusOf(service, lost, true)).toBeNull();
    expect(await heldAt(service, 'processed')).toBe('5');
    await control.finalize();
    const history = await rpc.getSignaturesForAddress(treasuryUsdc).send();
    expect(history.map(({ signature }) => signature)).toContain(kept);
    expect(history.map(({ signature }) => signature)).not.toContain(lost);
    expect(await heldAt(service, 'finalized')).toBe('5');
    // The chain goes on from what was put back.
    const next = await pay(service, { units: 11n });
    await control.finalize();
    expect(await deltaOf(service, next, treasuryUsdc)).toBe(11n);
    expect(await heldAt(service, 'finalized')).toBe('16');
  });

  it('takes accounts away that were made, and gives those back that were closed', async () => {
    const service = await setup();
    const { control, newSigner, connection, treasuryUsdc } = service;
    await control.advanceSlots({ slots: 2 });
    const { address: owner } = await newSigner();
    const { tokenAccount } = await control.mintTo({ owner, mint: 'IO', units: '3' });
    await control.closeAccount({ account: treasuryUsdc });
    await control.rollback({ blocks: 1 });
    expect(await connection.getAccountInfo(new PublicKey(tokenAccount), 'processed')).toBeNull();
    expect(await heldAt(service, 'processed')).toBe('0');
  });

  it('lets a transaction land again whose blockhash is older, not one of the lost fork', async () => {
    const service = await setup();
    const { control } = service;
    const old = await pay(service, { units: 5n });
    await control.advanceSlots({ slots: 4 });
    const young = await pay(service, { units: 7n });
    expect(await control.rollback({ from: old, relands: true })).toEqual([old, young]);
    expect(await statusOf(service, old)).toBe('processed');
    expect(await statusOf(service, young)).toBeNull();
  });

  it('never undoes what is finalized', async () => {
    const service = await setup();
    await pay(service, { units: 5n });
    await service.control.finalize();
    const refusal = await errorOf(service.control.rollback({ blocks: 40 }));
    expect(refusal.message).toContain('finalized blocks cannot be undone');
    expect(await heldAt(service, 'finalized')).toBe('5');
  });
});

describe('a frozen or closed account', () => {
  it('takes no payment until it is thawed', async () => {
    const service = await setup();
    const { control, treasuryUsdc } = service;
    await control.freeze({ account: treasuryUsdc });
    const refusal = await errorOf(pay(service, { units: 5n }));
    expect(refusal.message).toContain('custom program error: 0x11');
    await control.thaw({ account: treasuryUsdc });
    await pay(service, { units: 5n });
    await control.closeAccount({ account: treasuryUsdc });
    await control.confirm();
    const again = await errorOf(pay(service, { units: 6n }));
    expect(again.message).toContain('simulation failed');
  });
});

describe('a wallet without SOL', () => {
  it('cannot pay for a transaction, which never lands', async () => {
    const service = await setup();
    const { newSigner, rpc } = service;
    const poor = await newSigner();
    const to = asAddress(service.treasury.address);
    const transfer = getTransferSolInstruction({ source: poor, destination: to, amount: 1n });
    const refusal = await errorOf(send(service, poor, [transfer]));
    expect(refusal.cause).toMatchObject({ context: { __code: 7050003 } });
    const { signature, wire } = await build(service, poor, [transfer]);
    await rpc.sendTransaction(wire, { encoding: 'base64', skipPreflight: true }).send();
    expect(await statusOf(service, signature, true)).toBeNull();
  });
});
