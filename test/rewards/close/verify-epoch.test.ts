/** Guarantees of the check before anything is posted: what was tampered with, or computed wrongly, stops the hour. */
import { commitEpochStep } from '../../../functions/rewards/close/commit-epoch.step.ts';
import { assert, present } from '../../../shared/core/assert.ts';
import { snapshotKey } from '../../../shared/rewards/keys.ts';
import type { Manifest } from '../../../shared/rewards/manifest.ts';
import { listSnapshotShards } from '../../../shared/rewards/snapshot-store.ts';
import { parseStatementCsv } from '../../../shared/rewards/statement-csv.ts';
import { partRootOf, rootOfParts } from '../../../shared/rewards/statement-parts.ts';
import { getDocument, getManifest, putDocument } from '../../../shared/rewards/statement-store.ts';
import { testId } from '../../devices/builders.ts';
import { Closing, epochId } from './closing.ts';

/** An hour that is split, and the name of its manifest. */
const split = async () => {
  const closing = new Closing();
  await closing.add(1, { firstRewardedMs: null });
  await closing.add(2, { organisation: 2, device: { connectivityTier: 4 } });
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
  const textOf = (manifest: Manifest, list: 'parts' | 'postings') =>
    getDocument(closing.objects, epochId, manifest[list][0]?.hash ?? '');
  const keep = (text: string) => putDocument(closing.objects, epochId, text);
  /** The manifest with other postings. */
  const repaid = (rewrite: (text: string) => string) =>
    changed(async (manifest) => {
      const [first, ...rest] = manifest.postings;
      const text = await textOf(manifest, 'postings');
      expect(rewrite(text)).not.toBe(text);
      const hash = await keep(rewrite(text));
      return { ...manifest, postings: [{ ...present(first, 'a document'), hash }, ...rest] };
    });
  /** The manifest with another statement, whose root is right: some other check has to find it. */
  const restated = (rewrite: (text: string) => string, head: object = {}) =>
    changed(async ({ statement, ...manifest }) => {
      const [part] = manifest.parts;
      const before = await textOf({ statement, ...manifest }, 'parts');
      const text = rewrite(before);
      const whole = { ...statement, head: { ...statement.head, ...head } };
      expect([text, whole]).not.toEqual([before, statement]);
      const rows = parseStatementCsv(text);
      assert(!('fault' in rows), 'no CSV any more');
      const root = partRootOf(whole.head, 0, rows);
      const own = { ...present(part, 'a part'), hash: await keep(text), rows: rows.length, root };
      const named = { ...whole, root: rootOfParts([own]) };
      return { ...manifest, statement: named, parts: [own] };
    });
  return { closing, outputHash, verify, changed, repaid, restated };
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
      'amounts: ',
      (text: string) => {
        const amount = firstAmount(text);
        return text.replace(`,${amount}\n`, `,${BigInt(amount) + 1n}\n`);
      },
    ],
    [
      'a row less',
      'amounts: ',
      (text: string) => text.split('\n').slice(0, -2).join('\n').concat('\n'),
    ],
    [
      'rows in another order',
      'order: ',
      (text: string) => {
        const [title, one, two] = text.split('\n');
        return `${title}\n${two}\n${one}\n`;
      },
    ],
    [
      'a score above its bound',
      'scores: ',
      (text: string) => text.replace('264000', '99999999999'),
    ],
    ['a gate that was closed', 'scores: ', (text: string) => text.replace('passed', 'no_wallet')],
  ])('refuses %s', async (_, found, rewrite) => {
    const { closing, verify, restated } = await split();
    await expect(verify(await restated(rewrite))).rejects.toThrow(`is not posted: ${found}`);
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
    [
      'two organisations whose payments were swapped',
      (text: string) => {
        const document = JSON.parse(text);
        const [one, two] = document.receipts;
        [one.units, two.units] = [two.units, one.units];
        return JSON.stringify(document);
      },
    ],
    [
      'somebody who is paid what another earned',
      (text: string) => text.replaceAll(testId('org', 2), testId('org', 9)),
    ],
    [
      'a new device of whose reward nothing is held',
      (text: string) => text.replace(/"held_units":"[1-9]\d*"/, '"held_units":"0"'),
    ],
    [
      'a new device whose first hour is not noted',
      (text: string) => JSON.stringify({ ...JSON.parse(text), firsts: [] }),
    ],
  ])('refuses %s', async (_, rewrite) => {
    const { closing, verify, repaid } = await split();
    await expect(verify(await repaid(rewrite))).rejects.toThrow('pays otherwise');
    expect(await closing.postings()).toEqual([]);
  });

  it('refuses another emission than the schedule has, and the head of another hour', async () => {
    const { verify, restated } = await split();
    const withHead = (head: object) => restated((text) => text, head);
    await expect(verify(await withHead({ emission: '1' }))).rejects.toThrow('pools: ');
    await expect(verify(await withHead({ epoch: '2026-11-22T13' }))).rejects.toThrow('head');
    await expect(verify(await withHead({ hour: '1' }))).rejects.toThrow('head');
  });

  it('refuses another root than that of the rows', async () => {
    const { verify, changed } = await split();
    const wrong = await changed(({ statement, ...rest }) => ({
      ...rest,
      statement: { ...statement, root: '0'.repeat(64) },
    }));
    await expect(verify(wrong)).rejects.toThrow('root: ');
  });

  it('refuses rows that are those of other entries', async () => {
    const { closing, verify } = await split();
    const shards = await listSnapshotShards(closing.database, epochId);
    const full = present(
      shards.find(({ entries }) => entries > 0),
      'a shard with entries',
    );
    const text = await getDocument(closing.objects, epochId, full.hash);
    const hash = await putDocument(closing.objects, epochId, text.replace(/public\d/, 'public9'));
    const key = snapshotKey(epochId, full.shard);
    await closing.write({ kind: 'update', table: 'rewards', key, set: { hash }, condition: {} });
    await expect(verify()).rejects.toThrow('is of no entry');
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
    const { closing, verify, restated } = await split();
    const wrong = await restated((text) => text.replace('264000', '264001'));
    await expect(verify(wrong)).rejects.toThrow('amounts: ');
    await closing.execute();
    expect(await closing.epoch()).toMatchObject({ status: 'completed', failure: null });
    expect(await closing.broken()).toEqual([]);
  });

  it('is not what commits: an hour that was committed stays, whatever is brought then', async () => {
    const { closing, restated } = await split();
    const wrong = await restated((text) => text.replace('264000', '264001'));
    await closing.execute();
    const before = await closing.epoch();
    const input = { step: 'commit-epoch', epoch_id: epochId, output_hash: wrong };
    expect((await commitEpochStep(closing.runtime, input)).outcome).toBe('committed');
    expect(await closing.epoch()).toEqual(before);
  });
});
