/**
 * Counts what each organisation has and owes by the writes of each commit, as they happen, and notices a
 * state that must never be committed: less than nothing (I3), or credit beside a debt (I17).
 */
import type { Write } from '../../../shared/core/database.ts';

export class CreditWitness {
  readonly #available = new Map<string, bigint>();
  readonly #owed = new Map<string, bigint>();

  /** What an organisation owes now, in micro-dollars. */
  owedBy(organisation: string): bigint {
    return this.#owed.get(organisation) ?? 0n;
  }

  /** Sees one commit; answers what is wrong with the state that it leaves. */
  see(writes: readonly Write[]): readonly string[] {
    const touched = new Set<string>();
    for (const write of writes) {
      const [, kind, organisation] = /^A#(cust|debt):([^#]+)#/.exec(write.key.pk) ?? [];
      if (write.kind !== 'update' || kind === undefined || organisation === undefined) continue;
      const add = (name: string): bigint => BigInt(write.add?.[name] ?? 0);
      const [sums, units] =
        kind === 'cust' ? [this.#available, add('available')] : [this.#owed, -add('posted')];
      sums.set(organisation, (sums.get(organisation) ?? 0n) + units);
      touched.add(organisation);
    }
    return [...touched].flatMap((organisation) => this.#wrongAbout(organisation));
  }

  #wrongAbout(organisation: string): readonly string[] {
    const available = this.#available.get(organisation) ?? 0n;
    const owed = this.owedBy(organisation);
    if (available < 0n || owed < 0n) return [`I3: ${organisation} is beyond zero`];
    if (available === 0n || owed === 0n) return [];
    return [`I17: ${organisation} owes ${owed} and has ${available} available`];
  }
}
