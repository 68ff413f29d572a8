/**
 * One call of a node's interface: which node is asked, and its parameters, read and refused as a node
 * does. A node is a view of the chain: so many slots behind, with what it was told to hide.
 */
import { type Address, isAddress } from '@solana/kit';
import * as z from 'zod';
import type { Chain } from '../chain/chain.ts';
import type { Landed } from '../chain/landed.ts';
import type { Commitment } from '../chain/slots.ts';
import { invalidParams, minContextSlotNotReached } from './rpc-error.ts';

export type Endpoint = 'primary' | 'replica';

/** How a node answers about a transaction otherwise than it should. */
export interface Distortions {
  /** It is missing from histories of this node, for whatever reason. */
  hidesFromHistory(signature: string, endpoint: Endpoint): boolean;
  /** This node knows nothing of it at all. */
  hides(signature: string, endpoint: Endpoint): boolean;
  /** It is told as one of this version, which nobody can read yet. */
  versionOf(signature: string): number | undefined;
  /** Its bytes are told wrongly. */
  garbles(signature: string): boolean;
}

export interface RpcNode {
  readonly chain: Chain;
  readonly endpoint: Endpoint;
  readonly slotsBehind: () => number;
  readonly distortions: Distortions;
  /** What becomes of a transaction that the node passes on. */
  readonly forward: (wire: Landed['wire']) => void;
  /** Makes a faucet's transfer, and answers its signature. */
  readonly airdrop: (to: Address, lamports: bigint) => string;
}

const optionsSchema = z.looseObject({
  commitment: z.enum(['processed', 'confirmed', 'finalized']).nullish(),
  minContextSlot: z.number().int().nonnegative().nullish(),
});

export class Call {
  readonly node: RpcNode;
  readonly params: readonly unknown[];

  constructor(node: RpcNode, params: readonly unknown[]) {
    this.node = node;
    this.params = params;
  }

  /** The parameter at this place in this form; throws `-32602` otherwise. */
  param<T extends z.ZodType>(index: number, schema: T): z.infer<T> {
    const parsed = schema.safeParse(this.params[index]);
    if (parsed.success) return parsed.data;
    throw invalidParams(`Invalid params: ${z.prettifyError(parsed.error)}`);
  }

  address(index: number): Address {
    return asAddress(this.param(index, z.string()));
  }

  /** The object of options at this place; unknown ones are ignored, as a node does. */
  options<T extends z.ZodObject>(index: number, schema: T): z.infer<T> {
    return this.param(index, schema.nullish()) ?? schema.parse({});
  }

  /** The newest block of this level that the node has seen. */
  reached(commitment: Commitment): number {
    return this.node.chain.slots.reached(commitment, this.node.slotsBehind());
  }

  /** The slot to answer as of: of the commitment asked for, `finalized` unless told. */
  slot(optionsAt: number): number {
    const options = this.options(optionsAt, optionsSchema);
    const slot = this.reached(options.commitment ?? 'finalized');
    if (slot < (options.minContextSlot ?? 0)) throw minContextSlotNotReached(slot);
    return slot;
  }

  /** A value with the slot that it is of. */
  answer(slot: number, value: unknown): unknown {
    return { context: { apiVersion: apiVersion, slot }, value };
  }

  /** The transaction, where this node has it at this level. */
  find(signature: string, commitment: Commitment): Landed | undefined {
    const { chain, endpoint, distortions } = this.node;
    const landed = chain.find(signature);
    if (landed === undefined || landed.slot > this.reached(commitment)) return undefined;
    return distortions.hides(signature, endpoint) ? undefined : landed;
  }
}

export type Method = (call: Call) => unknown;

/** What the nodes say that they run. */
export const apiVersion = '4.1.2';

/** A base58 address of 32 bytes; throws `-32602` for anything else. */
export const asAddress = (text: string): Address => {
  if (!isAddress(text)) throw invalidParams('Invalid param: Invalid');
  return text;
};
