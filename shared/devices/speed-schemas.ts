/**
 * What device and platform say to each other in a speed test. The command names the exchanges in their
 * order; the device makes them one after the other, over one connection that it keeps open, and each as
 * soon as it has the answer before it. An exchange whose answer was lost is sent again as it was.
 *
 * `ping` and `down` tell the SHA-256 of what a `down` before them brought, so that the clock stops when
 * all of it was received. `up` sends the keystream (shared/core/keystream.ts) of the seed that the answer
 * before it named, so that none of it can have been sent earlier.
 */
import * as z from 'zod';

const hex32Schema = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits');

/** Speed classes of the line between a device and the platform, slowest first; 0 cannot be hired. */
export const tierSchema = z.literal([0, 1, 2, 3, 4]);
export type ConnectivityTier = z.infer<typeof tierSchema>;

export const speedExchanges = ['ping', 'down', 'up'] as const;

/** Most exchanges of a test. */
export const speedExchangesMax = 64;
/** The place of an exchange among the test's. */
export const exchangeNumberSchema = z
  .int()
  .min(0)
  .max(speedExchangesMax - 1);

/** What the command `test_speed` carries beside the command's own fields. */
export const speedCommandMembers = {
  /** In their order; the number of an exchange is its place, from 0. */
  exchanges: z.array(z.enum(speedExchanges)).min(1).max(speedExchangesMax),
  /** Octets of each `down` and of each `up`. */
  down_bytes: z.int().min(1),
  up_bytes: z.int().min(1),
  /** Exchanges are refused later than this many seconds after issued_at. */
  finish_within_seconds: z.int().min(1),
};

/** POST /v1/agent/speed-tests/{test_id}/ping and .../down. */
export const speedExchangeSchema = z.strictObject({
  /** The exchange's number. */
  number: exchangeNumberSchema,
  /** SHA-256 of the octets that the exchange before brought; null unless that was a `down`. */
  received_sha256: hex32Schema.nullable(),
});

/**
 * The answer of `ping` and of PUT /v1/agent/speed-tests/{test_id}/up/{number}; `down` answers octets.
 * The body of `up` is octets: `up_bytes` of them.
 */
export const speedAnswerSchema = z
  .strictObject({
    /** Seed of the `up` that comes next; null where none does. */
    seed: hex32Schema.nullable(),
    /** How the test ended; null until its last exchange. */
    result: z
      .strictObject({
        tier: tierSchema,
        /** Kilobits per second. */
        down_kbps: z.int(),
        up_kbps: z.int(),
        round_trip_ms: z.int(),
      })
      .nullable(),
  })
  .meta({ id: 'SpeedTestAnswer' });

export type SpeedExchange = (typeof speedExchanges)[number];
export type SpeedAnswer = z.infer<typeof speedAnswerSchema>;
