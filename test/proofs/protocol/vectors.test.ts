/** Every field of every published vector, computed again: this is what interoperability means. */
import { int5, mix, mulhi } from '../../../shared/proofs/protocol/arithmetic.ts';
import { bytesOfHex, sha256, u32le } from '../../../shared/proofs/protocol/bytes.ts';
import { chacha8Words } from '../../../shared/proofs/protocol/chacha8.ts';
import { canonicalClaim, claimHashOf } from '../../../shared/proofs/protocol/claim.ts';
import {
  decide,
  effectiveMs,
  idealWalkMs,
  metricsOf,
} from '../../../shared/proofs/protocol/decide.ts';
import {
  deriveH2,
  deriveSampleKey,
  drawSamples,
  entryPosition,
} from '../../../shared/proofs/protocol/derivation.ts';
import { publicKeyOf } from '../../../shared/proofs/protocol/ed25519.ts';
import { hasWalk, leafBytes, leavesInPool } from '../../../shared/proofs/protocol/parameters.ts';
import * as slot from '../../../shared/proofs/protocol/slot.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import type { Verdict } from '../../../shared/proofs/protocol/verdict.ts';
import { type OpeningToVerify, verifyOpening } from '../../../shared/proofs/protocol/verify.ts';
import { laneOut, laneStart, walkAddress, walkStep } from '../../../shared/proofs/protocol/walk.ts';
import { answer } from '../../support/proofs/play.ts';
import { entryOf, fillLeaf } from '../../support/proofs/product.ts';
import { Prover, type Task, type Tricks } from '../../support/proofs/prover.ts';
import { Tree } from '../../support/proofs/tree.ts';
import {
  expectAll,
  type Operation,
  type ProofInputs,
  paramsOf,
  type Tamper,
  type Vector,
  vectors,
} from './vectors.ts';

const named = <Inputs>(list: readonly Vector<Inputs>[]) =>
  list.map((vector, at) => [vector.name ?? `entry ${at}`, vector] as const);

const bytesOfWords = (words: Uint32Array): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

const asWords = (bytes: Uint8Array): Uint32Array => new Uint32Array(Uint8Array.from(bytes).buffer);

const word = (verdict: Verdict): string =>
  verdict.verdict === 'passed' ? 'passed' : verdict.reason;

it('covers every part of the file', () => {
  const { protocol, primitives, slots, proofs, mutations, thresholds } = vectors;
  expect(protocol).toBe('poc/1');
  const sizes = [primitives, slots, proofs, mutations, thresholds].map(({ length }) => length);
  expect(Math.min(...sizes)).toBeGreaterThan(0);
});

describe.each(named(vectors.primitives))('primitives: %s', (_, { inputs, expected }) => {
  const stream = (key: Uint8Array, nonce: readonly [number, number, number], words: number) => {
    const out = new Uint32Array(words);
    chacha8Words(key, ...nonce, out);
    return out;
  };
  const treeLeaves = Buffer.concat(
    Array.from({ length: 8 }, (_leaf, i) => Buffer.concat(Array(32).fill(sha256(u32le(i))))),
  );

  it('agree', () => {
    const key = bytesOfHex(inputs.chacha_key);
    const flat = new Int8Array(32 * inputs.flat_k).fill(-16);
    const operands = { a: flat, bt: flat };
    const flatLeaf = new Uint8Array(leafBytes);
    fillLeaf(operands, { n: 32, k: inputs.flat_k }, 0, flatLeaf);
    expect(new Set(flatLeaf).size).toBe(1);
    const tree = new Tree(asWords(treeLeaves));
    const fifth = treeLeaves.subarray(5 * leafBytes, 6 * leafBytes);
    const walkLeaf = Buffer.concat(Array.from({ length: 32 }, (_part, i) => sha256(u32le(i))));
    const before = stream(key, inputs.chacha_nonce, 256);
    const x = walkAddress(before);
    const after = before.slice();
    walkStep(after, asWords(walkLeaf), x);
    expectAll(
      {
        chacha8_zero_64: bytesOfWords(stream(new Uint8Array(32), [0, 0, 0], 16)),
        chacha8_128: bytesOfWords(stream(key, inputs.chacha_nonce, 32)),
        int5_of_all_bytes: Uint8Array.from({ length: 256 }, (_byte, at) => int5(at)),
        mix_out: Uint8Array.from(inputs.mix_in, mix),
        mulhi_out: inputs.mulhi_in.map(([value, limit]) => mulhi(value, limit)),
        flat_c: entryOf(operands, { n: 32, k: inputs.flat_k }, 0, 0),
        flat_leaf_byte: flatLeaf[0],
        flat_root: typescriptEngine.root(flatLeaf, 0, new Uint8Array(0)),
        tree8_chunk_cvs: Array.from({ length: 8 }, (_leaf, i) => tree.cv(i)),
        tree8_path_of_5: tree.path(5),
        tree8_root: tree.root,
        walk_x: x,
        walk_address_np_1000: mulhi(x, 1000),
        walk_state_after_8_words: bytesOfWords(after).subarray(0, 32),
        walk_state_after: bytesOfWords(after),
        walk_out: laneOut(after),
      },
      expected,
    );
    expect(typescriptEngine.root(fifth, 5, tree.path(5))).toEqual(tree.root);
    const byEngine = before.slice();
    typescriptEngine.walkStep(byEngine, walkLeaf, x);
    expect(byEngine).toEqual(after);
  });
});

