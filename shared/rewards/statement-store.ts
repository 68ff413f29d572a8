/**
 * What an hour was closed with, as objects that are named by their content: a part of a statement, a manifest, a
 * shard of a snapshot. Kept compressed; read back, a document is held to its name, so one that was changed by a
 * byte is never taken for what it was.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { assert } from '../core/assert.ts';
import { sha256Hex } from '../core/hash.ts';
import type { ObjectPort } from '../core/objects.ts';
import { type Manifest, manifestSchema } from './manifest.ts';

/** What a document of an hour may be as text: a shard of a million devices has 10 MiB. */
const bytesMax = 256 * 1024 * 1024;

const nameOf = (epochId: string, hash: string): string => `epochs/${epochId}/${hash}.gz`;

/** Keeps a document of the hour; answers its name, the SHA-256 (hex) of the text. */
export const putDocument = async (
  objects: ObjectPort,
  epochId: string,
  text: string,
): Promise<string> => {
  const bytes = Buffer.from(text);
  const hash = sha256Hex(bytes);
  await objects.put(nameOf(epochId, hash), gzipSync(bytes));
  return hash;
};

/** The document of this name; BugError if it is not what it was. */
export const getDocument = async (
  objects: ObjectPort,
  epochId: string,
  hash: string,
): Promise<string> => {
  const bytes = gunzipSync(await objects.get(nameOf(epochId, hash)), { maxOutputLength: bytesMax });
  const found = sha256Hex(bytes);
  assert(found === hash, `document ${hash} of ${epochId} has the content of ${found}`);
  return bytes.toString();
};

/** The manifest of a committed epoch; `outputHash` is its name. */
export const getManifest = async (
  objects: ObjectPort,
  epochId: string,
  outputHash: string,
): Promise<Manifest> =>
  manifestSchema.parse(JSON.parse(await getDocument(objects, epochId, outputHash)));
