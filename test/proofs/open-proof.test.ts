/** PUT /v1/proofs/{proof_id}/opening: length first, then the verdict, then nothing more. */

import { isKept } from '../../functions/proofs/keep-transcript.ts';
import { listCommands } from '../../shared/clusters/command-store.ts';
import { hourMs } from '../../shared/core/time.ts';
import { changed } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { getChallenge } from '../../shared/proofs/challenge-store.ts';
import { getProcessorRecord } from '../../shared/proofs/processor-record-store.ts';
import { type Proof, type ProofLoad, proofIdOf } from '../../shared/proofs/proof.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { sha256, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { openingBytesOf } from '../../shared/proofs/protocol/opening.ts';
import { isReceiptSigned } from '../../shared/proofs/protocol/receipt.ts';
import { decodeTranscript, transcriptSchema } from '../../shared/proofs/protocol/transcript.ts';
import { checkTranscript } from '../../shared/proofs/protocol/transcript-check.ts';
import { typescriptEngine } from '../../shared/proofs/protocol/typescript-engine.ts';
import { receiptKeyOf } from '../../shared/proofs/receipt-key.ts';
import { aFullLoad, aLoad } from './builders.ts';
import { gpus, reportDriver } from './called.ts';
import {
  commitBody,
  type Pace,
  type ProofsService,
  proofsService,
  proverOf,
  upToOpening,
} from './service.ts';

const { kid, publicKey } = receiptKeyOf('the first secret');

const challenged = async (load: ProofLoad, service?: ProofsService) => {
  const own = service ?? (await proofsService());
  const machine = await own.addMachine(1);
  const challenge = await own.challenge(machine, load, { purpose: 'onboarding' });
  const proof = (id: string) => getProof(own.runtime.database, machine.device.id, id);
  return { ...own, service: own, machine, challenge, proof };
};

/** A proof of which only the opening is missing. */
const ready = async (load: ProofLoad = aFullLoad(), pace: Pace = {}) => {
  const setup = await challenged(load);
  const waiting = await upToOpening(setup.service, setup.machine, setup.challenge, pace);
  const open = (bytes: Uint8Array = waiting.bytes) =>
    setup.send(setup.machine, 'PUT', waiting.path, bytes);
  const stored = () => setup.proof(waiting.id);
  return { ...setup, ...waiting, open, stored };
};

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