describe.each(named(vectors.slots))('slots: %s', (_, { inputs, expected }) => {
  it('agree', () => {
    const { slot_id, cohort, site_id, parts, hired } = inputs;
    const dayKey = bytesOfHex(inputs.day_key);
    const seed = slot.slotSeedOf(dayKey, slot_id);
    const part = slot.partOf(seed, site_id, parts);
    const full = slot.isFullSlot(seed, { fullOneIn: inputs.full_one_in });
    const computed = {
      opens_at_ms: slot.slotOpensAtMs(slot_id, 10),
      day_key_sha256: sha256(dayKey),
      slot_seed: seed,
      part_u32: slot.partWord(seed, site_id),
      part,
      called_u32: slot.calledWord(seed, cohort, part),
      called: slot.isPartCalled(seed, cohort, part, { oneIn: inputs.one_in }),
      kind_u32: slot.kindWord(seed),
      full,
      profile: slot.profileOf({ full, hired }),
    };
    expectAll(computed, expected);
    // Without roll calls the whole decision is this draw, less what hired processors are spared.
    const rates = { oneIn: inputs.one_in, fullOneIn: inputs.full_one_in, rollOneIn: 2 ** 20 };
    const place = { cohort, group: site_id, parts, model: 'no roll call', hired };
    const { called, profile } = slot.callOf(seed, place, rates);
    expect([called, profile]).toEqual([computed.called && !(hired && full), computed.profile]);
  });
});

const taskOf = (inputs: ProofInputs): Task => {
  const keySeed = bytesOfHex(inputs.device_private);
  return {
    sourceId: inputs.source_id,
    sourceSeed:
      inputs.source === 'slot'
        ? slot.slotSeedOf(bytesOfHex(inputs.day_key), inputs.source_id)
        : bytesOfHex(inputs.challenge ?? ''),
    device: { keySeed, publicKey: publicKeyOf(keySeed), claim: inputs.claim },
    params: paramsOf(inputs.params),
  };
};

const drawsOf = (inputs: ProofInputs) => ({
  walkSeed: bytesOfHex(inputs.walk_seed),
  sampleSeed: bytesOfHex(inputs.sample_seed),
});

/** Whatever vectors may expect of a walk. */
const walkFields = (prover: Prover, inputs: ProofInputs) => {
  const { walkKey, outs, commitment, h2Signature } = prover.walk(bytesOfHex(inputs.walk_seed));
  const start = laneStart(walkKey, 0);
  const addresses: number[] = [];
  const states = [start.slice()];
  const state = start.slice();
  prover.walkLane(walkKey, 0, ({ x, address }) => {
    addresses.push(address);
    const { round, leaf } = prover.placeOf(address);
    walkStep(
      state,
      (prover.rounds[round] as { words: Uint32Array }).words.subarray(leaf * 256, leaf * 256 + 256),
      x,
    );
    states.push(state.slice());
  });
  return {
    walk_key: walkKey,
    np: leavesInPool(prover.task.params),
    lane0_start: bytesOfWords(start),
    lane0_x0: walkAddress(start),
    lane0_addresses: addresses,
    lane0_after_step0: bytesOfWords(states[1] as Uint32Array),
    lane0_end: bytesOfWords(states.at(-1) as Uint32Array),
    lane0_out: laneOut(states.at(-1) as Uint32Array),
    lane_outs: outs,
    lane_root: commitment.laneRoot,
    h2_signature: h2Signature,
  };
};

