/** A ledger for tests of money on chain: its facts in one line each. */
import { commit } from '../../../functions/kit/transaction.ts';
import { claimSuspense } from '../../../functions/ledger/chain/claim-suspense.ts';
import { postDeposit } from '../../../functions/ledger/chain/post-deposit.ts';
import { postPayout, voidPayout } from '../../../functions/ledger/chain/post-payout.ts';
import { assert, present } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { type RecordingAccount, supplierAccount } from '../../../shared/ledger/account.ts';
import type { DepositEnding } from '../../../shared/ledger/chain/deposit.ts';
import type { OwnTransaction } from '../../../shared/ledger/chain/own-transaction.ts';
import {
  getOwnTransaction,
  putOwnTransaction,
} from '../../../shared/ledger/chain/own-transaction-store.ts';
import {
  type PayoutRequest,
  type PayoutSource,
  payoutAccount,
  planPayoutIoRelease,
  planPayoutIoReserve,
  planPayoutReserve,
} from '../../../shared/ledger/chain/payout-hold.ts';
import { getPayoutHolds } from '../../../shared/ledger/chain/payout-store.ts';
import type { SuspenseClaim } from '../../../shared/ledger/chain/suspense-claim.ts';
import type { IoPrice } from '../../../shared/ledger/io-price.ts';
import { getTransfer, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { writesOf } from '../../../shared/ledger/posting.ts';
import { causeOf } from '../../../shared/ledger/transfer.ts';
import { CardFixture } from './card-fixture.ts';
import { million, payer, supplier } from './fixture.ts';

/** One IO in base units. */
export const oneIo = 100_000_000n;
/** 0.25 USD per IO. */
export const price: IoPrice = { id: 'prc_1', nanoUsdPerIo: 250_000_000n, atMs: 0 };
export const positionLimit = 1_000n * oneIo;
export const signature = 'sig1';
export const accounts: Readonly<Record<Token, string>> = { usdc: 'usdcAta', io: 'ioAta' };
export const payoutId = 'pyo_1';

export class ChainFixture extends CardFixture {
  /** Something arrives; for `payer` unless said otherwise, IO at 0.25 USD. */
  arrive(token: Token, units: bigint, ending?: DepositEnding, sig = signature) {
    const credit = { kind: 'credit' as const, organisation: payer };
    const known = ending ?? (token === 'io' ? { ...credit, price } : credit);
    const fact = { signature: sig, tokenAccount: accounts[token], token, units, ending: known };
    return postDeposit(this.runtime, fact, positionLimit);
  }

  /** Something arrives that belongs to nobody. */
  stray(token: Token, units: bigint, sig = signature) {
    return this.arrive(token, units, { kind: 'suspense', reason: 'no_reference' }, sig);
  }

  claim(token: Token, units: bigint, parts: Partial<SuspenseClaim> = {}) {
    const claim = { signature, tokenAccount: accounts[token], token, units, organisation: payer };
    const priced = token === 'io' ? { price } : {};
    return claimSuspense(this.runtime, { ...claim, ...priced, ...parts }, positionLimit);
  }

  /** What arrived was the platform's own. */
  fund(token: Token, units: bigint, fundingId = 'fnd_1', sig = signature) {
    const arrival = { signature: sig, tokenAccount: accounts[token], token, units };
    return claimSuspense(this.runtime, { ...arrival, fundingId }, positionLimit);
  }

  /** What arrived was given for rewards. */
  claimForRewards(units: bigint, sig = signature, fundingId = 'fnd_1') {
    const arrival = { signature: sig, tokenAccount: accounts.io, token: 'io' as const, units };
    const claim = { ...arrival, fundingId, forRewards: true };
    return claimSuspense(this.runtime, claim, positionLimit);
  }

  /** Gives the supplier matured earnings; what brought them does not matter here. */
  async earned(units: bigint, id = 'matured'): Promise<void> {
    const legs = [
      { account: 'exp:grant' as const, units: -units },
      { account: supplierAccount(supplier), units },
    ];
    const base = { id, cause: causeOf({ id }), asset: 'usd' as const, atMs: this.nowMs };
    const transfer = { ...base, code: 'maturity' as const, legs };
    await commit(this.runtime, writesOf({ transfers: [transfer] }));
  }

  /** What a request would write now; with IO of ours at once when earnings are paid in IO. */
  async planReserve(parts: Partial<PayoutRequest> = {}) {
    const request = {
      payoutId,
      organisation: supplier,
      source: 'earnings' as PayoutSource,
      token: 'usdc' as Token,
      units: 5n * million,
    };
    const position = await this.balance('fx:io');
    const asked = { ...request, ...parts };
    const converts = asked.source === 'earnings' && asked.token === 'io';
    const io = converts ? { io: { price, position } } : {};
    const own = await this.balance(payoutAccount(asked.source, asked.organisation));
    return planPayoutReserve({ ...asked, ...io, supplier: own, nowMs: this.nowMs });
  }

  async reserve(parts: Partial<PayoutRequest> = {}): Promise<void> {
    const decision = await this.planReserve(parts);
    assert(decision.outcome === 'held', decision.outcome);
    await commit(this.runtime, decision.writes);
  }

  async holds(id = payoutId) {
    return present(await getPayoutHolds(this.runtime.database, id), 'no hold');
  }

  async planReprice(newPrice: IoPrice, id = payoutId) {
    const holds = await this.holds(id);
    const position = await this.balance('fx:io');
    return planPayoutIoReserve({ ...holds, price: newPrice, position, nowMs: this.nowMs });
  }

  async reprice(newPrice: IoPrice, id = payoutId): Promise<void> {
    const decision = await this.planReprice(newPrice, id);
    assert(decision.outcome === 'held', decision.outcome);
    await commit(this.runtime, decision.writes);
  }

  async releaseIo(id = payoutId): Promise<void> {
    const { ioHold } = await this.holds(id);
    await commit(this.runtime, planPayoutIoRelease(present(ioHold, 'no hold of IO')));
  }

  sum(account: RecordingAccount) {
    return sumAccount(this.runtime.database, account);
  }

  async transfer(id: string) {
    return present(await getTransfer(this.runtime.database, id), `no transfer ${id}`);
  }

  /** Writes down that a transaction is our own, as is done before it is sent. */
  async own(sig: string, purpose: OwnTransaction['purpose'], subjectId: string): Promise<void> {
    if (await getOwnTransaction(this.runtime.database, sig)) return;
    const own = { signature: sig, purpose, subjectId, atMs: this.nowMs };
    await commit(this.runtime, [putOwnTransaction(own)]);
  }

  async paidOut(units: bigint, id = payoutId, sig = 'paysig') {
    await this.own(sig, 'payout', 'bat_1');
    return postPayout(this.runtime, { payoutId: id, signature: sig, units });
  }

  giveBack(id = payoutId) {
    return voidPayout(this.runtime, { payoutId: id });
  }
}
