/**
 * Plans what a new cluster counts against the budgets of its organisation and of the API key that orders
 * it, in the order's own transaction; refuses with what is left, and until when. Of an organisation whose
 * cards are frozen it refuses everything.
 */
import { provisionMsMax } from '../../shared/clusters/cluster.ts';
import type { NewCluster } from '../../shared/clusters/new-cluster.ts';
import type { Database, Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { formatUsd, moneyToJson, usd } from '../../shared/core/money.ts';
import { hourMs, isoOf } from '../../shared/core/time.ts';
import type { CredentialId } from '../../shared/identity/principal.ts';
import { monthStartMs, nextMonth } from '../../shared/ledger/statement.ts';
import { type BudgetExcess, findExcess, scopeOf } from '../../shared/payments/budgets/budget.ts';
import { countCommitment, getSpendings } from '../../shared/payments/budgets/budget-store.ts';
import { newCommitment } from '../../shared/payments/budgets/commitment.ts';
import { listCommitments, putCommitment } from '../../shared/payments/budgets/commitment-store.ts';
import type { FreezeReason } from '../../shared/payments/cards/card-freeze.ts';

type Order = Pick<NewCluster, 'clusterId' | 'quote' | 'nowMs'> & { readonly actor: CredentialId };

/**
 * Throws `budget.exceeded` and `cluster.payments_frozen`. Each write is conditioned on the limits and the
 * freeze as read.
 */
export const planCommitment = async (
  database: Database,
  order: Order,
): Promise<readonly Write[]> => {
  const { clusterId, quote, nowMs, actor: keyId } = order;
  const { organisationId } = quote;
  const commitment = newCommitment({
    clusterId,
    organisationId,
    keyId,
    lines: quote.lines,
    orderedMs: quote.hours * hourMs,
    startMsMax: provisionMsMax,
    nowMs,
  });
  const spendings = await getSpendings(database, [organisationId, keyId]);
  for (const { frozen } of spendings) if (frozen) throw paymentsFrozen(frozen);
  const excess = findExcess(spendings, commitment);
  if (excess) throw exceeded(excess, await freesUpAtMs(database, excess));
  const counts = spendings.map((spending) => countCommitment(spending, commitment));
  return [putCommitment(commitment), ...counts];
};

/** When the limit lets more through by itself; undefined where the order alone is above it. */
const freesUpAtMs = async (
  database: Database,
  { budget, period, limitUnits, neededUnits }: BudgetExcess,
): Promise<number | undefined> => {
  if (neededUnits > limitUnits) return undefined;
  if (period !== 'hour') return monthStartMs(nextMonth(period));
  const open = await listCommitments(database, budget.organisationId);
  const ends = open
    .filter(({ keyId }) => scopeOf(budget.targetId) === 'organisation' || keyId === budget.targetId)
    .map(({ untilMs }) => untilMs);
  return ends.length === 0 ? undefined : Math.min(...ends);
};

const freezeWords: Readonly<Record<FreezeReason, string>> = {
  dispute:
    'A card payment of this organisation is disputed, so no cluster is created or paid for until an ' +
    'operator has looked at the case. Nothing was ordered or charged.',
  fraud_warning:
    'A bank has warned of fraud with a card that paid for this organisation, so no cluster is created or ' +
    'paid for until an operator has looked at the case. Nothing was ordered or charged.',
};

const paymentsFrozen = (reason: FreezeReason): AppError =>
  new AppError('cluster.payments_frozen', { message: freezeWords[reason], extra: { reason } });

const scopeWords = {
  organisation: 'the organisation',
  api_key: 'this API key',
  cluster: 'the cluster',
} as const;

const exceeded = (excess: BudgetExcess, freesUpMs: number | undefined): AppError => {
  const { budget, period, limitUnits, usedUnits, neededUnits } = excess;
  const scope = scopeOf(budget.targetId);
  const left = usedUnits < limitUnits ? limitUnits - usedUnits : 0n;
  const span = period === 'hour' ? 'per hour' : `in ${period}`;
  const freesUpAt = freesUpMs === undefined ? null : isoOf(freesUpMs);
  return new AppError('budget.exceeded', {
    message:
      `The cluster needs ${formatUsd(neededUnits)} ${span}; of the budget of ${scopeWords[scope]}, ` +
      `${formatUsd(limitUnits)}, ${formatUsd(left)} is left.`,
    suggestion:
      (freesUpAt === null
        ? 'Order fewer hours or devices'
        : `Order fewer hours or devices, terminate a cluster, wait until ${freesUpAt}`) +
      `, or raise the limit with PATCH /v1/budgets/${budget.id}.`,
    extra: {
      budget_id: budget.id,
      scope,
      period,
      limit: moneyToJson(usd(limitUnits)),
      left: moneyToJson(usd(left)),
      needed: moneyToJson(usd(neededUnits)),
      frees_up_at: freesUpAt,
    },
  });
};
