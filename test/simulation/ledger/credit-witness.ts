/**
 * Counts what each organisation has and owes, and our position in IO, by the writes of each commit, as they
 * happen, and notices a state that must never be committed: less than nothing (I3, I22), credit beside a debt
 * (I17), or a position that deposits brought beyond its limit.
 */
import type { Write } from '../../../shared/core/database.ts';
import { limitOfPosition } from './chain-desk.ts';

export class CreditWitness {
  readonly #available = new Map<string, bigint>();
  readonly #owed = new Map<string, bigint>();
  #position = 0n;
  #free = 0n;

  /** What an organisation owes now, in micro-dollars. */
  owedBy(organisation: string): bigint {
    return this.#owed.get(organisation) ?? 0n;
  }

  /** Sees one commit; answers what is wrong with the state that it leaves. */
  see(writes: readonly Write[]): readonly string[] {
    const touched = new Set<string>();
    const wrong = this.#seePosition(writes);
    for (const write of writes) {
      const [, kind, organisation] = /^A#(cust|debt):([^#]+)#/.exec(write.key.pk) ?? [];
      if (write.kind !== 'update' || kind === undefined || organisation === undefined) continue;
      const add = (name: string): bigint => BigInt(write.add?.[name] ?? 0);
      const [sums, units] =
        kind === 'cust' ? [this.#available, add('available')] : [this.#owed, -add('posted')];
      sums.set(organisation, (sums.get(organisation) ?? 0n) + units);
      touched.add(organisation);
    }
    return [...wrong, ...[...touched].flatMap((organisation) => this.#wrongAbout(organisation))];
  }

  #seePosition(writes: readonly Write[]): readonly string[] {
    const update = writes.find(({ key }) => key.pk === 'A#fx:io#0');
    if (update?.kind !== 'update') return [];
    this.#position += BigInt(update.add?.['posted'] ?? 0);
    this.#free += BigInt(update.add?.['available'] ?? 0);
    const credits = writes.some(
      ({ kind, key }) => kind === 'put' && /^T#(sol|claim):.*:io$/.test(key.pk),
    );
    return [
      ...(this.#free < 0n ? ['I22: our position is below zero'] : []),
      ...(credits && this.#position > limitOfPosition ? ['the position is beyond its limit'] : []),
    ];
  }

  #wrongAbout(organisation: string): readonly string[] {
    const available = this.#available.get(organisation) ?? 0n;
    const owed = this.owedBy(organisation);
    if (available < 0n || owed < 0n) return [`I3: ${organisation} is beyond zero`];
    if (available === 0n || owed === 0n) return [];
    return [`I17: ${organisation} owes ${owed} and has ${available} available`];
  }
}
