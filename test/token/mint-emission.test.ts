/** The workflow `mint-emission` on a chain with the real programs: what comes to be, and never twice. */
import { openMintStep } from '../../functions/token/mint/open-mint.step.ts';
import { getOwnTransaction } from '../../shared/ledger/chain/own-transaction-store.ts';
import { getTransfer, sumAccount } from '../../shared/ledger/ledger-store.ts';
import { listAttempts } from '../../shared/payments/payouts/batch-store.ts';
import {
  getPayoutControls,
  putPayoutControls,
} from '../../shared/payments/payouts/payout-controls-store.ts';
import { emissionOf } from '../../shared/token/emission.ts';
import {
  allocationNames,
  allocations,
  genesisUnits,
  mintMemo,
} from '../../shared/token/issuance.ts';
import { getIssuance, getIssuanceState } from '../../shared/token/issuance-store.ts';
import { issuanceStateKey } from '../../shared/token/keys.ts';
import { rootOf } from './close-hours.ts';
import { type MintService, mintService } from './mint-service.ts';

const firstDay = emissionOf(23)?.cumulativeUnits ?? 0n;
const twoDays = emissionOf(47)?.cumulativeUnits ?? 0n;

/** A service whose mint is made. */
const made = async (options: Parameters<typeof mintService>[0] = {}): Promise<MintService> => {
  const service = await mintService(options);
  await service.order();
  await service.execute();
  return service;
};

/** What stands under way, put back as if nothing had ever been signed of it. */
const forget = async ({ runtime }: MintService, id: 'genesis' | 'mint:0'): Promise<void> => {
  const { database } = runtime;
  const common = { kind: 'update', table: 'payments', condition: {} } as const;
  await database.write({
    ...{ ...common, key: { pk: 'ISSUANCE', sk: `ISSUANCE#${id}` } },
    set: { status: 'open', chain_id: null, attempts: 7 },
  });
};

describe('genesis', () => {
  it('makes the mint and five allocations by one transaction, and nothing more', async () => {
    const service = await mintService();
    const { runtime, wallets, mint, treasury, port } = service;
    expect((await service.order()).body).toMatchObject({ status: 'ordered', transaction: null });
    const trail = await service.execute();
    expect(trail.slice(0, 3)).toEqual(['open-mint open', 'sign-mint signed', 'send-mint sent']);
    expect(trail.at(-1)).toBe('post-mint done');
    const { body } = await service.order();
    expect(body).toMatchObject({ object: 'genesis', status: 'done', mint });
    for (const name of allocationNames) {
      expect([name, await service.heldBy(wallets[name])]).toEqual([name, allocations[name]]);
    }
    expect(await port.getMint(mint)).toMatchObject({
      ...{ supplyUnits: genesisUnits, decimals: 8 },
      ...{ mintAuthority: treasury.address, freezeAuthority: undefined },
    });
    expect(await getOwnTransaction(runtime.database, body.transaction)).toMatchObject({
      ...{ purpose: 'genesis', subjectId: 'genesis' },
    });
    expect(await service.execute()).toEqual(['open-mint nothing']);
    await service.check();
  });

  it('waits for an order, and for SOL', async () => {
    const service = await mintService({ lamports: 1_000_000n });
    expect(await service.execute()).toEqual(['open-mint nothing']);
    await service.order();
    expect(await service.execute()).toEqual(['open-mint open', 'sign-mint held']);
    expect(service.runtime.lines.find(({ event }) => event === 'mint.held')).toMatchObject({
      why: expect.stringMatching(/^1000000 lamports are there, \d+ are needed$/),
    });
    await service.control.fund({ to: service.treasury.address, lamports: '1000000000' });
    await service.control.finalize();
    await service.execute();
    expect(await service.supplyOnChain()).toBe(genesisUnits);
    await service.check({ moreLamports: 1_000_000_000n });
  });

  it('pays only what the mint’s address lacks of its rent', async () => {
    const service = await mintService();
    await service.control.fund({ to: service.mint, lamports: '5000000' });
    await service.control.finalize();
    await service.order();
    await service.execute();
    expect(await service.supplyOnChain()).toBe(genesisUnits);
    await service.check();
  });

  it('whose record was lost is found on the chain, and followed', async () => {
    const service = await made();
    const { signature } = (await getIssuance(service.runtime.database, 'genesis')) ?? {};
    await forget(service, 'genesis');
    await service.runtime.database.write({
      ...{ kind: 'update', table: 'payments', key: issuanceStateKey, condition: {} },
      set: { open_id: 'genesis', genesis_done: false, gross_units: 0n },
    });
    await service.execute();
    expect(await getIssuance(service.runtime.database, 'genesis')).toMatchObject({
      ...{ status: 'done', signature },
    });
    expect(await service.supplyOnChain()).toBe(genesisUnits);
    await service.check();
  });

  it('never begins where a mint stands that was not made for these wallets', async () => {
    const service = await made();
    const database = service.runtime.database;
    const items = ['ISSUANCE#genesis', 'STATE'].map((sk) => ({ pk: 'ISSUANCE', sk }));
    for (const key of items) {
      await database.write({ kind: 'delete', table: 'payments', key, condition: {} });
    }
    const others = { ...service.wallets, seed: service.newWallet() };
    expect((await service.order(others)).body).toMatchObject({ status: 'ordered' });
    await expect(service.execute()).rejects.toThrow('minted 0 to');
    expect(await service.supplyOnChain()).toBe(genesisUnits);
  });
});

