/**
 * What tests and the demo may ask of the local chain beside a node's methods: slots and rollbacks, money
 * and mints, faults of requests, transactions and histories, and the records to compare with.
 * `Commands` is the contract; `control-client.ts` speaks it from another process. Units and lamports
 * are decimal strings, as JSON has no integers of their size.
 */
import { type Address, address } from '@solana/kit';
import type { Chain } from '../chain/chain.ts';
import type { Finality } from '../chain/slots.ts';
import type { Endpoint } from '../rpc/call.ts';
import { RpcError } from '../rpc/rpc-error.ts';
import type { FaultOrder, Faults, HideOrder } from './faults.ts';
import type { Issuer, MadeMint, MintOrder } from './issuer.ts';
import { type Movement, movementsOf } from './movements.ts';

/** A request that came to a node. */
export interface CallNote {
  readonly endpoint: Endpoint;
  readonly method: string;
}

/** Where the chain stands. */
export interface Position {
  readonly slot: number;
  readonly confirmedSlot: number;
  readonly finalizedSlot: number;
  readonly height: number;
}

/** Every command, with what it takes and answers. */
export interface Commands {
  /** Where the chain stands now. */
  position(): Position;
  /** Lets slots pass without the clock. */
  advanceSlots(order: { readonly slots: number }): Position;
  /** Lets slots pass until all that landed so far is confirmed. */
  confirm(): Position;
  /** Lets slots pass until all that landed so far is finalized. */
  finalize(): Position;
  /** Lets slots pass until every blockhash given so far is too old, for finalized blocks too. */
  expireBlockhashes(): Position;
  /** How many slots behind the newest block each level is from now on. */
  setFinality(order: Finality): void;
  /** How far the replica is behind from now on. */
  setReplicaLag(order: { readonly slots: number }): void;
  /** What recent blocks took, in micro-lamports per compute unit. */
  setPriorityFee(order: { readonly microLamports: number }): void;
  /**
   * Gives up the last blocks, or those from a transaction's own on, with what is in them; `relands` puts
   * back, into the next block, what has an older blockhash. Answers the signatures of what was undone;
   * refuses to undo what is finalized.
   */
  rollback(
    order: ({ readonly blocks: number } | { readonly from: string }) & {
      readonly relands?: boolean;
    },
  ): readonly string[];

  /** The mints that were made, test USDC and IO first. */
  mints(): readonly MadeMint[];
  makeMint(order: MintOrder): MadeMint;
  /** Gives SOL. */
  fund(order: { readonly to: string; readonly lamports: string }): { readonly signature: string };
  /** Mints to a wallet's associated token account, which it makes where there is none. */
  mintTo(order: {
    readonly owner: string;
    /** `USDC`, `IO`, or a mint's address. */
    readonly mint: string;
    readonly units: string;
  }): Promise<{ readonly signature: string; readonly tokenAccount: string }>;
  /** Freezes a token account as its mint's issuer does. */
  freeze(order: { readonly account: string }): { readonly signature: string };
  thaw(order: { readonly account: string }): { readonly signature: string };
  /** Makes an account vanish, as if its owner had emptied and closed it; no transaction tells of it. */
  closeAccount(order: { readonly account: string }): void;

  /** Answers the next matching requests with this HTTP status, without acting: 429, 503. */
  failRequests(
    order: FaultOrder & { readonly status: number; readonly retryAfterSeconds?: number },
  ): void;
  /** Answers the next matching calls with this JSON-RPC error, without acting. */
  failCalls(order: FaultOrder & { readonly code: number; readonly message: string }): void;
  /** Closes the connection of the next matching requests after they took effect. */
  dropAnswers(order?: FaultOrder): void;
  /** Keeps the answers of the next matching requests back after they took effect. */
  holdAnswers(order?: FaultOrder): void;
  /** Lets held answers go. Answers how many. */
  releaseAnswers(): number;
  /** The next transactions are accepted, and never land. */
  loseTransactions(order?: { readonly times?: number }): void;
  /** The next transactions are accepted, and land so many slots later, or when let go. */
  delayTransactions(order?: { readonly slots?: number; readonly times?: number }): void;
  /** Lets all that is delayed land now, as far as its blockhash is good. Answers the signatures. */
  landDelayed(): readonly string[];
  /** Nodes leave these out of histories, or know nothing of them. */
  hideTransactions(order: HideOrder): void;
  /** Nodes tell of a transaction as one of this version, which no client reads. */
  disguiseVersion(order: { readonly signature: string; readonly version: number }): void;
  /** Nodes tell of a transaction in bytes that cannot be decoded. */
  garbleTransaction(order: { readonly signature: string }): void;
  /** Nodes tell of all transactions, and rightly. */
  revealTransactions(): void;
  /** Nothing goes wrong any more; what is held or delayed stays so. */
  clearFaults(): void;

