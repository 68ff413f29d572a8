/**
 * Answers in the clusters table: notes that a challenge of a cluster's round is over. Each is put in the
 * transaction that ends the challenge, and the table's stream wakes the cluster's workflow by it; what the
 * answer was is read from the round.
 */
import type { Item, Write } from '../core/database.ts';
import type { Challenge } from '../proofs/challenge.ts';
import { clusterOfRound } from './acceptance.ts';
import { answerKey, answerPrefix } from './keys.ts';

/** The note that this challenge is over; none for one of another purpose than acceptance. */
export const putAnswer = ({
  id,
  purpose,
  round,
}: Pick<Challenge, 'id' | 'purpose' | 'round'>): readonly Write[] => {
  const clusterId = round === null ? undefined : clusterOfRound(round);
  if (purpose !== 'acceptance' || clusterId === undefined) return [];
  return [
    {
      kind: 'put',
      table: 'clusters',
      key: answerKey(clusterId, id),
      attributes: { cluster_id: clusterId },
      condition: {},
    },
  ];
};

/** Whether an item of the clusters table is such a note. */
export const isAnswer = (item: Item): boolean => item.sk.startsWith(answerPrefix);

/** The cluster that a note is about. */
export const clusterOfAnswer = (item: Item): string => String(item['cluster_id']);