describe.each(named(vectors.proofs))('proofs: %s', (_, { inputs, expected }) => {
  const task = taskOf(inputs);
  const { params } = task;
  const prover = new Prover(task);
  const walked = hasWalk(params) ? prover.walk(bytesOfHex(inputs.walk_seed)) : null;
  const toVerify = answer(prover, drawsOf(inputs));

  it('agree', () => {
    const h2 = deriveH2(prover.h1, walked?.commitment ?? null);
    const sampleKey = deriveSampleKey(bytesOfHex(inputs.sample_seed), h2);
    const { samples, lanes } = drawSamples(params, sampleKey);
    const triples = samples.map(({ round, leaf, entry }) => [round, leaf, entry]);
    const first = prover.rounds[0] as (typeof prover.rounds)[number];
    const row = (operands: Int8Array, at: number) =>
      Uint8Array.from(operands.subarray(at * params.k, (at + 1) * params.k));
    const c0 = Array.from({ length: 16 }, (_entry, j) => entryOf(first.operands, params, 0, j));
    const sections = prover.sections(bytesOfHex(inputs.sample_seed), walked);
    expectAll(
      {
        source_seed: task.sourceSeed,
        device_pub: task.device.publicKey,
        claim_canonical: canonicalClaim(inputs.claim),
        claim_hash: claimHashOf(inputs.claim),
        seed: prover.binding.seed,
        sid: prover.binding.sid,
        params_hash: prover.binding.paramsHash,
        h0: prover.binding.h0,
        round_seeds: prover.rounds.map(({ seed }) => seed),
        a0_row0: row(first.operands.a, 0),
        a0_row1: row(first.operands.a, 1),
        bt0_row0: row(first.operands.bt, 0),
        bt0_row1: row(first.operands.bt, 1),
        c0_first16_i32le: u32le(...c0.map((entry) => entry >>> 0)),
        leaf0_of_round0: first.bytes.subarray(0, leafBytes),
        leaf1_of_round0: first.bytes.subarray(leafBytes, 2 * leafBytes),
        roots: prover.rounds.map(({ tree }) => tree.root),
        h1: prover.h1,
        h1_signature: prover.h1Signature,
        ...(walked ? walkFields(prover, inputs) : {}),
        h2,
        sample_key: sampleKey,
        samples: triples.slice(0, 16),
        samples_all: u32le(...triples.flat()),
        sample_entries_ij: samples.slice(0, 16).map((sample) => {
          const { i, j } = entryPosition(params, sample);
          return [i, j];
        }),
        sample_lanes: lanes,
        opening_length: toVerify.opening.length,
        opening_sections_sha256: sections.slice(0, 24).map((section) => sha256(section)),
        opening_sha256: sha256(toVerify.opening),
        opening: toVerify.opening,
        verdict: word(verifyOpening(toVerify, typescriptEngine)),
      },
      expected,
    );
  });

  it('have entries that the engine computes one by one', () => {
    for (const [round, { seed, operands }] of prover.rounds.entries()) {
      for (const [i, j] of [
        [0, 0],
        [params.n - 1, 3],
        [17, params.n - 1],
      ] as const) {
        const entry = typescriptEngine.entry(seed, round, i, j, params.k);
        expect(entry).toBe(entryOf(operands, params, i, j));
      }
    }
  });
});

const tricksOf = (tampers: readonly Tamper[]): Tricks => ({
  leaf(round, leaf, bytes) {
    for (const tamper of tampers) {
      if (!('leaf' in tamper)) continue;
      const [t, i] = tamper.leaf === 'all' ? [round, leaf] : tamper.leaf;
      if (t !== round || i !== leaf) continue;
      for (const at of bytes.keys()) {
        if (tamper.at === 'all' || tamper.at === at) bytes[at] = (bytes[at] as number) ^ tamper.xor;
      }
    }
  },
  laneOut(lane, out) {
    for (const tamper of tampers) {
      if ('lane' in tamper && (tamper.lane === 'all' || tamper.lane === lane)) {
        out[0] = (out[0] as number) ^ tamper.xor;
      }
    }
  },
});

