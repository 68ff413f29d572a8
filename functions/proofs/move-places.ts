/** Changes the places of all devices of some owners, one by one, each at its version. */
import { listDevicesByOrganisation } from '../../shared/devices/device-store.ts';
import type { Place } from '../../shared/proofs/place.ts';
import { getPlace, getPlaces, putPlace } from '../../shared/proofs/place-store.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Runtime } from '../kit/runtime.ts';

type MoveNeeds = Pick<Runtime, 'database' | 'pause' | 'randomness'>;

/** Devices per page, as many as their places are read at once. */
const pageSize = 100;
/** Pages of an owner's devices: 1,000,000 devices. */
const pagesMax = 10_000;

/** The place after a change; the same object when it stays. */
export type PlaceChange = (place: Place) => Place;

/** Applies the change to the place of every device of these owners. Repeating it changes nothing. */
export const movePlaces = async (
  needs: MoveNeeds,
  organisationIds: readonly string[],
  change: PlaceChange,
): Promise<void> => {
  for (const organisationId of organisationIds) {
    let cursor: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const found = await listDevicesByOrganisation(needs.database, organisationId, {
        limit: pageSize,
        cursor,
      });
      const ids = found.devices.map(({ id }) => id);
      for (const place of await getPlaces(needs.database, ids))
        await movePlace(needs, place, change);
      cursor = found.next;
      if (cursor === undefined) break;
    }
  }
};

/** Applies the change to one place, as it is by then. */
export const movePlace = async (
  needs: MoveNeeds,
  known: Place,
  change: PlaceChange,
): Promise<void> => {
  if (change(known) === known) return;
  await retryRefused(needs, async () => {
    const place = await getPlace(needs.database, known.deviceId);
    if (!place) return;
    const after = change(place);
    if (after !== place) await needs.database.write(putPlace(after));
  });
};