describe('openProof', () => {
  it('200 passed: a full proof, with what was measured and a receipt that anybody checks', async () => {
    const { open, stored, challenge, machine, id } = await ready();
    const { status, body } = await open();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      verdict: 'passed',
      metrics: { gops: 1, mbps: 1, pool_bytes: 2 * 64 * 64, eff_c_ppm: 1_048_576 },
      receipt: {
        v: 1,
        kid,
        public_id: machine.device.publicId,
        device_pub: toHex(machine.key.publicKey),
        purpose: 'onboarding',
        challenge: challenge.id,
        profile: 2,
        sid: toHex(sha256('poc/sid', challenge.id, '\0', machine.processor.id)),
        model: machine.processor.model,
        gops: 1,
        mbps: 1,
        pool_bytes: 2 * 64 * 64,
        at: challenge.t0Ms + 4,
      },
    });
    expect(body).not.toHaveProperty('reason');
    expect(isReceiptSigned(body.receipt, { [kid]: publicKey })).toBe(true);
    expect(isReceiptSigned({ ...body.receipt, gops: 2 }, { [kid]: publicKey })).toBe(false);
    expect(await stored()).toMatchObject({ id, status: 'passed', reason: null });
  });

  it('200 passed: a light proof, without bandwidth and pool', async () => {
    const { open } = await ready(aLoad());
    const { body } = await open();
    expect(body).toMatchObject({ verdict: 'passed', metrics: { mbps: null, pool_bytes: null } });
    expect(body.receipt).not.toHaveProperty('mbps');
    expect(body.receipt).not.toHaveProperty('pool_bytes');
    expect(isReceiptSigned(body.receipt, { [kid]: publicKey })).toBe(true);
  });

  it.each([
    ['passed', { commitMs: 3 }, undefined],
    ['passed', { commitMs: 5 }, undefined],
    ['failed', { commitMs: 6 }, 'too_slow'],
    ['failed', { commitMs: 2 }, 'over_cap'],
    ['passed', { walkMs: 218 }, undefined],
    ['failed', { walkMs: 219 }, 'walk_too_slow'],
  ] as const)('200 %s: %j by the clock of the platform', async (verdict, pace, reason) => {
    const { open, stored } = await ready(aFullLoad(), pace);
    const { status, body } = await open();
    expect([status, body.verdict, body.reason]).toEqual([200, verdict, reason]);
    expect(body.receipt === null).toBe(verdict === 'failed');
    expect(await stored()).toMatchObject({ status: verdict, reason: reason ?? null });
  });

  it('200 failed: a pool that does not fill the memory of its model', async () => {
    const reference = { gops: 1, capGops: 2, mbps: 1, memoryBytes: 20_000 };
    const { open } = await ready(aFullLoad({ reference }));
    expect((await open()).body.reason).toBe('pool_too_small');
  });

  it('200 passed: a run that only measures, however slow it was', async () => {
    const pace = { commitMs: 9_000, walkMs: 9_000 };
    const { open } = await ready(aFullLoad({ reference: null }), pace);
    const { body } = await open();
    expect(body).toMatchObject({ verdict: 'passed', metrics: { gops: 0, eff_c_ppm: null } });
  });

  it('200 failed: a forged opening is a strike, which takes the proof of the device away', async () => {
    const { open, bytes, machine, runtime } = await ready();
    const { status, body } = await open(flipped(bytes, 0));
    expect([status, body.verdict, body.reason, body.receipt]).toEqual([
      200,
      'failed',
      'roots',
      null,
    ]);
    const { database } = runtime;
    const record = await getProcessorRecord(database, machine.device.id, machine.processor.id);
    expect(record?.strikes).toEqual([runtime.clock.ms]);
    const device = await getDevice(database, machine.device.id);
    expect(device).toMatchObject({ provedAtMs: null, verifyFromMs: runtime.clock.ms + hourMs });
    const { events } = await listDeviceEvents(database, machine.device.id, { limit: 10 });
    expect(events[0]).toMatchObject({ kind: 'device.struck' });
  });

  it('200 passed: leaves no command and no due entry behind', async () => {
    const load = aFullLoad({ reference: null });
    const { open, machine, runtime, challenge } = await ready(load);
    await open();
    const { database } = runtime;
    expect(await getChallenge(database, challenge.id)).toMatchObject({ status: 'passed' });
    expect(await listCommands(database, machine.device.id)).toEqual([]);
    expect(database.all('proofs').filter(({ pk }) => pk.startsWith('DUE#'))).toEqual([]);
  });

  it('200: repeated, gets the very same verdict and receipt, at any time', async () => {
    const { open, runtime } = await ready();
    const first = await open();
    for (const laterMs of [0, 100 * 24 * hourMs]) {
      runtime.clock.ms += laterMs;
      const again = await open();
      expect([again.status, again.body]).toEqual([200, first.body]);
    }
  });

  it('200: of the same opening sent at once, all get one verdict, and there is one strike', async () => {
    const { open, bytes, machine, runtime } = await ready();
    const forged = flipped(bytes, bytes.length - 1);
    const answers = await Promise.all([open(forged), open(forged), open(forged)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const { device, processor } = machine;
    const record = await getProcessorRecord(runtime.database, device.id, processor.id);
    expect(record?.strikes).toHaveLength(1);
  });

  it('409 final: other bytes after the verdict change nothing', async () => {
    const { open, bytes, stored } = await ready();
    await open();
    const before = await stored();
    const answer = await open(flipped(bytes, 40));
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.final']);
    expect(await stored()).toEqual(before);
  });

  it('422: any other length, before anything else and without effect', async () => {
    const { open, bytes, stored, send, machine, path } = await ready();
    const before = await stored();
    for (const body of [
      bytes.subarray(1),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      new Uint8Array(),
      new Uint8Array(2 * 1024 * 1024),
    ]) {
      const answer = await open(body);
      expect([answer.status, answer.body.code]).toEqual([422, 'proof.length']);
      expect(answer.body).toMatchObject({
        expected_bytes: bytes.length,
        received_bytes: body.length,
      });
    }
    const none = await send(machine, 'PUT', path);
    expect([none.status, none.body.code]).toEqual([422, 'proof.length']);
    expect(await stored()).toEqual(before);
    expect((await open()).body.verdict).toBe('passed');
  });

  it('400: a body above the limit is refused before its signature is looked at', async () => {
    const { open } = await ready();
    const answer = await open(new Uint8Array(2 * 1024 * 1024 + 1));
    expect([answer.status, answer.body.code]).toEqual([400, 'request.too_large']);
  });

  it('401: bytes that are not the ones that were signed', async () => {
    const { send, machine, path, bytes, stored } = await ready();
    const before = await stored();
    const rawBody = flipped(bytes, 5);
    const answer = await send(machine, 'PUT', path, bytes, { rawBody });
    expect([answer.status, answer.body.code]).toEqual([401, 'device.signature_invalid']);
    const text = await send(machine, 'PUT', path, bytes, { rawBody: 'not base64 at all' });
    expect([text.status, text.body.code]).toEqual([401, 'device.signature_invalid']);
    expect(await stored()).toEqual(before);
  });

  it('404: a proof of another device, whatever its bytes', async () => {
    const { addMachine, send, path, bytes, stored } = await ready();
    const before = await stored();
    const other = await addMachine(2);
    for (const body of [bytes, bytes.subarray(1)]) {
      const answer = await send(other, 'PUT', path, body);
      expect([answer.status, answer.body.code]).toEqual([404, 'proof.unknown']);
    }
    expect(await stored()).toEqual(before);
  });

  it('409 phase: before the walk', async () => {
    const { machine, challenge, send, proof } = await challenged(aFullLoad());
    const { params } = challenge.load;
    const prover = proverOf(machine, challenge);
    const body = commitBody(machine, { challenge_id: challenge.id }, params, prover);
    const { id } = (await send(machine, 'POST', '/v1/proofs', body)).body;
    const bytes = new Uint8Array(openingBytesOf(params));
    const answer = await send(machine, 'PUT', `/v1/proofs/${id}/opening`, bytes);
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.phase']);
    expect((await proof(id))?.status).toBe('committed');
  });

  it('409 too_late: from the deadline on, and the proof has expired', async () => {
    const { open, stored, runtime, challenge } = await ready();
    runtime.clock.ms = (await stored())?.deadlineMs ?? 0;
    const answer = await open();
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.too_late']);
    expect(await stored()).toMatchObject({ status: 'failed', reason: 'expired' });
    expect(await getChallenge(runtime.database, challenge.id)).toMatchObject({
      status: 'failed',
      reason: 'expired',
    });
    expect((await open()).body.code).toBe('proof.final');
  });

  it('200: a millisecond before the deadline', async () => {
    const { open, stored, runtime } = await ready();
    runtime.clock.ms = ((await stored())?.deadlineMs ?? 0) - 1;
    expect((await open()).body.verdict).toBe('passed');
  });
});

