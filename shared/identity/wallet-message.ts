/**
 * The texts that wallets sign, in the published form of Sign-In with Solana, so that a wallet shows them as
 * what they are and warns when another site asks. Guarantees: what a signature is for stands in the text,
 * with the organisation that it is for; no two purposes share a text; a text is good for one use and a few
 * minutes. Pure; who keeps the messages and spends them stands in wallet-message-store.ts.
 */
import type { Token } from '../core/chain.ts';
import { base32, type Id, type Randomness } from '../core/ids.ts';
import { isoOf, minuteMs } from '../core/time.ts';
import type { WalletRole } from './wallet.ts';

/** Wallets refuse texts whose time of issue is further away than this. */
export const messageLivesMs = 10 * minuteMs;

/** What a signature is for. */
export type WalletPurpose =
  | { readonly kind: 'sign_in' }
  | {
      readonly kind: 'register_wallet';
      readonly organisationId: Id<'org'>;
      /** As what its holder may sign in from then on; null: the registration does not say. */
      readonly role: WalletRole | null;
    }
  | {
      readonly kind: 'payout_wallet';
      readonly organisationId: Id<'org'>;
      readonly asset: Token;
    }
  | {
      readonly kind: 'deposit_claim';
      readonly organisationId: Id<'org'>;
      /** Signature of the transaction that is claimed. */
      readonly transaction: string;
    };

/** The chain that the platform's addresses are of, in the words of the published form. */
export const signInChains = ['mainnet', 'devnet', 'localnet'] as const;

/** Where people meet the platform: wallets compare it with the page that asks for the signature. */
export interface SignInSite {
  /** Scheme and host, with the port if it is not the usual one. */
  readonly origin: string;
  readonly chain: (typeof signInChains)[number];
}

export interface WalletMessage {
  readonly id: Id<'wmg'>;
  /** Whose signature counts. */
  readonly address: string;
  /** The purpose in words; it stands in the text. */
  readonly statement: string;
  /** Exactly what is signed, as UTF-8. */
  readonly text: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** When it was used, and by which attempt; null: not yet. */
  readonly spent: { readonly atMs: number; readonly by: string } | null;
}

const tokenNames = { usdc: 'USDC', io: 'IO' } as const satisfies Record<Token, string>;

/**
 * The purpose as the sentence that people read before they sign. Every part of the purpose stands in it, so
 * purposes are the same when their statements are. Letters, digits, spaces and marks of URIs alone.
 */
export const statementOf = (purpose: WalletPurpose): string => {
  switch (purpose.kind) {
    case 'sign_in':
      return 'Sign in to Raymesh. This moves no money.';
    case 'register_wallet': {
      const { organisationId, role } = purpose;
      const rights = role === null ? '' : `, and its holder may sign in there as ${role}`;
      return `Register this wallet with the Raymesh organisation ${organisationId}: what it sends is credited there${rights}.`;
    }
    case 'payout_wallet':
      return `Pay the earnings of the Raymesh organisation ${purpose.organisationId} in ${tokenNames[purpose.asset]} out to this wallet.`;
    case 'deposit_claim':
      return `Credit the Raymesh organisation ${purpose.organisationId} with what this wallet sent in transaction ${purpose.transaction}.`;
  }
};

/** A new message; its nonce has 160 random bits. */
export const newWalletMessage = (
  site: SignInSite,
  randomness: Randomness,
  order: {
    readonly id: Id<'wmg'>;
    readonly address: string;
    readonly purpose: WalletPurpose;
    readonly nowMs: number;
  },
): WalletMessage => {
  const { id, address, purpose, nowMs } = order;
  const statement = statementOf(purpose);
  const expiresAtMs = nowMs + messageLivesMs;
  const text = [
    `${hostOf(site.origin)} wants you to sign in with your Solana account:`,
    address,
    '',
    statement,
    '',
    `URI: ${site.origin}`,
    'Version: 1',
    `Chain ID: ${site.chain}`,
    `Nonce: ${base32(randomness.bytes(20))}`,
    `Issued At: ${isoOf(nowMs)}`,
    `Expiration Time: ${isoOf(expiresAtMs)}`,
    `Request ID: ${id}`,
  ].join('\n');
  return { id, address, statement, text, createdAtMs: nowMs, expiresAtMs, spent: null };
};

const hostOf = (origin: string): string => new URL(origin).host;

/** What a message is worth to who asks for this purpose now. */
export type MessageDecision = 'usable' | 'of_another_purpose' | 'expired' | 'spent' | 'spent_by_us';

/** `attempt` names the attempt that would spend it, so that one whose answer was lost knows its own. */
export const decideMessage = (
  message: WalletMessage,
  asked: { readonly purpose: WalletPurpose; readonly attempt: string; readonly nowMs: number },
): MessageDecision => {
  if (message.statement !== statementOf(asked.purpose)) return 'of_another_purpose';
  if (message.spent) return message.spent.by === asked.attempt ? 'spent_by_us' : 'spent';
  return asked.nowMs < message.expiresAtMs ? 'usable' : 'expired';
};
