/** Guarantees of the check before anything is posted: what was tampered with, or computed wrongly, stops the hour. */
import { commitEpochStep } from '../../../functions/rewards/close/commit-epoch.step.ts';
import { present } from '../../../shared/core/assert.ts';
import type { Manifest } from '../../../shared/rewards/manifest.ts';
import { getDocument, getManifest, putDocument } from '../../../shared/rewards/statement-store.ts';
import { Closing, epochId } from './closing.ts';

/** An hour that is split, and the name of its manifest. */
const split = async () => {
  const closing = new Closing();
  await closing.add(1);
  await closing.add(2, { organisation: 2 });
  await closing.judged();
  await closing.step({ step: 'open-epoch' });
  for (let item = 0; item < 16; item += 1) {
    await closing.step({ step: 'snapshot-shard', epoch_id: epochId, item });
  }
  const { output_hash } = await closing.step({ step: 'split-epoch', epoch_id: epochId });
  const outputHash = present(output_hash, 'no statement');
  const verify = (hash = outputHash) =>
    closing.step({ step: 'verify-epoch', epoch_id: epochId, output_hash: hash });
  /** The name of a manifest that differs. */
  const changed = async (change: (manifest: Manifest) => Promise<Manifest> | Manifest) => {
    const manifest = await getManifest(closing.objects, epochId, outputHash);
    return putDocument(closing.objects, epochId, JSON.stringify(await change(manifest)));
  };
  /** The manifest with another text in place of a part, or of a document of postings. */
  const rewritten = (list: 'parts' | 'postings', rewrite: (text: string) => string) =>
    changed(async (manifest) => {
      const [first, ...rest] = manifest[list];
      const text = await getDocument(closing.objects, epochId, first?.hash ?? '');
      const hash = await putDocument(closing.objects, epochId, rewrite(text));
      return { ...manifest, [list]: [{ ...first, hash }, ...rest] };
    });
  return { closing, outputHash, verify, changed, rewritten };
};

const firstAmount = (text: string) => /,(\d+)\n/.exec(text)?.[1] ?? '';

describe('verify-epoch', () => {
  it('lets pass what is right, and it is committed', async () => {
    const { closing, outputHash, verify } = await split();
    expect(await verify()).toMatchObject({ outcome: 'verified', output_hash: outputHash });
    expect((await closing.execute()).at(-2)).toBe('publish-epoch published');
  });

  it.each([
    [
      'a row with a base unit more',
      (text: string) => {
        const amount = firstAmount(text);
        return text.replace(`,${amount}\n`, `,${BigInt(amount) + 1n}\n`);
      },
    ],
    ['a row less', (text: string) => text.split('\n').slice(0, -2).join('\n').concat('\n')],
    [
      'rows in another order',
      (text: string) => {
        const [title, one, two] = text.split('\n');
        return `${title}\n${two}\n${one}\n`;
      },
    ],
    ['a score above its bound', (text: string) => text.replace('264000', '99999999999')],
    ['a gate that was opened', (text: string) => text.replace('passed', 'no_wallet')],
  ])('refuses %s', async (_, rewrite) => {
    const { closing, verify, rewritten } = await split();
    await expect(verify(await rewritten('parts', rewrite))).rejects.toThrow('is not posted');
    expect(await closing.epoch()).toMatchObject({ status: 'failed', result: null });
    expect(await closing.postings()).toEqual([]);
  });

  it.each([
    [
      'somebody who is paid twice',
      (text: string) => {
        const { receipts, firsts } = JSON.parse(text);
        return JSON.stringify({ receipts: [...receipts, receipts[0]], firsts });
      },
    ],
    [
      'a payment that nobody earned',
      (text: string) => text.replace(/"units":"\d+"/, '"units":"1"'),
    ],
  ])('refuses %s', async (_, rewrite) => {
    const { closing, verify, rewritten } = await split();
    await expect(verify(await rewritten('postings', rewrite))).rejects.toThrow('is not posted');
    expect(await closing.postings()).toEqual([]);
  });

  it('refuses another emission than the schedule has, and the head of another hour', async () => {
    const { verify, changed } = await split();
    const withHead = (head: object) =>
      changed((manifest) => ({
        ...manifest,
        statement: { ...manifest.statement, head: { ...manifest.statement.head, ...head } },
      }));
    await expect(verify(await withHead({ emission: '1' }))).rejects.toThrow('is not posted');
    await expect(verify(await withHead({ epoch: '2026-11-22T13' }))).rejects.toThrow('head');
    await expect(verify(await withHead({ hour: '1' }))).rejects.toThrow('head');
  });

  it('refuses an object that was changed in the bucket', async () => {
    const { closing, outputHash, verify } = await split();
    const { parts } = await getManifest(closing.objects, epochId, outputHash);
    const name = `epochs/${epochId}/${parts[0]?.hash}.gz`;
    const other = [...closing.objects.kept].find(([each]) => each !== name);
    closing.objects.kept.set(name, other?.[1] ?? new Uint8Array());
    await expect(verify()).rejects.toThrow('has the content of');
  });

  it('is made up for: a failed hour is closed by the next execution that finds it right', async () => {
    const { closing, verify, rewritten } = await split();
    const wrong = await rewritten('parts', (text) => text.replace('264000', '264001'));
    await expect(verify(wrong)).rejects.toThrow('is not posted');
    await closing.execute();
    expect(await closing.epoch()).toMatchObject({ status: 'completed', failure: null });
    expect(await closing.broken()).toEqual([]);
  });

  it('is not what commits: an hour that was committed stays, whatever is brought then', async () => {
    const { closing, rewritten } = await split();
    const wrong = await rewritten('parts', (text) => text.replace('264000', '264001'));
    await closing.execute();
    const before = await closing.epoch();
    const input = { step: 'commit-epoch', epoch_id: epochId, output_hash: wrong };
    expect((await commitEpochStep(closing.runtime, input)).outcome).toBe('committed');
    expect(await closing.epoch()).toEqual(before);
  });
});
