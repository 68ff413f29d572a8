/** Guarantees of the documents of an hour: named by their content, and never taken for another. */
import { gzipSync } from 'node:zlib';
import { sha256Hex } from '../../shared/core/hash.ts';
import { getDocument, putDocument } from '../../shared/rewards/statement-store.ts';
import { epochId } from './builders.ts';
import { memoryObjects } from './memory-objects.ts';

describe('a document of an hour', () => {
  it('is named by its content, and comes back as it was', async () => {
    const objects = memoryObjects();
    const hash = await putDocument(objects, epochId, 'grüße\n');
    expect(hash).toBe(sha256Hex('grüße\n'));
    expect([...objects.kept.keys()]).toEqual([`epochs/${epochId}/${hash}.gz`]);
    expect(await getDocument(objects, epochId, hash)).toBe('grüße\n');
  });

  it('is refused when a byte of it was changed', async () => {
    const objects = memoryObjects();
    const hash = await putDocument(objects, epochId, 'amount,1\n');
    await objects.put(`epochs/${epochId}/${hash}.gz`, gzipSync('amount,2\n'));
    await expect(getDocument(objects, epochId, hash)).rejects.toThrow(`document ${hash} of`);
  });
});
