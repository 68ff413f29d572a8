/**
 * A world of suppliers under the rules of Proof of Compute: machines with some real GPUs, the identities
 * that they registered, slots, rechecks, judged hours and the search for suspects. Every rule is the
 * product's own; only time and the GPUs are simulated: several calls at once are worked off one after
 * the other, and the verdict on each is `decide`. One number seeds everything.
 */
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import { uncalibrated } from '../../../shared/proofs/calibration.ts';
import {
  type Cohort,
  cohortIdOf,
  mergedCohorts,
  mergedPlace,
  ownCohort,
} from '../../../shared/proofs/cohort.ts';
import type { CallOutcome, HourCall } from '../../../shared/proofs/gate.ts';
import { challengeCalls, judgeHour } from '../../../shared/proofs/judge-hour.ts';
import {
  firstPlace,
  latestValue,
  type Place,
  slotCallOf,
  slotsOfHour,
  valueAt,
} from '../../../shared/proofs/place.ts';
import { type ProofPolicy, protocolPolicy } from '../../../shared/proofs/policy.ts';
import {
  newRecord,
  type ProcessorRecord,
  recordAfter,
} from '../../../shared/proofs/processor-record.ts';
import { loadOf } from '../../../shared/proofs/proof-load.ts';
import { decide } from '../../../shared/proofs/protocol/decide.ts';
import { operationsOf, type Profile } from '../../../shared/proofs/protocol/parameters.ts';
import { slotIdAt, slotSeedOf } from '../../../shared/proofs/protocol/slot.ts';
import { needsRecheck, recheckRoundOf } from '../../../shared/proofs/recheck.ts';
import {
  type CallHistory,
  emptyHistory,
  noteCall,
  suspectGroups,
  suspectPairs,
  suspicionWindow,
} from '../../../shared/proofs/suspicion.ts';
import { seededRandomness, startMs } from '../../support/runtime.ts';

/** Some identities on some real GPUs. */
export interface Rig {
  /** Real GPUs. */
  readonly gpus: number;
  /** What a GPU reaches, in hundredths of the reference. */
  readonly speedPercent: number;
  /** Share of answers that are lost on the way, in thousandths. */
  readonly lostPermil: number;
  readonly identities: readonly {
    readonly owner: number;
    readonly model: string;
    /** Its egress network. */
    readonly network: string;
  }[];
}

interface Identity {
  readonly rig: Rig;
  readonly owner: `org_${string}`;
  readonly deviceId: `dev_${string}`;
  readonly model: string;
  /** Its place in the order in which the rig answers. */
  readonly rank: number;
  place: Place;
  record: ProcessorRecord;
  history: CallHistory;
  calls: HourCall[];
  /** Hours after the start that were paid. */
  readonly paidHours: number[];
  /** Hours after the start at which suspicion merged it; null: never. */
  mergedAtHour: number | null;
}

const padded = (number: number): string => String(number).padStart(26, '0');
const suspectEveryHours = 6;
const window = suspicionWindow(startMs + 30 * 24 * hourMs, protocolPolicy.slotMinutes);

/** Uniform numbers below `bound` that follow from the seed. */
const chanceOf = (seed: string) => {
  const randomness = seededRandomness(seed);
  let buffer: Uint8Array = new Uint8Array();
  let at = 0;
  return (bound: number): number => {
    if (at + 4 > buffer.length) [buffer, at] = [randomness.bytes(4096), 0];
    const word = new DataView(buffer.buffer, buffer.byteOffset + at, 4).getUint32(0, true);
    at += 4;
    return Math.floor((word / 2 ** 32) * bound);
  };
};

export class World {
  readonly identities: readonly Identity[];
  readonly #policy: ProofPolicy;
  readonly #dayKey: Uint8Array;
  readonly #chance: (bound: number) => number;
  readonly #cohorts = new Map<string, Cohort>();
  readonly #rounds = new Set<string>();
  #hour = 0;

