/** What a message means: every phase against every state, before and from the deadline on. */
import { type Meaning, meaningOf, type Phase } from '../../shared/proofs/message.ts';
import type { Proof } from '../../shared/proofs/proof.ts';
import { aFullLoad, aLoad } from './builders.ts';

const deadlineMs = 1_000;
const at = (more: Partial<Proof>): Proof =>
  ({
    load: aFullLoad(),
    h1: 'h1',
    laneRoot: null,
    openingDigest: null,
    status: 'committed',
    deadlineMs,
    ...more,
  }) as Proof;

const states = {
  'full, committed': at({}),
  'full, walked': at({ status: 'walked', laneRoot: 'root' }),
  'full, passed': at({ status: 'passed', laneRoot: 'root', openingDigest: 'bytes' }),
  'full, expired before its walk': at({ status: 'failed' }),
  'light, committed': at({ load: aLoad() }),
  'light, failed': at({ load: aLoad(), status: 'failed', openingDigest: 'bytes' }),
};
const own: Readonly<Record<Phase, string>> = { commit: 'h1', walk: 'root', opening: 'bytes' };

/** By state: what the same and what other content of each phase means in time. */
const table: Readonly<Record<keyof typeof states, Record<Phase, readonly [Meaning, Meaning]>>> = {
  'full, committed': {
    commit: ['replay', 'conflict'],
    walk: ['proceed', 'proceed'],
    opening: ['phase', 'phase'],
  },
  'full, walked': {
    commit: ['replay', 'conflict'],
    walk: ['replay', 'conflict'],
    opening: ['proceed', 'proceed'],
  },
  'full, passed': {
    commit: ['replay', 'final'],
    walk: ['replay', 'final'],
    opening: ['replay', 'final'],
  },
  'full, expired before its walk': {
    commit: ['replay', 'final'],
    walk: ['final', 'final'],
    opening: ['final', 'final'],
  },
  'light, committed': {
    commit: ['replay', 'conflict'],
    walk: ['phase', 'phase'],
    opening: ['proceed', 'proceed'],
  },
  'light, failed': {
    commit: ['replay', 'final'],
    walk: ['final', 'final'],
    opening: ['replay', 'final'],
  },
};

const rows = Object.entries(table).flatMap(([state, phases]) =>
  Object.entries(phases).map(([phase, meanings]) => [state, phase as Phase, ...meanings] as const),
);

describe('a message', () => {
  it.each(rows)(
    '%s: %s with the same content is %s, with other content %s',
    (state, phase, same, other) => {
      const proof = states[state as keyof typeof states];
      const meaning = (content: string, atMs: number) => meaningOf(proof, { phase, content, atMs });
      expect(meaning(own[phase], deadlineMs - 1)).toBe(same);
      expect(meaning('other', deadlineMs - 1)).toBe(other);
      // From the deadline on only repetitions and finished proofs are answered as before.
      const late = (known: Meaning): Meaning =>
        known === 'replay' || known === 'final' ? known : 'expired';
      expect(meaning(own[phase], deadlineMs)).toBe(late(same));
      expect(meaning('other', deadlineMs)).toBe(late(other));
    },
  );
});
