/**
 * Builds an issuance's transaction, and tries it on the chain before anybody signs it: it must change each
 * receiver's token account by what the issuance says. Before that the mint itself is looked at: genesis is for
 * one that is not there, a day for one of which nobody else may mint, and nobody has.
 */
import type {
  TransferLifetime,
  UnsignedTransfer,
} from '../../../shared/adapters/solana-message.ts';
import { compileMint, ioDecimals, mintRentLamports } from '../../../shared/adapters/solana-mint.ts';
import { assert } from '../../../shared/core/assert.ts';
import {
  type Issuance,
  type IssuanceState,
  issuanceChanges,
  issuanceSubject,
} from '../../../shared/token/issuance.ts';
import { askPriorityFee } from '../../payments/sending/ask-priority-fee.ts';
import { askFirst } from '../../payments/sending/ask-providers.ts';
import { checkLamports } from '../../payments/sending/check-lamports.ts';
import { compareEffect } from '../../payments/sending/compare-effect.ts';
import { referenceOf } from '../../payments/sending/reference.ts';
import type { MintNeeds } from './mint-needs.ts';

export type BuiltMint =
  | {
      readonly outcome: 'built';
      readonly transfer: UnsignedTransfer;
      readonly lifetime: Extract<TransferLifetime, { readonly kind: 'blockhash' }>;
    }
  /** Nothing is signed; `why` is for the log. */
  | { readonly outcome: 'held'; readonly why: string };

const held = (why: string): BuiltMint => ({ outcome: 'held', why });

export const buildMint = async (
  needs: MintNeeds,
  issuance: Issuance,
  state: IssuanceState,
): Promise<BuiltMint> => {
  const providers = await needs.solana();
  const treasury = await needs.signer.getAddress();
  const { mint, receipts } = issuance;
  assert(mint === (await needs.ownMint()), `${issuance.id} is of another mint`);
  const wrong = await wrongWithMint(needs, issuance, state);
  if (wrong !== undefined) return held(wrong);
  const makesMint = issuance.day === null ? await rentMissing(needs, mint) : undefined;
  const moreLamports = makesMint?.lamports ?? 0n;
  const funds = await checkLamports(needs, { accounts: receipts.length, moreLamports });
  if (funds.outcome !== 'covered') {
    return held(`${funds.held} lamports are there, ${funds.needed} are needed`);
  }
  const lifetime = {
    kind: 'blockhash' as const,
    ...(await askFirst(needs, providers, (one) => one.getLatestBlockhash())),
  };
  const transfer = compileMint({
    ...{ format: needs.format, treasury, mint, receipts, makesMint, lifetime },
    memo: issuance.memo,
    reference: referenceOf(issuanceSubject(issuance)),
    microLamportsPerUnit: await askPriorityFee(needs, [treasury, mint]),
  });
  const changes = issuanceChanges(issuance);
  const effect = await compareEffect(needs, { wire: transfer.wire, changes });
  if (effect.outcome === 'as_told') return { outcome: 'built', transfer, lifetime };
  if (effect.outcome === 'fails') return held(`it would fail: ${effect.error}`);
  return held(effect.outcome === 'differs' ? effect.says : 'balances changed while it was tried');
};

/** What is not as it must be; undefined when all is. */
const wrongWithMint = async (
  needs: MintNeeds,
  { day, mint }: Issuance,
  { grossUnits }: IssuanceState,
): Promise<string | undefined> => {
  const found = await askFirst(needs, await needs.solana(), (one) => one.getMint(mint));
  if (day === null) return found && `the mint ${mint} is there, and not by a genesis that is ours`;
  if (found === undefined) return `there is no mint ${mint}`;
  const { decimals, mintAuthority, supplyUnits } = found;
  if (decimals !== ioDecimals) return `${mint} has ${decimals} places`;
  if (mintAuthority !== (await needs.signer.getAddress())) return `${mintAuthority} may mint`;
  // What was burned is missing; more than we minted is somebody else's doing, or a record that was lost.
  if (supplyUnits > grossUnits) return `${supplyUnits} are out, and we minted ${grossUnits}`;
  return undefined;
};

/** What the mint's account lacks of its rent: whoever likes may have sent some there. */
const rentMissing = async (
  needs: MintNeeds,
  mint: string,
): Promise<{ readonly lamports: bigint }> => {
  const there = await askFirst(needs, await needs.solana(), (one) => one.getLamports(mint));
  return { lamports: there < mintRentLamports ? mintRentLamports - there : 0n };
};
