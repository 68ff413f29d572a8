/**
 * JSON files of the agent: private to their owner, replaced as a whole by a rename, and parsed by a
 * schema when read. A file is absent, valid or corrupted; nothing in between is ever believed.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as z from 'zod';
import { codeOf, messageOf } from '../problem.ts';

/** What reading a file found. */
export type FileContent<T> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'corrupted'; readonly reason: string };

/** Reads and parses a file; says why when it cannot be believed. */
export const readJsonFile = <T>(path: string, schema: z.ZodType<T>): FileContent<T> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    return codeOf(thrown) === 'ENOENT'
      ? { kind: 'absent' }
      : { kind: 'corrupted', reason: messageOf(thrown) };
  }
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return { kind: 'valid', value: parsed.data };
    const issue = parsed.error.issues[0];
    return { kind: 'corrupted', reason: `${issue?.path.join('.')}: ${issue?.message}` };
  } catch {
    return { kind: 'corrupted', reason: 'it is no JSON document' };
  }
};

/** The value of a valid file, otherwise undefined. */
export const validValue = <T>(content: FileContent<T>): T | undefined =>
  content.kind === 'valid' ? content.value : undefined;

/** Replaces the file atomically with mode 0600; makes its folder with mode 0700. */
export const writeJsonFile = (path: string, value: unknown): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.new`;
  writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
};
