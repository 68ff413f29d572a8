/**
 * What computes the proofs of one processor. A prover gets derived values and answers with roots and
 * openings; the device's private key never reaches it. One proof at a time: the calls of a proof come in
 * the order begin, walk (full proofs), open.
 */
import type { ProofParams } from '../../shared/proofs/protocol/parameters.ts';

/** What a proof begins with; every digest and key has 32 bytes. */
export interface ProofStart {
  readonly seed: Uint8Array;
  readonly devicePub: Uint8Array;
  readonly h0: Uint8Array;
  readonly params: ProofParams;
}

/** What the samples are drawn from. */
export interface OpeningDraw {
  readonly sampleSeed: Uint8Array;
  readonly h2: Uint8Array;
}

/** How the engine was found to work. */
export interface SelfTest {
  /** For example `numpy` or `cuda-int8`. */
  readonly backend: string;
  /** The processor in its driver's words. */
  readonly device: string;
}

/** All throw ProverFailed; `limitMs` is the time after which an answer is worth nothing any more. */
export interface Prover {
  /** Computes the rounds; answers their roots, 32 bytes each, one after the other. */
  begin(start: ProofStart, limitMs: number): Promise<Uint8Array>;
  /** Walks the pool; answers the root of the lanes, 32 bytes. */
  walk(walkSeed: Uint8Array, limitMs: number): Promise<Uint8Array>;
  /** The bytes of the opening. */
  open(draw: OpeningDraw, limitMs: number): Promise<Uint8Array>;
  /** Gives back the memory of the last proof. */
  drop(): Promise<void>;
  /** Which engine passed its self-test; starts the prover when it does not run. */
  selfTest(): Promise<SelfTest>;
  isRunning(): boolean;
  /** Ends it for good, whatever it is doing. */
  end(): void;
}

/** The prover did not do what it was asked. */
export class ProverFailed extends Error {
  override readonly name = 'ProverFailed';
  /** The process is gone, and with it what it had computed: the same calls again may succeed. */
  readonly hasCrashed: boolean;

  constructor(message: string, hasCrashed: boolean) {
    super(message);
    this.hasCrashed = hasCrashed;
  }
}