describe('a transcript', () => {
  const fails = ({ outcome }: { readonly outcome: string }) => outcome === 'fails';
  /** Of the opening that decided, by the digest that stands in the proof. */
  const kept = (transcripts: ReadonlyMap<string, string>, proof: Proof | undefined) =>
    transcripts.get(`2026-11-22/${proof?.id}-${proof?.openingDigest?.slice(0, 32)}.json`);

  it('of a full proof is kept, and holds when it is checked again offline', async () => {
    const { open, transcripts, stored } = await ready();
    const { body } = await open();
    const document = transcriptSchema.parse(JSON.parse(kept(transcripts, await stored()) ?? ''));
    const keys = { [kid]: publicKey };
    const found = checkTranscript(decodeTranscript(document), { keys }, typescriptEngine);
    expect([...found.proof, ...found.statements].filter(fails)).toEqual([]);
    expect(document.receipt).toEqual(body.receipt);
  });

  it('shows what the processor was at its commitment, whatever its device reports later', async () => {
    for (const later of ['another driver', 'another model', 'other hardware'] as const) {
      const service = await proofsService();
      const machine = await service.addMachine(1, gpus());
      const challenge = await service.challenge(machine, aFullLoad());
      const waiting = await upToOpening(service, machine, challenge);
      const device = await reportDriver(service, machine, '590.1');
      const { database } = service.runtime;
      const becomes = {
        'another driver': {},
        'another model': { model: 'RTX 3060' },
        'other hardware': { processorKind: 'cpu', gpuIndexes: [] },
      } as const;
      await database.write(putDevice(changed(device, becomes[later])));
      const answer = await service.send(machine, 'PUT', waiting.path, waiting.bytes);
      const { receipt } = answer.body;
      expect([later, answer.body.verdict, receipt.model]).toEqual([later, 'passed', 'RTX 4090']);
      const proof = await getProof(database, machine.device.id, waiting.id);
      const text = kept(service.transcripts, proof) ?? '';
      const document = transcriptSchema.parse(JSON.parse(text));
      expect(document.claim).toEqual(machine.processor.claim);
      const given = { keys: { [kid]: publicKey } };
      const found = checkTranscript(decodeTranscript(document), given, typescriptEngine);
      expect([...found.proof, ...found.statements].filter(fails)).toEqual([]);
      const path = `/v1/proofs/${waiting.id}/receipt`;
      expect((await service.call({ method: 'GET', path })).body).toEqual(receipt);
    }
  });

  it('of a failed proof is kept, and shows why', async () => {
    for (const pace of [{ commitMs: 6 }, {}]) {
      const { open, transcripts, stored, bytes } = await ready(aLoad(), pace);
      const { body } = await open('commitMs' in pace ? bytes : flipped(bytes, 300));
      const document = transcriptSchema.parse(JSON.parse(kept(transcripts, await stored()) ?? ''));
      const found = checkTranscript(decodeTranscript(document), {}, typescriptEngine);
      expect(found.verdict).toEqual({ verdict: 'failed', reason: body.reason });
      expect(found.confirmed).toBe(true);
    }
  });

  it('of a passed light proof is kept one time in a hundred, as its id says', async () => {
    const { open, stored, transcripts } = await ready(aLoad());
    await open();
    const proof = await stored();
    if (!proof) throw new Error('no proof');
    expect(kept(transcripts, proof) !== undefined).toBe(isKept(proof));
    const chosen = Array.from({ length: 20_000 }, (_, at) =>
      isKept({ ...proof, id: proofIdOf({ sourceId: 's', processorId: `p${at}`, t0Ms: 0 }) }),
    ).filter(Boolean);
    // 200 expected; a binomial of 20,000 and 1 % stays within 154..249 but for 0.1 %.
    expect(chosen.length).toBeGreaterThan(153);
    expect(chosen.length).toBeLessThan(250);
  });

  it('is kept once, however often the end is tried and the opening repeated', async () => {
    const { open, bytes, machine, runtime, needs } = await ready();
    const { put } = needs.transcripts;
    const names: string[] = [];
    needs.transcripts.put = async (name, text) => {
      names.push(name);
      await put(name, text);
    };
    const { database } = runtime;
    const transact = database.transact.bind(database);
    let ends = 0;
    // Twice the device moves between what was read and what is written.
    database.transact = async (writes, token) => {
      ends += 1;
      const known = await getDevice(database, machine.device.id);
      if (known && ends <= 2) await database.write(putDevice(changed(known, {})));
      await transact(writes, token);
    };
    const forged = flipped(bytes, 0);
    const first = await open(forged);
    expect([first.body.reason, ends, names.length]).toEqual(['roots', 3, 1]);
    expect((await open(forged)).body).toEqual(first.body);
    expect(names).toHaveLength(1);
  });

  it('is of the opening that decided, also when others are sent at the same moment', async () => {
    for (const forgedFirst of [true, false]) {
      const { open, bytes, transcripts, stored } = await ready();
      const forged = flipped(bytes, bytes.length - 1);
      const sent = forgedFirst ? [forged, bytes] : [bytes, forged];
      const answers = await Promise.all(sent.map((one) => open(one)));
      const proof = await stored();
      const codes = answers.map(({ status, body }) => body.code ?? `${status} ${body.verdict}`);
      expect(codes.toSorted()).toEqual([`200 ${proof?.status}`, 'proof.final']);
      const document = transcriptSchema.parse(JSON.parse(kept(transcripts, proof) ?? ''));
      expect(document.verdict.verdict).toBe(proof?.status);
      // Both were judged before one of them ended the proof.
      expect(transcripts.size).toBe(2);
    }
  });

  it('that cannot be kept stops a strike, and nothing else', async () => {
    const failing = async () => {
      throw new Error('S3 is away');
    };
    const forged = await ready();
    forged.needs.transcripts.put = failing;
    const refused = await forged.open(flipped(forged.bytes, 0));
    expect([refused.status, refused.body.code]).toEqual([503, 'platform.unavailable']);
    expect((await forged.stored())?.status).toBe('walked');
    const honest = await ready();
    honest.needs.transcripts.put = failing;
    expect((await honest.open()).body.verdict).toBe('passed');
    expect(honest.runtime.lines.some(({ event }) => event === 'transcript.not_kept')).toBe(true);
  });
});
