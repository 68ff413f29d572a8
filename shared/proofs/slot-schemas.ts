/** What crosses the boundary about slots: the public beacon, and what an agent has to do in them. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { isoSchema } from '../core/wire.ts';
import { hex32Schema, proofClaimSchema, proofParametersSchema } from './schemas.ts';

const rates = {
  /** One slot of so many calls a part of a cohort. */
  one_in: z.int().min(1),
  /** One slot of so many is full, for everybody. */
  full_one_in: z.int().min(1),
  /** One slot of so many calls every processor of a model. */
  roll_one_in: z.int().min(1),
};

/** GET /v1/proofs/slots/{slot_id}: never changes once the slot is open. */
export const slotSchema = z
  .strictObject({
    /** `YYYY-MM-DDTHH:MM:SSZ`. */
    id: z.string().meta({ example: '2026-11-22T18:00:00Z' }),
    opens_at: isoSchema,
    seed: hex32Schema,
    ...rates,
  })
  .meta({ id: 'ProofSlot' });

export const slotParams = z.strictObject({
  slot_id: z.string().max(32).meta({ example: '2026-11-22T18:00:00Z' }),
});

/** GET /v1/proofs/days/{date}. */
export const daySchema = z
  .strictObject({
    date: z.iso.date(),
    /** Of the key of the day, from the day before on. */
    sha256: hex32Schema,
    /** From ten minutes into the day after on: the seed of a slot is HMAC-SHA256(key, slot id). */
    key: hex32Schema.optional(),
  })
  .meta({ id: 'ProofDay' });

export const dayParams = z.strictObject({
  date: z.string().max(32).meta({ example: '2026-11-22' }),
});

/** GET /v1/proofs/receipt-keys. */
export const receiptKeysSchema = z
  .strictObject({
    keys: z.array(
      z.strictObject({
        /** First 16 hexadecimal digits of the SHA-256 of the public key. */
        kid: z.string(),
        /** Ed25519, 32 bytes. */
        public_key: hex32Schema,
        /** `current` signs; `previous` signed until the last rotation. */
        status: z.enum(['current', 'previous']),
      }),
    ),
  })
  .meta({ id: 'ReceiptKeys' });

const workSchema = z.strictObject({ params: proofParametersSchema, params_hash: hex32Schema });

const assignedProcessorSchema = z.strictObject({
  processor_id: idSchema('prc'),
  /** As the driver counts GPUs; null for the CPU. */
  gpu_index: z.int().min(0).nullable(),
  model: z.string(),
  claim: proofClaimSchema,
  claim_hash: hex32Schema,
  /** Null where the processor is not called with that profile: before its first full pass, all are. */
  profiles: z.strictObject({
    micro: workSchema.nullable(),
    light: workSchema.nullable(),
    full: workSchema.nullable(),
  }),
});

/** GET /v1/agent/proof-assignment: what the slots of this hour ask of the device. */
export const proofAssignmentSchema = z
  .strictObject({
    /** Slots open at whole multiples of so many minutes. */
    period_minutes: z.int().min(1),
    /** The full hour for which this holds. */
    hour: isoSchema,
    /**
     * How the device is hired as the platform sees it: `micro` is called for micro proofs, `no_consent` is
     * left alone, and `idle` is a hire that changes nothing; null while it is free.
     */
    hired: z.enum(['micro', 'no_consent', 'idle']).nullable(),
    cohort: z.string(),
    group: z.string(),
    parts: z.int().min(1),
    ...rates,
    processors: z.array(assignedProcessorSchema),
    server_time_ms: z.int(),
  })
  .meta({ id: 'ProofAssignment' });
