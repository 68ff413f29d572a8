/**
 * How long proofs load a device, from the rules themselves: every GPU model that has a reference, at the
 * speed of that reference, through slots, roll calls and rechecks. Nothing is measured here; a device that
 * is slower than its reference fails, one that is faster is loaded for less time.
 */
import { hourMs } from '../../shared/core/time.ts';
import { models } from '../../shared/market/catalogue.ts';
import { uncalibrated } from '../../shared/proofs/calibration.ts';
import { type ProofPolicy, policyOf } from '../../shared/proofs/policy.ts';
import type { ProofLoad } from '../../shared/proofs/proof.ts';
import { loadOf } from '../../shared/proofs/proof-load.ts';
import {
  operationsOf,
  type Profile,
  walkBytesOf,
} from '../../shared/proofs/protocol/parameters.ts';
import { type Findings, lowerIsBetter, rounded } from './document.ts';

/** Any time after the first references took effect. */
const atMs = Date.UTC(2026, 11, 1);

/** Seconds of rounds and walk at the reference's speed. */
const secondsOf = ({ params, reference }: ProofLoad): number => {
  if (reference === null) return 0;
  const rounds = Number(operationsOf(params)) / (reference.gops * 1e9);
  return rounds + walkBytesOf(params) / (reference.mbps * 1e6);
};

/** Full proofs in an hour: those of slots, and rechecks where a day and a half brought none. */
const fullProofs = (calls: number, { fullOneIn, recheckAfterMs }: ProofPolicy): number => {
  const ofSlots = calls / fullOneIn;
  const hours = recheckAfterMs / hourMs;
  // The next one comes by chance, or after that time at the latest.
  return ofSlots / (1 - Math.exp(-ofSlots * hours));
};

/** Called by its cohort's draw, or by its model's roll call. */
const callsOf = ({ slotMinutes, oneIn, rollOneIn }: ProofPolicy): number =>
  (60 / slotMinutes) * (1 - (1 - 1 / oneIn) * (1 - 1 / rollOneIn));

const rowOf = (model: string, memoryGib: number, policy: ProofPolicy) => {
  const processor = {
    kind: 'gpu',
    model,
    claim: { memory_bytes: memoryGib * 2 ** 30 },
  } as const;
  const loadIn = (profile: Profile) => loadOf(processor, uncalibrated, profile, policy, atMs);
  const [light, full] = [loadIn(1), loadIn(2)];
  if (light === null || full === null) return [];
  const calls = callsOf(policy);
  const lightPerHour = calls * (1 - 1 / policy.fullOneIn);
  const fullPerHour = fullProofs(calls, policy);
  const seconds = lightPerHour * secondsOf(light) + fullPerHour * secondsOf(full);
  return [
    {
      what: `duty of ${model}`,
      light_s: rounded(secondsOf(light)),
      full_s: rounded(secondsOf(full)),
      duty_pct: rounded((100 * seconds) / 3_600),
    },
  ];
};

export const computeDuty = (): Findings => {
  const policy = policyOf('prod');
  const rows = models.flatMap(({ model, kind, memoryGib }) =>
    kind === 'gpu' && memoryGib !== null ? rowOf(model, memoryGib, policy) : [],
  );
  const samples = rows.map(({ duty_pct }) => duty_pct);
  return {
    figures: [
      lowerIsBetter({
        id: 'duty_pct',
        unit: '%',
        goal: 0.3,
        samples,
        value: Math.max(...samples),
      }),
    ],
    rows,
  };
};