describe('the mint of a day', () => {
  it('waits until the last of its hours is completed, and is what they released', async () => {
    const service = await made();
    const { runtime, treasury } = service;
    await service.closeHours(0, 23);
    expect(await service.execute()).toEqual(['open-mint nothing']);
    await service.closeHours(23, 24);
    expect(await sumAccount(runtime.database, 'ext:issuance')).toBe(-firstDay);
    expect((await service.execute()).at(-1)).toBe('post-mint done');
    expect(await service.supplyOnChain()).toBe(genesisUnits + firstDay);
    expect(await service.heldBy(treasury.address)).toBe(firstDay);
    expect(await sumAccount(runtime.database, 'ext:issuance')).toBe(0n);
    await service.check();
  });

  it('says on the chain which roots it pays for', async () => {
    const service = await made();
    await service.closeHours(0, 24);
    await service.execute();
    const minted = await getIssuance(service.runtime.database, 'mint:0');
    const read = await service.port.getTransaction(minted?.signature ?? '', 'finalized');
    const roots = Array.from({ length: 24 }, (_, hour) => rootOf(hour));
    expect(read).toMatchObject({ transaction: { memos: [mintMemo(0, roots)] } });
    const posted = await getTransfer(service.runtime.database, 'mint:0');
    expect(posted).toMatchObject({ external: minted?.signature });
  });

  it('follows the one before it, one by one, also where several are due', async () => {
    const service = await made();
    await service.closeHours(0, 49);
    await service.execute();
    expect(await service.supplyOnChain()).toBe(genesisUnits + firstDay);
    await service.execute();
    expect(await service.supplyOnChain()).toBe(genesisUnits + twoDays);
    expect(await service.execute()).toEqual(['open-mint nothing']);
    expect(await getIssuanceState(service.runtime.database)).toMatchObject({
      ...{ daysMinted: 2, openId: null, grossUnits: genesisUnits + twoDays },
    });
    await service.check();
  });

  it('that was accepted and dropped for good is signed anew once its end is proven', async () => {
    const service = await made();
    await service.closeHours(0, 24);
    await service.control.loseTransactions({ times: 1000 });
    for (const name of ['open-mint', 'sign-mint', 'send-mint']) await service.step(name);
    expect(await service.step('follow-mint')).toEqual({ outcome: 'pending' });
    await service.control.expireBlockhashes();
    expect(await service.step('follow-mint')).toEqual({ outcome: 'open' });
    await service.control.clearFaults();
    await service.execute();
    const attempts = await listAttempts(service.runtime.database, `${service.mint}:mint:0`);
    expect(attempts).toHaveLength(2);
    expect(await service.supplyOnChain()).toBe(genesisUnits + firstDay);
    await service.check();
  });

  it('that lands late, when it was nearly given up, is posted and never minted again', async () => {
    const service = await made();
    await service.closeHours(0, 24);
    await service.control.delayTransactions({ slots: 140 });
    await service.execute();
    expect(await service.supplyOnChain()).toBe(genesisUnits + firstDay);
    await service.check();
  });

  it('by two workers at every step at once is one', async () => {
    const service = await made();
    await service.closeHours(0, 24);
    const outcomes = await Promise.allSettled([service.execute(), service.execute()]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'fulfilled' });
    expect(await service.supplyOnChain()).toBe(genesisUnits + firstDay);
    await service.check();
  });

  it('whose record was lost is found on the chain, and posted', async () => {
    const service = await made();
    await service.closeHours(0, 24);
    for (const name of ['open-mint', 'sign-mint', 'send-mint']) await service.step(name);
    await service.control.finalize();
    await forget(service, 'mint:0');
    expect(await service.step('sign-mint')).toEqual({ outcome: 'signed' });
    await service.execute();
    expect(await service.supplyOnChain()).toBe(genesisUnits + firstDay);
    await service.check();
  });

  it('is not signed while more is out than we know of', async () => {
    const service = await made();
    await service.closeHours(0, 24);
    await service.runtime.database.write({
      ...{ kind: 'update', table: 'payments', key: issuanceStateKey, condition: {} },
      set: { gross_units: genesisUnits - 1n },
    });
    expect(await service.execute()).toEqual(['open-mint open', 'sign-mint held']);
    expect(service.runtime.lines.at(-1)).toMatchObject({
      why: `${genesisUnits} are out, and we minted ${genesisUnits - 1n}`,
    });
    expect(await service.supplyOnChain()).toBe(genesisUnits);
  });

  it('is not signed while payouts are stopped, and what is signed goes on', async () => {
    const service = await made();
    const { database, clock } = service.runtime;
    await service.closeHours(0, 24);
    const stop = async (why: string | null) =>
      database.write(putPayoutControls(await getPayoutControls(database), why, clock.ms));
    await stop('an incident');
    expect(await service.execute()).toEqual(['open-mint open', 'sign-mint held']);
    await stop(null);
    expect(await service.step('sign-mint')).toEqual({ outcome: 'signed' });
    await stop('an incident');
    await service.execute();
    expect(await service.supplyOnChain()).toBe(genesisUnits + firstDay);
    await service.check();
  });

  it('is nobody’s business where the token is not our own', async () => {
    const service = await made();
    await service.closeHours(0, 24);
    const token = { mode: 'existing', genesisMs: 0 } as const;
    const input = { step: 'open-mint', mint_id: service.mint };
    expect(await openMintStep({ ...service.needs, token }, input)).toEqual({ outcome: 'nothing' });
  });
});
