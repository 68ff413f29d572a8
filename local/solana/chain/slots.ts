/**
 * The chain's time: which slots have blocks, how high they stand, what their blockhashes are, and how
 * far each commitment level reaches. A slot passes every 400 ms of the given clock, or when asked for.
 * Slots are skipped and abandoned as on the real chain, so a height is never a slot.
 */
import { createHash } from 'node:crypto';
import { type Blockhash, getBase58Decoder } from '@solana/kit';

export type Commitment = 'processed' | 'confirmed' | 'finalized';

/** How many slots behind the newest block each level reaches. */
export interface Finality {
  readonly confirmedAfterSlots: number;
  readonly finalizedAfterSlots: number;
}

const slotMs = 400;
const firstSlot = 400_000_001;
const firstHeight = 378_000_000;
/** Every 20th slot has no block: its leader was away. */
const skippedEvery = 20;
/** A transaction may land this many blocks after the one that its blockhash names. */
export const blockhashAgeMax = 150;
/** Blockhashes of so many slots are remembered; more than the age above needs. */
const rememberedSlots = 400;

/** Slots after `from` until `to` inclusive, which no block of the chain stands on any more. */
interface Abandoned {
  readonly from: number;
  readonly to: number;
}

export class Slots {
  finality: Finality = { confirmedAfterSlots: 1, finalizedAfterSlots: 32 };
  readonly #nowMs: () => number;
  readonly #seed: string;
  #since: { slot: number; ms: number };
  readonly #abandoned: Abandoned[] = [];
  readonly #slotOf = new Map<string, number>();
  #rememberedTo = 0;
  #newest = firstSlot;

  constructor(nowMs: () => number, seed: string) {
    this.#nowMs = nowMs;
    this.#seed = seed;
    this.#since = { slot: firstSlot, ms: nowMs() };
  }

  /** When a block of this slot is made, epoch seconds, rounded down; now for a slot before the last jump. */
  secondsOf(slot: number): number {
    const { slot: since, ms } = this.#since;
    const at = slot < since ? this.#nowMs() : ms + (slot - since) * slotMs;
    return Math.floor(at / 1000);
  }

  /** The newest slot, with a block or without. It never goes back. */
  current(): number {
    const { slot, ms } = this.#since;
    const now = this.#nowMs();
    const reached = slot + Math.floor((now - ms) / slotMs);
    // A clock that was set back does not take the chain back.
    if (reached < this.#newest) this.#since = { slot: this.#newest, ms: now };
    this.#newest = Math.max(this.#newest, reached);
    return this.#newest;
  }

  /** Lets slots pass without the clock. */
  advance(slots: number): void {
    this.#since = { slot: this.current() + slots, ms: this.#nowMs() };
  }

  #hasBlock(slot: number): boolean {
    if (slot % skippedEvery === 0 || slot < firstSlot) return false;
    return !this.#abandoned.some(({ from, to }) => slot > from && slot <= to);
  }

  /** The newest slot with a block that is no newer than this. */
  blockAt(slot: number): number {
    let at = Math.max(slot, firstSlot);
    while (!this.#hasBlock(at)) {
      const within = this.#abandoned.find(({ from, to }) => at > from && at <= to);
      at = within === undefined ? at - 1 : within.from;
    }
    return at;
  }

  /** The newest block that has reached this level, seen by a node that is so many slots behind. */
  reached(commitment: Commitment, slotsBehind = 0): number {
    const { confirmedAfterSlots, finalizedAfterSlots } = this.finality;
    const distance = {
      processed: 0,
      confirmed: confirmedAfterSlots,
      finalized: finalizedAfterSlots,
    };
    return this.blockAt(this.current() - slotsBehind - distance[commitment]);
  }

  /** The level that a block has reached for such a node, or undefined where it has not seen it. */
  levelOf(slot: number, slotsBehind = 0): Commitment | undefined {
    const levels = ['finalized', 'confirmed', 'processed'] as const;
    return levels.find((level) => slot <= this.reached(level, slotsBehind));
  }

  /** How many blocks stand before this slot's. */
  height(slot: number): number {
    const blocksTo = (last: number) => last - Math.floor(last / skippedEvery);
    const lost = this.#abandoned.reduce(
      (sum, { from, to }) =>
        slot > from ? sum + blocksTo(Math.min(slot, to)) - blocksTo(from) : sum,
      0,
    );
    return firstHeight + blocksTo(slot) - blocksTo(firstSlot) - lost;
  }

  /** The hash of a slot's block. No slot has two blocks: what is abandoned is never made again. */
  blockhash(slot: number): Blockhash {
    const hash = createHash('sha256').update(`${this.#seed}:${slot}`).digest();
    return getBase58Decoder().decode(hash) as Blockhash;
  }

  /** The slot of a block whose hash may still be used, or undefined for a hash unknown or too old. */
  slotOfBlockhash(blockhash: string, newest = this.reached('processed')): number | undefined {
    this.#remember();
    const slot = this.#slotOf.get(blockhash);
    if (slot === undefined || slot > newest || !this.#hasBlock(slot)) return undefined;
    return this.height(newest) - this.height(slot) <= blockhashAgeMax ? slot : undefined;
  }

  #remember(): void {
    const tip = this.current();
    for (
      let slot = Math.max(this.#rememberedTo + 1, tip - rememberedSlots);
      slot <= tip;
      slot += 1
    ) {
      if (this.#hasBlock(slot)) this.#slotOf.set(this.blockhash(slot), slot);
    }
    this.#rememberedTo = tip;
    for (const [hash, slot] of this.#slotOf) {
      if (slot >= tip - rememberedSlots) break;
      this.#slotOf.delete(hash);
    }
  }

  /** Gives up all blocks after this slot; the chain goes on with a new one. */
  abandonAfter(slot: number): void {
    this.#abandoned.push({ from: slot, to: this.current() });
    do this.advance(1);
    while (!this.#hasBlock(this.current()));
  }
}
