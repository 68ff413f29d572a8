/** Epochs with what was published of them, as the closing of an hour leaves them. */
import { commit } from '../../functions/kit/transaction.ts';
import { present } from '../../shared/core/assert.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import type { ObjectPort } from '../../shared/core/objects.ts';
import { startOfHourId } from '../../shared/core/time.ts';
import { commitEpoch, completeEpoch, openEpoch } from '../../shared/rewards/epoch-store.ts';
import type { Manifest } from '../../shared/rewards/manifest.ts';
import { orderKeyOf } from '../../shared/rewards/order.ts';
import type { Statement } from '../../shared/rewards/statement.ts';
import { partBounds, partRootOf, partTextOf } from '../../shared/rewards/statement-parts.ts';
import { publishedOf } from '../../shared/rewards/statement-proof.ts';
import { putDocument } from '../../shared/rewards/statement-store.ts';
import type { TestRuntime } from '../support/runtime.ts';

/** Opens the epoch of a statement; an hour of that name. */
export const beginEpoch = async (runtime: TestRuntime, { head }: Statement): Promise<void> => {
  const startMs = startOfHourId(head.epoch) ?? 0;
  const openedAtMs = runtime.clock.ms;
  const epoch = { id: head.epoch, hour: Number(head.hour), startMs, openedAtMs };
  await commit(runtime, [openEpoch(epoch)]);
};

/** Keeps the statement in its parts and completes its epoch, which was begun. */
export const publishEpoch = async (
  runtime: TestRuntime,
  objects: ObjectPort,
  statement: Statement,
): Promise<void> => {
  const { head, rows } = statement;
  const id = head.epoch;
  const parts: Manifest['parts'] = [];
  for (const [index, { from, to }] of partBounds(rows.length).entries()) {
    const own = rows.slice(from, to);
    parts.push({
      hash: await putDocument(objects, id, partTextOf(index, own)),
      rows: own.length,
      first_key: own[0] ? orderKeyOf(id, own[0].public_id) : '',
      root: partRootOf(head, index, own),
    });
  }
  const published = publishedOf(statement);
  const manifest: Manifest = { v: 1, statement: published, parts, postings: [] };
  const result = {
    inputHash: sha256Hex('snapshot'),
    outputHash: await putDocument(objects, id, JSON.stringify(manifest)),
    root: published.root,
    head,
    parts: parts.length,
    postings: 0,
    committedAtMs: runtime.clock.ms,
  };
  await commit(runtime, [commitEpoch(id, result)]);
  const startMs = startOfHourId(id) ?? 0;
  const epoch = { id, hour: Number(head.hour), startMs };
  // Not how far all are closed: tests publish single hours.
  const [completed] = completeEpoch(epoch, runtime.clock.ms);
  await commit(runtime, [present(completed, 'nothing completes it')]);
};
