/**
 * The devices that can be hired now, with their suppliers' prices: composes the devices' store and the
 * market's. The index behind it is stale by moments: plan from it, reserve by version.
 */
import { present } from '../../shared/core/assert.ts';
import type { Database } from '../../shared/core/database.ts';
import type { Device } from '../../shared/devices/device.ts';
import { listOfferedDevices } from '../../shared/devices/device-store.ts';
import type { Offer } from '../../shared/market/offer.ts';
import { effectivePrice, type SupplierPrice } from '../../shared/market/price.ts';
import { getPrices } from '../../shared/market/price-store.ts';

/** Models that are read at the same time. */
const modelsAtOnce = 8;

/** Offers of these catalogue models, in the order of the models. */
export const loadOffers = async (
  database: Database,
  models: readonly string[],
  nowMs: number,
): Promise<readonly Offer[]> => {
  const devices: Device[] = [];
  for (let start = 0; start < models.length; start += modelsAtOnce) {
    const batch = models.slice(start, start + modelsAtOnce);
    const found = await Promise.all(
      batch.map((model) => listOfferedDevices(database, model, nowMs)),
    );
    devices.push(...found.flat());
  }
  const suppliers = Map.groupBy(
    devices,
    ({ organisationId, model }) => `${organisationId} ${model}`,
  );
  const pairs = [...suppliers.values()].flatMap(([first]) => first ?? []);
  const prices = await getPrices(database, pairs);
  const ownPrices = new Map(prices.map((own) => [`${own.organisationId} ${own.model}`, own]));
  return devices.flatMap((device) => {
    const own = ownPrices.get(`${device.organisationId} ${device.model}`);
    return offerOf(device, own) ?? [];
  });
};

/** The offer that a device makes; undefined while it has not said which Ray it runs. */
const offerOf = (device: Device, own: SupplierPrice | undefined): Offer | undefined => {
  const { rayVersion, pythonVersion } = device;
  if (rayVersion === null || pythonVersion === null) return undefined;
  const price = present(effectivePrice(device.model, own), `${device.model} has no price`);
  return {
    deviceId: device.id,
    organisationId: device.organisationId,
    siteId: device.siteId,
    region: device.region,
    model: device.model,
    processorCount: device.processorCount,
    processorUnitsPerHour: price.unitsPerHour,
    cpus: device.cpus,
    memoryMib: device.hardware.memory_mib,
    rayVersion,
    pythonVersion,
    isolation: device.isolation,
    connectivityTier: device.connectivityTier ?? 0,
  };
};
