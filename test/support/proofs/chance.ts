/** Seeded chance for proofs: bytes and dice that follow from a text, which tests print when they fail. */
import { sha256, utf8 } from '../../../shared/proofs/protocol/bytes.ts';
import { chacha8Words } from '../../../shared/proofs/protocol/chacha8.ts';

const { floor } = Math;
const blockWords = 1024;

export class Chance {
  readonly #key: Uint8Array;
  readonly #words = new Uint32Array(blockWords);
  #block = 0;
  #at = blockWords;

  constructor(seed: string) {
    this.#key = sha256(utf8(seed));
  }

  /** A uniform word, 0..2^32-1. */
  word(): number {
    if (this.#at === blockWords) {
      chacha8Words(this.#key, this.#block, 0, 0, this.#words);
      this.#block += 1;
      this.#at = 0;
    }
    this.#at += 1;
    return this.#words[this.#at - 1] as number;
  }

  /** A whole number in 0..count-1. */
  below(count: number): number {
    return floor((this.word() * count) / 2 ** 32);
  }

  bytes(count: number): Uint8Array {
    const words = Uint32Array.from({ length: Math.ceil(count / 4) }, () => this.word());
    return new Uint8Array(words.buffer, 0, count);
  }

  /** Overwrites all bytes. */
  fill(bytes: Uint8Array): void {
    bytes.set(this.bytes(bytes.length));
  }

  /** `count` different whole numbers in 0..limit-1, in ascending order. */
  choose(count: number, limit: number): readonly number[] {
    const all = Array.from({ length: limit }, (_, at) => at);
    for (let at = 0; at < count; at += 1) {
      const other = at + this.below(limit - at);
      [all[at], all[other]] = [all[other] as number, all[at] as number];
    }
    return all.slice(0, count).sort((left, right) => left - right);
  }
}