const flipped = (bytes: Uint8Array, at: number, xor: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] as number) ^ xor;
  return copy;
};

/** The proof after one operation on what was sent, or on what the verifier has on record. */
const applied = (
  proof: OpeningToVerify,
  operation: Operation,
  inputs: ProofInputs,
): OpeningToVerify => {
  const { opening, signatures } = proof;
  if (signatures === 'checked') throw new Error('a vector without signatures');
  switch (operation.op) {
    case 'xor':
      return { ...proof, opening: flipped(opening, operation.at, operation.byte) };
    case 'cut': {
      const { at, len } = operation;
      return {
        ...proof,
        opening: Buffer.concat([opening.subarray(0, at), opening.subarray(at + len)]),
      };
    }
    case 'insert': {
      const parts = [
        opening.subarray(0, operation.at),
        Buffer.from(operation.hex, 'hex'),
        opening.subarray(operation.at),
      ];
      return { ...proof, opening: Buffer.concat(parts) };
    }
    case 'swap': {
      const { a, b, len } = operation;
      const swapped = Uint8Array.from(opening);
      swapped.set(opening.subarray(b, b + len), a);
      swapped.set(opening.subarray(a, a + len), b);
      return { ...proof, opening: swapped };
    }
    case 'h1_signature_xor':
      return {
        ...proof,
        signatures: { ...signatures, h1: flipped(signatures.h1, 0, operation.byte) },
      };
    case 'h2_signature_xor': {
      const h2 = flipped(signatures.h2 ?? new Uint8Array(64), 0, operation.byte);
      return { ...proof, signatures: { ...signatures, h2 } };
    }
    case 'verify_as': {
      const other = { ...inputs, ...operation.inputs };
      const { sourceId, sourceSeed, device, params } = taskOf(other);
      const { record } = proof;
      return {
        ...proof,
        record: {
          ...record,
          sourceId,
          sourceSeed,
          devicePub: device.publicKey,
          processorId: other.processor_id,
          claimHash: claimHashOf(other.claim),
          params,
          walk: record.walk && { ...record.walk, walkSeed: bytesOfHex(other.walk_seed) },
          sampleSeed: bytesOfHex(other.sample_seed),
        },
      };
    }
  }
};

describe.each(named(vectors.mutations))('mutations: %s', (_, { inputs, expected }) => {
  it('agree', () => {
    const honest = vectors.proofs.find(({ name }) => name === inputs.proof);
    if (!honest) throw new Error(`no proof is named ${inputs.proof}`);
    const prover = new Prover(taskOf(honest.inputs), tricksOf(inputs.tamper ?? []));
    const toVerify = (inputs.ops ?? []).reduce(
      (proof, operation) => applied(proof, operation, honest.inputs),
      answer(prover, drawsOf(honest.inputs)),
    );
    expectAll(
      {
        opening_sha256: sha256(toVerify.opening),
        verdict: word(verifyOpening(toVerify, typescriptEngine)),
      },
      expected,
    );
  });
});

describe.each(named(vectors.thresholds))('thresholds: %s', (_, { inputs, expected }) => {
  it('agree', () => {
    const params = paramsOf(inputs.params);
    const { gops, cap, mbps, memory } = inputs.ref;
    const [t0, t1, t1b, t2] = inputs.t;
    const timed = {
      params,
      reference: { gops, capGops: cap, mbps, memoryBytes: memory ?? null },
      times: { t0, t1, t1b, t2 },
    };
    const metrics = metricsOf(timed);
    expectAll(
      {
        t_eff_ms: effectiveMs(params, gops, 4_000),
        ideal_walk_ms: idealWalkMs(params, mbps),
        verdict: word(decide(timed)),
        metrics: {
          gops: metrics.gops,
          eff_c_ppm: metrics.effCPpm,
          mbps: metrics.mbps,
          pool_bytes: metrics.poolBytes,
          eff_b_ppm: metrics.effBPpm,
        },
      },
      expected,
    );
  });
});
