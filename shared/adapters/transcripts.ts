/** The bucket of transcripts, from which objects vanish after thirty days. */
import { type ObjectBucket, objects } from './objects.ts';

export interface TranscriptPort {
  /** Keeps the text under this name, in place of what is there. Throws when three attempts failed. */
  put(name: string, text: string): Promise<void>;
}

export const transcripts = (
  bucket: Omit<ObjectBucket, 'contentType' | 'timeoutMs'>,
): TranscriptPort => {
  const { put } = objects({ ...bucket, contentType: 'application/json', timeoutMs: 5_000 });
  return { put: (name, text) => put(name, Buffer.from(text)) };
};