  constructor(seed: number, rigs: readonly Rig[], policy: ProofPolicy = protocolPolicy) {
    this.#policy = policy;
    this.#dayKey = seededRandomness(`day ${seed}`).bytes(32);
    this.#chance = chanceOf(`chance ${seed}`);
    let number = 0;
    this.identities = rigs.flatMap((rig) =>
      rig.identities.map(({ owner, model, network }, rank) => {
        number += 1;
        const organisationId = `org_${padded(owner)}` as const;
        const deviceId = `dev_${padded(number)}` as const;
        this.#cohorts.set(organisationId, ownCohort(organisationId));
        const fresh = newRecord(
          { id: `prc_${padded(number)}`, deviceId, model, kind: 'gpu' },
          organisationId,
        );
        const verified = { provedAtMs: startMs - hourMs, countsFromMs: startMs };
        return {
          rig,
          owner: organisationId,
          deviceId,
          model,
          rank,
          place: firstPlace(deviceId, { cohort: organisationId, group: network, parts: 1 }),
          record: { ...fresh, ...verified },
          history: emptyHistory(deviceId, window),
          calls: [],
          paidHours: [],
          mergedAtHour: null,
        };
      }),
    );
  }

  /** Plays so many hours; at most thirty days in all, which is how far suspicion looks back. */
  play(hours: number): void {
    for (let played = 0; played < hours; played += 1) {
      const fromMs = startMs + this.#hour * hourMs;
      for (const opensAtMs of slotsOfHour(fromMs, this.#policy)) this.#openSlot(opensAtMs);
      this.#recheck(fromMs + 55 * minuteMs);
      this.#judge(fromMs);
      this.#hour += 1;
      if (this.#hour % suspectEveryHours === 0) this.#suspect(startMs + this.#hour * hourMs);
    }
  }

  #openSlot(opensAtMs: number): void {
    const seed = slotSeedOf(this.#dayKey, slotIdAt(opensAtMs));
    const called = this.identities.flatMap((identity) => {
      const place = valueAt(identity.place.value, opensAtMs);
      const call = slotCallOf(
        { seed },
        { place, model: identity.model, hired: null },
        this.#policy,
      );
      return call.called ? [{ identity, call }] : [];
    });
    const profiles = new Map(called.map(({ identity, call }) => [identity, call.profile]));
    const outcomes = this.#answer(profiles, opensAtMs);
    for (const { identity, call } of called) {
      const outcome = outcomes.get(identity) ?? 'missed';
      const { profile, rollCall } = call;
      identity.calls.push({ atMs: opensAtMs, source: 'slot', profile, rollCall, outcome });
      noteCall(identity.history, window, { atMs: opensAtMs, passed: outcome === 'passed' });
    }
  }

  /**
   * Each rig answers its calls, the most profitable identity first: one that is shut out for longer than
   * this day's hours comes last. A GPU that serves several works them off one after the other.
   */
  #answer(profiles: ReadonlyMap<Identity, Profile>, atMs: number): Map<Identity, CallOutcome> {
    const outcomes = new Map<Identity, CallOutcome>();
    const queues = Map.groupBy(profiles.keys(), ({ rig }) => rig);
    for (const [rig, queue] of queues) {
      const worth = ({ record, rank }: Identity): number =>
        ((record.excludedUntilMs ?? 0) > atMs + 2 * hourMs ? 1e6 : 0) + rank;
      const ordered = [...queue].sort((a, b) => worth(a) - worth(b));
      ordered.forEach((identity, index) => {
        const turn = Math.floor(index / rig.gpus) + 1;
        const profile = profiles.get(identity) ?? 1;
        const lost = this.#chance(1000) < rig.lostPermil;
        outcomes.set(identity, lost ? 'missed' : this.#verdict(identity, profile, turn));
      });
    }
    return outcomes;
  }

  /** The product's verdict on the work that is done in the n-th turn of a GPU. */
  #verdict({ rig, model }: Identity, profile: Profile, turn: number): CallOutcome {
    const processor = { kind: 'gpu', model, claim: { memory_bytes: 0 } } as const;
    const load = loadOf(processor, uncalibrated, profile, this.#policy, startMs);
    if (!load?.reference) throw new Error(`${model} has no reference`);
    const { params, reference } = load;
    const speed = (reference.gops * 1e6 * rig.speedPercent) / 100;
    const t1 = Math.ceil((turn * Number(operationsOf(params))) / speed) + 100;
    if (t1 >= load.commitWithinMs) return 'missed';
    const times = { t0: 0, t1, t1b: t1, t2: t1 + 1 };
    return decide({ params, reference, times }).verdict;
  }

  #recheck(nowMs: number): void {
    const groups = Map.groupBy(this.identities, ({ place }) => valueAt(place.value, nowMs).group);
    for (const [group, members] of groups) {
      const round = recheckRoundOf(group, nowMs);
      if (this.#rounds.has(round)) continue;
      if (!members.some(({ record }) => needsRecheck(record, nowMs, this.#policy))) continue;
      this.#rounds.add(round);
      const outcomes = this.#answer(new Map(members.map((one) => [one, 2])), nowMs);
      for (const [identity, outcome] of outcomes) {
        const passed = outcome === 'passed';
        const ended = {
          atMs: nowMs,
          purpose: 'recheck',
          profile: 2,
          passed,
          reason: passed ? null : 'too_slow',
          metrics: null,
          committed: true,
          wholeGroup: true,
        } as const;
        identity.record = recordAfter(identity.record, ended, this.#policy, nowMs);
      }
    }
  }

  #judge(fromMs: number): void {
    for (const identity of this.identities) {
      const calls = [...identity.calls, ...challengeCalls(identity.record, fromMs)];
      const hour = { startMs: fromMs, calls, hired: [] };
      const judgement = judgeHour(identity.record, hour, this.#policy);
      if (!judgement) throw new Error('an hour that was not judged');
      identity.record = judgement.record;
      identity.calls = [];
      if (judgement.reason === null) identity.paidHours.push(this.#hour);
    }
  }

  #suspect(nowMs: number): void {
    const groups = suspectGroups(suspectPairs(this.identities.map(({ history }) => history)));
    for (const deviceIds of groups) {
      const suspects = this.identities.filter(({ deviceId }) => deviceIds.includes(deviceId));
      const names = suspects.map(({ owner }) => this.#cohortOf(owner).id);
      const owners = new Set(names.flatMap((name) => this.#named(name).organisationIds));
      for (const changed of mergedCohorts([...owners].map((owner) => this.#named(owner)))) {
        this.#cohorts.set(changed.id, changed);
      }
      for (const identity of this.identities.filter(({ owner }) => owners.has(owner))) {
        const isSuspect = suspects.includes(identity);
        const cohort = this.#cohortOf(identity.owner);
        identity.place = mergedPlace(identity.place, cohort, isSuspect, nowMs);
        if (isSuspect) identity.mergedAtHour ??= this.#hour;
      }
    }
  }

  #named(name: string): Cohort {
    const cohort = this.#cohorts.get(name);
    if (!cohort) throw new Error(`no cohort ${name}`);
    return cohort;
  }

  #cohortOf(owner: string): Cohort {
    return this.#named(cohortIdOf(this.#named(owner)));
  }

  /** Hours paid from `fromHour` on to the identities of this rig, per real GPU and hour. */
  paidPerGpu(rig: Rig, fromHour = 0, untilHour = this.#hour): number {
    const paid = this.identities
      .filter((identity) => identity.rig === rig)
      .flatMap(({ paidHours }) => paidHours)
      .filter((hour) => hour >= fromHour && hour < untilHour).length;
    return paid / rig.gpus / (untilHour - fromHour);
  }

  /** When the first of the rig's identities was merged, in hours; null: none was. */
  mergedAtHour(rig: Rig): number | null {
    const hours = this.identities
      .filter((identity) => identity.rig === rig)
      .flatMap(({ mergedAtHour }) => mergedAtHour ?? []);
    return hours.length === 0 ? null : Math.min(...hours);
  }

  /** Whether all identities of the rig are called as one cohort by now. */
  isOneCohort(rig: Rig): boolean {
    const mine = this.identities.filter((identity) => identity.rig === rig);
    return new Set(mine.map(({ place }) => latestValue(place.value).cohort)).size === 1;
  }
}
