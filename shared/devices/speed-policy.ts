/**
 * How much a speed test sends, and which rates make which speed class: 1 MiB down and 3 MiB up a day, for
 * an idle device may cost five cents a month in all. By stage; docs/decisions has the reasons. Pure.
 */
import { minuteMs, secondMs } from '../core/time.ts';
import type { ConnectivityTier } from './speed-schemas.ts';

export interface SpeedPolicy {
  /** Empty exchanges before anything is measured. */
  readonly pings: number;
  /** A transfer is cut in parts, for the first ones are slow: a connection learns what its line carries. */
  readonly downParts: number;
  readonly downPartBytes: number;
  readonly upParts: number;
  readonly upPartBytes: number;
  /** Most of a round trip that is taken out of a transfer's time. */
  readonly roundTripMsMax: number;
  readonly finishWithinSeconds: number;
  /** The classes' rates in percent of the real ones. */
  readonly ratePercent: number;
}

const kib = 1024;

/** No part is larger, on any stage: a Lambda takes 6 MB, and base64 makes four bytes of three. */
export const speedPartBytesMax = 1024 * kib;

const realPolicy: SpeedPolicy = {
  pings: 6,
  downParts: 4,
  downPartBytes: 256 * kib,
  upParts: 3,
  upPartBytes: speedPartBytesMax,
  roundTripMsMax: 500,
  finishWithinSeconds: (2 * minuteMs) / secondMs,
  ratePercent: 100,
};

/** On one machine the emulator is the line: it carries a hundredth of what a gateway does. */
const localPolicy: SpeedPolicy = { ...realPolicy, ratePercent: 1 };

/** The policy of a stage. */
export const speedPolicyOf = (stage: string): SpeedPolicy =>
  stage === 'local' ? localPolicy : realPolicy;

/** Least rates of each class, kilobits per second, fastest first. */
const classes: readonly {
  readonly tier: ConnectivityTier;
  readonly downKbps: number;
  readonly upKbps: number;
}[] = [
  { tier: 4, downKbps: 1_600_000, upKbps: 1_200_000 },
  { tier: 3, downKbps: 800_000, upKbps: 600_000 },
  { tier: 2, downKbps: 400_000, upKbps: 300_000 },
  { tier: 1, downKbps: 100_000, upKbps: 10_000 },
];

/** The speed class of a line with these rates: the highest whose both rates it reaches; 0 below all. */
export const tierOf = (
  line: { readonly downKbps: number; readonly upKbps: number },
  { ratePercent }: Pick<SpeedPolicy, 'ratePercent'>,
): ConnectivityTier => {
  const reached = classes.find(
    ({ downKbps, upKbps }) =>
      100 * line.downKbps >= ratePercent * downKbps && 100 * line.upKbps >= ratePercent * upKbps,
  );
  return reached?.tier ?? 0;
};
