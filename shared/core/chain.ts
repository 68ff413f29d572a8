/**
 * What a Solana chain says, in the platform's own forms: transactions, signatures, token accounts. Nothing in
 * it is of a Solana library, so that rules and stores read chains without one. Units are base units.
 */

/** The tokens that the platform takes and pays: USDC, at par with the dollar, and IO. */
export type Token = 'usdc' | 'io';

/** Places behind the point of each token's base unit. */
export const decimalsOf: Readonly<Record<Token, number>> = { usdc: 6, io: 8 };

/** The classic token program; a mint of another one is another token, with fees, hooks and delegates of its own. */
export const tokenProgram = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

/** What one transaction did to one token account. */
export interface TokenChange {
  /** Address of the token account. */
  readonly account: string;
  readonly mint: string;
  /** Wallet that the account belongs to. */
  readonly owner: string;
  /** Token program that keeps the account; the mint of another program is another token. */
  readonly program: string;
  /** Units before and after; 0 before when the transaction made the account, 0 after when it closed it. */
  readonly before: bigint;
  readonly after: bigint;
}

/** A finalized transaction, whichever version it is of. */
export interface ChainTransaction {
  readonly signature: string;
  readonly slot: bigint;
  /** When its block was made; undefined where the node does not know. */
  readonly blockTimeMs: number | undefined;
  /** Whether it failed: then it changed nothing but the fee. */
  readonly failed: boolean;
  /** Every account that it names: its own keys first, then those of lookup tables. */
  readonly keys: readonly string[];
  /** Every token account whose balance stands in it, changed or not. */
  readonly tokens: readonly TokenChange[];
  /** Texts of its memo instructions, inner ones included, of all memo programs. */
  readonly memos: readonly string[];
  readonly feePayer: string;
  readonly feeLamports: bigint;
  /** What its payer had less afterwards: the fee, and what it put into accounts that were made. Lamports. */
  readonly paidLamports: bigint;
}

/** What a node answers about one transaction. */
export type TransactionReading =
  | { readonly outcome: 'read'; readonly transaction: ChainTransaction }
  /** The node does not know it at this commitment. */
  | { readonly outcome: 'absent' }
  /** It is there, and we cannot make sense of it: a version or a form that we do not know. */
  | { readonly outcome: 'unreadable'; readonly reason: string };

/** A line of an account's history. */
export interface SignatureNote {
  readonly signature: string;
  readonly slot: bigint;
  readonly failed: boolean;
}

/** A token account as a node describes it. */
export interface TokenAccountState {
  readonly address: string;
  readonly mint: string;
  readonly owner: string;
  readonly program: string;
  readonly units: bigint;
  readonly isFrozen: boolean;
  /** Who may spend for the owner; undefined: nobody. */
  readonly delegate: string | undefined;
  /** Who may close it instead of the owner; undefined: nobody. */
  readonly closeAuthority: string | undefined;
}

/** A mint as a node describes it. */
export interface MintState {
  readonly address: string;
  readonly program: string;
  readonly decimals: number;
  readonly supplyUnits: bigint;
  /** Who may mint; undefined: nobody any more. */
  readonly mintAuthority: string | undefined;
  /** Who may freeze accounts of the token; undefined: nobody. */
  readonly freezeAuthority: string | undefined;
}

/** Until when a transaction can land: up to this block height, and never after. */
export interface Blockhash {
  readonly blockhash: string;
  readonly lastValidBlockHeight: bigint;
}

/**
 * How far a transaction that we sent has come; `absent` is no proof that it will not land. `failed` is final:
 * a failure that is not finalized yet shows as processed or confirmed, for a fork may still undo it.
 */
export type SignatureStatus =
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'failed'; readonly slot: bigint; readonly reason: string }
  | { readonly outcome: 'processed' | 'confirmed' | 'finalized'; readonly slot: bigint };

/** What a transaction would do if it landed now. */
export interface Simulation {
  /** Why it would fail; undefined when it would not. */
  readonly error: string | undefined;
  /** Number of the instruction that would fail, from 0, where the node says so. */
  readonly failedInstruction: number | undefined;
  readonly computeUnits: bigint;
  /** The token accounts that were asked about, as they would be, in that order; none where it would fail. */
  readonly accounts: readonly (TokenAccountState | undefined)[];
}
