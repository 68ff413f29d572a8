/**
 * The commands that check a transcript and a receipt. They say what each check found, and then the verdict
 * that the protocol gives, which the files cannot influence.
 */
import * as z from 'zod';
import { bytesOfHex, fromHex, sha256, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { profileNames } from '../../shared/proofs/protocol/parameters.ts';
import { isReceiptSigned, type ReceiptKeys } from '../../shared/proofs/protocol/receipt.ts';
import { dateOfSlot } from '../../shared/proofs/protocol/slot.ts';
import {
  decodeTranscript,
  type ProofTranscript,
  receiptSchema,
  transcriptSchema,
} from '../../shared/proofs/protocol/transcript.ts';
import {
  type Check,
  checkTranscript,
  type TranscriptFindings,
} from '../../shared/proofs/protocol/transcript-check.ts';
import { typescriptEngine } from '../../shared/proofs/protocol/typescript-engine.ts';
import { CliError } from './cli-error.ts';
import { type Outcome, readDocument } from './outcome.ts';

interface CheckOptions {
  readonly file: string;
  readonly keys?: string | undefined;
  readonly day?: string | undefined;
  readonly json: boolean;
}

const hex32 = z
  .string()
  .refine((text) => fromHex(text, 32) !== undefined, '32 bytes, lower-case hex');

/** The published keys; members that are not needed here may stand beside them. */
const keysSchema = z.object({ keys: z.array(z.object({ kid: z.string(), public_key: hex32 })) });
const daySchema = z.object({ date: z.iso.date(), sha256: hex32, key: hex32 });

const readKeys = (path: string): ReceiptKeys => {
  const { keys } = readDocument(path, 'list of receipt keys', keysSchema);
  return Object.fromEntries(keys.map(({ kid, public_key }) => [kid, public_key]));
};

/** The key of the slot's day, from its published document. */
const readDayKey = (path: string, { purpose, record }: ProofTranscript): Uint8Array => {
  const { date, sha256: published, key } = readDocument(path, 'key of a day', daySchema);
  const bytes = bytesOfHex(key);
  if (toHex(sha256(bytes)) !== published) {
    throw new CliError(`${path} has a key that is not the one whose hash it shows.`);
  }
  if (purpose === 'slot' && dateOfSlot(record.sourceId) !== date) {
    throw new CliError(`${path} is of ${date}, the slot is ${record.sourceId}.`);
  }
  return bytes;
};

const describeProof = ({ purpose, record, claim }: ProofTranscript): string => {
  const source = purpose === 'slot' ? 'in the slot' : `for ${purpose}, challenge`;
  const profile = profileNames[record.params.profile];
  return `A ${profile} proof of ${claim.processor_id} (${claim.model}) ${source} ${record.sourceId}`;
};

const describeCheck = ({ outcome, name, found }: Check): string =>
  `  ${outcome.padEnd(11)}  ${name.padEnd(19)}  ${found}`;

const exitCodeOf = ({ confirmed, verdict }: TranscriptFindings): Outcome['code'] => {
  if (!confirmed) return 1;
  return verdict.verdict === 'passed' ? 0 : 3;
};

const summaries = {
  0: 'The proof passed. Nothing that was checked contradicts the transcript.',
  1: 'Not confirmed: the transcript says something that is not so.',
  3: 'The proof failed, as the transcript says.',
} as const;

/** `check <transcript.json>`. Throws CliError for files that cannot be read. */
export const checkProof = (options: CheckOptions): Outcome => {
  const transcript = decodeTranscript(readDocument(options.file, 'transcript', transcriptSchema));
  const keys = options.keys === undefined ? {} : { keys: readKeys(options.keys) };
  const day = options.day === undefined ? {} : { dayKey: readDayKey(options.day, transcript) };
  const findings = checkTranscript(transcript, { ...keys, ...day }, typescriptEngine);
  const code = exitCodeOf(findings);
  if (options.json) return { text: `${JSON.stringify(findings, null, 2)}\n`, code };
  const checks = [...findings.proof, ...findings.statements].map(describeCheck);
  return { text: `${[describeProof(transcript), ...checks, summaries[code]].join('\n')}\n`, code };
};

/** `receipt <receipt.json> --keys <keys.json>`. Throws CliError for files that cannot be read. */
export const checkReceipt = (options: CheckOptions): Outcome => {
  if (options.keys === undefined) {
    throw new CliError(
      'receipt needs --keys <keys.json>: the answer of GET /v1/proofs/receipt-keys.',
    );
  }
  const receipt = readDocument(options.file, 'receipt', receiptSchema);
  const signed = isReceiptSigned(receipt, readKeys(options.keys));
  const code = signed ? 0 : 1;
  if (options.json) return { text: `${JSON.stringify({ signed, receipt }, null, 2)}\n`, code };
  const { signature: _, ...fields } = receipt;
  const lines = Object.entries(fields).map(([name, value]) => `  ${name.padEnd(11)}  ${value}`);
  const verdict = signed
    ? `Genuine: signed by the published key ${receipt.kid}.`
    : `Not genuine: not signed by a published key ${receipt.kid}.`;
  return { text: `${[...lines, verdict].join('\n')}\n`, code };
};
