/** A world on an emulator of its own, whose every database call is measured. */
import type { Database } from '../../shared/core/database.ts';
import { startDatabase } from '../stores/emulator-tables.ts';
import { createMeter, type Meter } from './meter.ts';
import { buildWorld, type World, type WorldOptions } from './world.ts';

export interface MeteredWorld {
  readonly world: World;
  readonly meter: Meter;
  /** The same tables, without the meter: to look at things beside the measured work. */
  readonly unmetered: Database;
}

/** Builds it, works with it and throws it away. */
export const withMeteredWorld = async <Result>(
  options: Pick<WorldOptions, 'devices' | 'suppliers'>,
  use: (metered: MeteredWorld) => Promise<Result>,
): Promise<Result> => {
  const meter = createMeter();
  const { database: unmetered, stop } = await startDatabase(meter.onCapacity);
  try {
    const database = meter.database(unmetered);
    const world = await buildWorld({
      ...options,
      database,
      seed: 'month',
      onLogged: meter.onLogged,
    });
    return await use({ world, meter, unmetered });
  } finally {
    await stop();
  }
};
