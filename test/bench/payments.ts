/**
 * `payments`: what card money costs. The edge of webhooks and the crediting of top-ups in this process, with
 * in-memory stores and a provider that answers at once: our own code and nothing else. The write units of
 * a settlement on an emulator, which counts them as DynamoDB does. The webhook's bundle as it is deployed.
 */
import { assert } from '../../shared/core/assert.ts';
import { measureSettlements } from './cluster-works.ts';
import { measureBundles } from './cold-start.ts';
import { type Findings, higherIsBetter, lowerIsBetter, rounded } from './document.ts';
import { withMeteredWorld } from './metered-world.ts';
import { rentCluster } from './rent-cluster.ts';
import { measureTopUps } from './top-up-works.ts';
import { measureWebhook } from './webhook-works.ts';

/** As other benchmarks and the payments stack have them: p50 of a handler, import, weight of a bundle. */
const usual = { handlerMs: 5, importMs: 120, cardBundleKib: 700 } as const;
const settledHours = 4;
const orderedHours = 8;
const webhookImports = 11;

/** Write units of an hourly settlement that pays so many suppliers, and most that they may be. */
const settlementOf = async (id: string, suppliers: number, goal: number) => {
  const samples = await withMeteredWorld({ devices: suppliers, suppliers }, async (metered) =>
    measureSettlements(
      metered,
      await rentCluster(metered.world, suppliers, orderedHours),
      settledHours,
    ),
  );
  return {
    // The middle hour. The first one of a day also puts each supplier into the index of what matures.
    figure: lowerIsBetter({ id, unit: 'write units', goal, samples }),
    rows: samples.map((units, hour) => ({
      work: 'settlement of an hour, with its statement lines',
      suppliers,
      hour: hour + 1,
      write_units: rounded(units),
    })),
  };
};

export const benchPayments = async (): Promise<Findings> => {
  const edgeMs = await measureWebhook();
  const topUpsPerS = await measureTopUps();
  const one = await settlementOf('settle_write_units', 1, 10);
  const eight = await settlementOf('settle_write_units_8', 8, 34);
  const [webhook] = await measureBundles(['payments-webhook'], webhookImports);
  assert(webhook, 'no bundle of the webhook');
  return {
    figures: [
      lowerIsBetter({
        id: 'webhook_edge_p50_ms',
        unit: 'ms',
        goal: usual.handlerMs,
        samples: edgeMs,
      }),
      higherIsBetter({ id: 'top_ups_per_s', unit: '1/s', goal: null, samples: topUpsPerS }),
      one.figure,
      eight.figure,
      lowerIsBetter({
        id: 'webhook_bundle_kib',
        unit: 'KiB',
        goal: usual.cardBundleKib,
        samples: [webhook.kib],
      }),
      lowerIsBetter({
        id: 'webhook_import_ms',
        unit: 'ms',
        goal: usual.importMs,
        samples: webhook.importMs,
      }),
    ],
    rows: [...one.rows, ...eight.rows],
  };
};
