/** The bucket of what hours were closed with: snapshots, statements, what was posted. Nothing in it vanishes. */
import type { ObjectPort } from '../core/objects.ts';
import { type ObjectBucket, objects } from './objects.ts';

export const statements = (bucket: Omit<ObjectBucket, 'contentType' | 'timeoutMs'>): ObjectPort =>
  objects({ ...bucket, contentType: 'application/gzip', timeoutMs: 10_000 });