  /** The oracle: what really came to a token account and went, oldest first. */
  movements(order: { readonly account: string }): readonly Movement[];
  /** The calls that came to the nodes, in order; the newest ten thousand. */
  calls(): readonly CallNote[];
}

export interface Parts {
  readonly chain: Chain;
  readonly issuer: Issuer;
  readonly faults: Faults;
  readonly replica: { slotsBehind: number };
  readonly calls: readonly CallNote[];
}

const heightsUntilExpiry = 151;

const slotCommands = ({ chain, replica }: Parts) => {
  const { slots } = chain;
  const position = (): Position => {
    const slot = slots.reached('processed');
    const [confirmedSlot, finalizedSlot] = [slots.reached('confirmed'), slots.reached('finalized')];
    return { slot, confirmedSlot, finalizedSlot, height: slots.height(slot) };
  };
  const firstUndone = (order: { readonly blocks: number } | { readonly from: string }): number => {
    if ('from' in order) {
      const landed = chain.find(order.from);
      if (landed === undefined) throw new Error(`no transaction ${order.from} is in a block`);
      return landed.slot;
    }
    let first = slots.reached('processed');
    for (let left = order.blocks; left > 1; left -= 1) first = slots.blockAt(first - 1);
    return first;
  };
  const advanceUntil = (isDone: () => boolean): Position => {
    while (!isDone()) slots.advance(1);
    chain.settle();
    return position();
  };
  return {
    position,
    advanceSlots: ({ slots: count }) => {
      slots.advance(count);
      chain.settle();
      return position();
    },
    confirm: () => {
      const newest = slots.reached('processed');
      return advanceUntil(() => slots.reached('confirmed') >= newest);
    },
    finalize: () => {
      const newest = slots.reached('processed');
      return advanceUntil(() => slots.reached('finalized') >= newest);
    },
    expireBlockhashes: () => {
      const height = slots.height(slots.reached('processed')) + heightsUntilExpiry;
      return advanceUntil(() => slots.height(slots.reached('finalized')) >= height);
    },
    setFinality: (finality) => {
      slots.finality = finality;
    },
    setReplicaLag: ({ slots: slotsBehind }) => {
      replica.slotsBehind = slotsBehind;
    },
    setPriorityFee: ({ microLamports }) => {
      chain.priorityFee = microLamports;
    },
    rollback: ({ relands = false, ...order }) => chain.rollback(firstUndone(order), relands),
  } satisfies Partial<Commands>;
};

const moneyCommands = ({ chain, issuer }: Parts) => {
  const mintOf = (name: string): Address => {
    if (name === 'USDC') return issuer.usdc.mint;
    return name === 'IO' ? issuer.io.mint : address(name);
  };
  return {
    mints: () => issuer.mints(),
    makeMint: (order) => issuer.makeMint(order),
    fund: ({ to, lamports }) => ({ signature: issuer.fund(address(to), BigInt(lamports)) }),
    mintTo: async ({ owner, mint, units }) => {
      const tokenAccount = await issuer.tokenAccountOf(address(owner), mintOf(mint));
      const amount = BigInt(units);
      const signature = issuer.mintTo(address(owner), tokenAccount, mintOf(mint), amount);
      return { signature, tokenAccount };
    },
    freeze: ({ account }) => ({ signature: issuer.setFrozen(address(account), true) }),
    thaw: ({ account }) => ({ signature: issuer.setFrozen(address(account), false) }),
    closeAccount: ({ account }) => chain.overwrite(address(account), undefined),
  } satisfies Partial<Commands>;
};

const faultCommands = ({ chain, faults }: Parts) =>
  ({
    failRequests: ({ status, retryAfterSeconds = 1, ...order }) =>
      faults.add(order, { kind: 'status', status, retryAfterSeconds }),
    failCalls: ({ code, message, ...order }) =>
      faults.add(order, { kind: 'error', error: new RpcError(code, message) }),
    dropAnswers: (order = {}) => faults.add(order, { kind: 'drop' }),
    holdAnswers: (order = {}) => faults.add(order, { kind: 'hold' }),
    releaseAnswers: () => faults.release(),
    loseTransactions: ({ times = 1 } = {}) => faults.addFate({ kind: 'lose' }, times),
    delayTransactions: ({ slots = Infinity, times = 1 } = {}) =>
      faults.addFate({ kind: 'delay', slots }, times),
    landDelayed: () => chain.letGo(),
    hideTransactions: (order) => faults.hide(order),
    disguiseVersion: ({ signature, version }) => faults.disguise(signature, version),
    garbleTransaction: ({ signature }) => faults.garble(signature),
    revealTransactions: () => faults.reveal(),
    clearFaults: () => faults.clear(),
  }) satisfies Partial<Commands>;

/** The commands of one local chain. */
export const commandsOf = (parts: Parts): Commands => ({
  ...slotCommands(parts),
  ...moneyCommands(parts),
  ...faultCommands(parts),
  movements: ({ account }) => movementsOf(parts.chain, address(account)),
  calls: () => parts.calls,
});
