/** How much a batch holds (P11), tried on a chain with the real programs, and that it is found and lands once. */
import { tokenAccountOf, withSignature } from '../../../shared/adapters/solana-message.ts';
import { compileTransfer } from '../../../shared/adapters/solana-transfer.ts';
import { present } from '../../../shared/core/assert.ts';
import { fitBatch, type TransactionForm } from '../../../shared/payments/payouts/batch-plan.ts';
import { keyOf } from '../../support/ed25519-key.ts';
import { seededRandomness } from '../../support/runtime.ts';
import { aPayout } from './builders.ts';
import { payoutService } from './payout-service.ts';

const setup = async ({ format, onNonce }: TransactionForm) => {
  const service = await payoutService({ nonce: onNonce });
  const { ports, treasury, mints, mintTo } = service;
  const port = present(ports[0], 'no port');
  const randomness = seededRandomness('recipients');
  const lifetime = async () => {
    const account = service.needs.nonceAccount;
    if (account === undefined) {
      return { kind: 'blockhash' as const, ...(await port.getLatestBlockhash()) };
    }
    const value = present(await port.getNonce(account), 'no nonce');
    return { kind: 'nonce' as const, account, value };
  };
  const order = async (count: number, makesAccount: boolean) => {
    const wallets = Array.from({ length: count }, () => keyOf(randomness.bytes(32)).address);
    if (!makesAccount) for (const wallet of wallets) await mintTo(wallet, 'usdc', 0n);
    const payments = await Promise.all(
      wallets.map(async (wallet, index) => ({
        ...{ wallet, tokenAccount: await tokenAccountOf(wallet, mints.usdc), makesAccount },
        units: BigInt(index + 1),
      })),
    );
    return {
      ...{ format, treasury: treasury.address, mint: mints.usdc, decimals: 6, payments },
      memo: 'pay:pbt_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
      reference: keyOf(randomness.bytes(32)).address,
      lifetime: await lifetime(),
      microLamportsPerUnit: 1000n,
    };
  };
  return { ...service, port, order };
};

/** What a transaction of each format holds. */
const bytesMax = { legacy: 1232, v1: 4096 };

describe.each([
  { format: 'legacy', onNonce: false, plain: 17, making: 8 },
  { format: 'legacy', onNonce: true, plain: 15, making: 7 },
  { format: 'v1', onNonce: false, plain: 58, making: 10 },
  { format: 'v1', onNonce: true, plain: 55, making: 10 },
] as const)('a $format transaction, on a nonce: $onNonce,', ({ plain, making, ...form }) => {
  const { format } = form;

  it(`pays ${plain} wallets, or ${making} whose accounts it makes, and not one more`, async () => {
    const { port, order } = await setup(form);
    for (const [count, makesAccount] of [
      [plain, false],
      [making, true],
    ] as const) {
      const { wire } = await compileTransfer(await order(count, makesAccount));
      expect(wire.length).toBeLessThanOrEqual(bytesMax[format]);
      expect(await port.simulate(wire)).toMatchObject({ error: undefined });
    }
    await expect(compileTransfer(await order(plain + 1, false))).rejects.toThrow(
      'a transaction of',
    );
    if (format === 'legacy') {
      const more = await order(making + 1, true);
      await expect(compileTransfer(more)).rejects.toThrow('a transaction of');
      return;
    }
    const { wire } = await compileTransfer(await order(making + 1, true));
    const { error } = await port.simulate(wire);
    expect(error).toContain('MaxInstructionTraceLengthExceeded');
  });

  it('holds every mix of both that a batch may be planned with', async () => {
    const { port, order } = await setup(form);
    const [old, made] = [await order(plain, false), await order(making, true)];
    for (let count = 0; count <= making; count += 1) {
      const all = [...made.payments.slice(0, count), ...old.payments];
      const candidates = all.map((payment) => ({ ...payment, payout: aPayout() }));
      const payments = fitBatch(candidates, form);
      const { wire } = await compileTransfer({ ...old, payments });
      expect(wire.length).toBeLessThanOrEqual(bytesMax[format]);
      expect(await port.simulate(wire)).toMatchObject({ error: undefined });
    }
  });

  it('lands once however often it is sent, and is found by its reference, with its memo', async () => {
    const { port, order, control, signBare, received } = await setup(form);
    const asked = await order(2, false);
    const unsigned = await compileTransfer(asked);
    const { wire, signature } = withSignature(unsigned, await signBare(unsigned.message));
    await port.send(wire);
    await port.send(wire);
    await control.finalize();
    const [found] = await port.listSignatures(asked.reference, { limit: 10 });
    expect(found).toMatchObject({ signature, failed: false });
    const reading = await port.getTransaction(signature, 'finalized');
    expect(reading).toMatchObject({ outcome: 'read', transaction: { memos: [asked.memo] } });
    for (const { wallet, units } of asked.payments) expect(await received(wallet)).toEqual([units]);
  });
});
