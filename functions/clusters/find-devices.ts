/** Finds devices for a quote's lines as they are now, whatever the stale index of offers still lists. */
import { contention, type Database } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { type Device, isOffered } from '../../shared/devices/device.ts';
import { getDevices } from '../../shared/devices/device-store.ts';
import type { Quote } from '../../shared/market/quote.ts';
import { planQuotedMatch, type QuotedMatch } from '../../shared/market/quoted-match.ts';
import { loadOffers } from '../market/load-offers.ts';

/** How often it plans around devices that the index still lists although they are taken. */
const plansMax = 5;

export interface FoundDevices {
  readonly match: QuotedMatch;
  /** The matched devices as read now; reserve them by their versions. */
  readonly devices: readonly Device[];
}

/** Throws `cluster.no_capacity` when no site has them. `tieBreak` decides between equal plans. */
export const findDevices = async (
  database: Database,
  quote: Quote,
  tieBreak: string,
  nowMs: number,
): Promise<FoundDevices> => {
  const { lines, terms, order: filters } = quote;
  const models = [...new Set(lines.map(({ model }) => model))];
  let offers = await loadOffers(database, models, nowMs);
  for (let plan = 1; plan <= plansMax; plan += 1) {
    const match = planQuotedMatch({ lines, terms, filters, offers, tieBreak });
    if (!match) throw new AppError('cluster.no_capacity');
    const ids = match.nodes.map(({ offer }) => offer.deviceId);
    const devices = await getDevices(database, ids);
    const gone = devices.filter((device) => !isOffered(device, nowMs)).map(({ id }) => id);
    if (gone.length === 0) return { match, devices };
    offers = offers.filter(({ deviceId }) => !gone.includes(deviceId));
  }
  throw contention(undefined);
};
