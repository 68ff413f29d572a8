/** Proofs in the database: one per slot and processor, forward only, read back as they were written. */
import { WriteRefused } from '../../shared/core/database.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { models } from '../../shared/market/catalogue.ts';
import { type Proof, proofIdOf } from '../../shared/proofs/proof.ts';
import {
  findProof,
  getProof,
  listProofs,
  putNewProof,
  putProof,
} from '../../shared/proofs/proof-store.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aClaim, aFullLoad, aLoad, aProof, hex } from './builders.ts';

const passed: Partial<Proof> = {
  status: 'passed',
  t2Ms: startMs + 9_000,
  t3Ms: startMs + 10_000,
  laneRoot: hex('a'),
  h2Signature: '2b'.repeat(64),
  openingDigest: hex('0'),
  metrics: { gops: 5, mbps: 7, poolBytes: 4096, effCPpm: 900_000, effBPpm: 800_000 },
  receipt: { kid: 'k'.repeat(16), signature: 'ab'.repeat(64) },
};

describe('a proof', () => {
  it('is read back as it was written, found with and without its device', async () => {
    const { database } = testRuntime();
    const full = aProof({ load: aFullLoad(), walkSeed: hex('b'), ...passed });
    for (const proof of [aProof({ t0Ms: startMs - minuteMs }), full]) {
      await database.write(putNewProof(proof));
      expect(await getProof(database, proof.deviceId, proof.id)).toEqual(proof);
      expect(await findProof(database, proof.id)).toEqual(proof);
    }
    expect(await findProof(database, proofIdOf({ ...full, t0Ms: 1 }))).toBeUndefined();
  });

  it('keeps a load without a reference, and one without memory', async () => {
    const { database } = testRuntime();
    for (const [at, reference] of [
      null,
      { gops: 5, capGops: null, mbps: 9, memoryBytes: null },
      { gops: 5, capGops: 7, mbps: 9, memoryBytes: 24 * 2 ** 30 },
    ].entries()) {
      const proof = aProof({ t0Ms: startMs + at, load: aLoad({ reference }) });
      await database.write(putNewProof(proof));
      expect((await getProof(database, proof.deviceId, proof.id))?.load.reference).toEqual(
        reference,
      );
    }
  });

  it('is put once, and changed only from the status that was read', async () => {
    const { database } = testRuntime();
    const committed = aProof();
    await database.write(putNewProof(committed));
    await expect(database.write(putNewProof({ ...committed, h1: hex('2') }))).rejects.toThrow(
      WriteRefused,
    );
    const failed = { ...committed, status: 'failed', reason: 'expired' } as const;
    await database.write(putProof(failed, committed));
    const late = {
      ...committed,
      ...passed,
      t2Ms: null,
      laneRoot: null,
      h2Signature: null,
    } as Proof;
    await expect(database.write(putProof(late, committed))).rejects.toThrow(WriteRefused);
    expect(await getProof(database, committed.deviceId, committed.id)).toEqual(failed);
  });

  it('costs one write unit from commitment to verdict when it is light', async () => {
    const { database } = testRuntime();
    const load = aLoad({
      params: { profile: 1, n: 32_768, k: 32_768, R: 8_192, P: 0, L: 0, S: 0, K: 256, q: 0 },
      reference: {
        gops: 2_345_678,
        capGops: 4_567_891,
        mbps: 7_777_777,
        memoryBytes: 192 * 2 ** 30,
      },
    });
    const metrics = { ...noWalk, gops: 2_345_678, effCPpm: 1_234_567 };
    const light = { ...passed, load, metrics, t2Ms: null, laneRoot: null, h2Signature: null };
    const processorId = `prc_${'0'.repeat(26)}` as const;
    const [longest = ''] = models.map(({ model }) => model).sort((a, b) => b.length - a.length);
    const claim = { ...aClaim(processorId), model: longest };
    await database.write(putNewProof(aProof({ ...light, processorId, claim })));
    const [item] = database.all('proofs');
    const bytes = Object.entries(item ?? {}).reduce(
      (sum, [name, value]) => sum + name.length + sizeOf(value),
      0,
    );
    expect(bytes).toBeLessThanOrEqual(1024);
  });
});

/** What is not measured without a walk. */
const noWalk = { mbps: null, poolBytes: null, effBPpm: null };

/** As DynamoDB counts: a byte per character, up to 9 for these numbers, 3 and 1 each for a list. */
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum, one) => sum + 1 + sizeOf(one), 3);
  return typeof value === 'bigint' ? 2 + Math.ceil(String(value).length / 2) : 1;
};

describe('what vanishes', () => {
  const expiryOf = async (proof: Proof) => {
    const { database } = testRuntime();
    await database.write(putNewProof(proof));
    return database.all('proofs')[0]?.['expires_at_s'];
  };
  const thirtyDays = BigInt(startMs / 1_000 + 30 * 24 * 3_600);

  it('are light proofs of slots, thirty days after they began', async () => {
    expect(await expiryOf(aProof())).toBe(thirtyDays);
    expect(await expiryOf(aProof({ status: 'failed', reason: 'too_slow' }))).toBe(thirtyDays);
  });

  it('is no full proof, no answer to a challenge, and no strike', async () => {
    const full = aProof({ load: aFullLoad(), walkSeed: hex('b'), ...passed });
    const forged = aProof({ status: 'failed', reason: 'sample_value', openingDigest: hex('0') });
    for (const kept of [full, aProof({ purpose: 'recheck', sourceId: 'chl_1' }), forged]) {
      expect(await expiryOf(kept)).toBeUndefined();
    }
  });
});

describe('proofs of a device', () => {
  it('are listed newest first, page by page', async () => {
    const { database } = testRuntime();
    const proofs = [0, 10, 20, 30].map((minutes) => aProof({ t0Ms: startMs + minutes * minuteMs }));
    for (const proof of proofs) await database.write(putNewProof(proof));
    const { deviceId } = proofs[0] as Proof;
    const first = await listProofs(database, { deviceId, limit: 3 });
    const rest = await listProofs(database, { deviceId, limit: 3, cursor: first.next });
    expect([...first.proofs, ...rest.proofs]).toEqual(proofs.toReversed());
    expect(rest.next).toBeUndefined();
  });
});
