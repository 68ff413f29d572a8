/**
 * What the platform asks of one Solana provider, in the platform's own forms. `solana.ts` speaks it through
 * Kit. Every call has a time limit; a call that came to nothing throws `solana.unavailable`, also when the
 * node is behind what it was asked about, and may be made again.
 */
import type {
  Blockhash,
  MintState,
  SignatureNote,
  SignatureStatus,
  Simulation,
  TokenAccountState,
  TransactionReading,
} from '../core/chain.ts';

/** Names of the levels at which a node answers. */
export type Commitment = 'confirmed' | 'finalized';

export interface HistoryPage {
  /** The signature after which (further back) the page begins; absent: the newest. */
  readonly before?: string | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
  /** A node that has not come to this slot must not answer. */
  readonly slotMin?: bigint | undefined;
  /** Only what is final, unless told. */
  readonly commitment?: Commitment;
}

export interface SolanaPort {
  /** Which provider it is, for logs and events; never its address, which may hold a key. */
  readonly provider: string;
  /** The newest slot that is finalized. */
  getFinalizedSlot(): Promise<bigint>;
  /** Height of the newest finalized block: what a blockhash's end is compared with. */
  getFinalizedBlockHeight(): Promise<bigint>;
  /** An address's history, newest first. Nodes leave gaps: no single answer is complete. */
  listSignatures(address: string, page: HistoryPage): Promise<readonly SignatureNote[]>;
  getTransaction(signature: string, commitment: Commitment): Promise<TransactionReading>;
  /** Token accounts at one slot, finalized unless told; in the order asked for, at most 100. Undefined: none. */
  listTokenAccounts(
    addresses: readonly string[],
    slotMin?: bigint,
    commitment?: Commitment,
  ): Promise<{
    readonly slot: bigint;
    readonly accounts: readonly (TokenAccountState | undefined)[];
  }>;
  getMint(address: string): Promise<MintState | undefined>;
  /** Lamports of a wallet, finalized. */
  getLamports(address: string): Promise<bigint>;
  getLatestBlockhash(): Promise<Blockhash>;
  /** The value of a durable nonce account; undefined: no such account. */
  getNonce(address: string): Promise<string | undefined>;
  /** In the order asked for, searching the whole history; at most 256. */
  listStatuses(signatures: readonly string[]): Promise<readonly SignatureStatus[]>;
  /**
   * What the wire bytes would do now, as of what is confirmed, also to these token accounts: not more of them
   * than the transaction names accounts. The signatures are not checked.
   */
  simulate(wire: Uint8Array, watched?: readonly string[]): Promise<Simulation>;
  /** Sends the wire bytes without a check of the node's own. The same bytes again change nothing. */
  send(wire: Uint8Array): Promise<void>;
  /** Priority fee, in micro-lamports per compute unit, that three of four recent transactions on these accounts stayed below. */
  getPriorityFee(writableAccounts: readonly string[]): Promise<bigint>;
}
