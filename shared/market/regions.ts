/**
 * Where a site may say that it stands. A fixed list, so that orders and offers speak of the same
 * places; `local` is for a platform that runs on one machine or in one private network.
 */
import * as z from 'zod';

export const regions = [
  'us-east',
  'us-west',
  'ca-central',
  'sa-east',
  'eu-west',
  'eu-central',
  'eu-north',
  'me-central',
  'af-south',
  'ap-south',
  'ap-southeast',
  'ap-northeast',
  'au-east',
  'local',
] as const;

/** One region. */
export type Region = (typeof regions)[number];

/** Accepts exactly the regions of the list. */
export const regionSchema = z.enum(regions).meta({ example: 'eu-west' });
