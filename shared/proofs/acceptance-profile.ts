/**
 * How much a processor has to show before a customer pays for it. What is bought with a large GPU is its
 * memory as much as its speed, so its memory is tested at every hire; of the others, speed alone, for
 * their memory was tested when they were verified and is tested again about every day. Pure data.
 */
import { getModel } from '../market/catalogue.ts';
import type { Profile } from './protocol/parameters.ts';

/** GPUs with at least so much memory are sold by it. */
const soldByMemoryGibMin = 40;

/** light (1), or full (2) where the model is sold by its memory. */
export const acceptanceProfileOf = (model: string): Profile => {
  const known = getModel(model);
  const soldByMemory =
    known?.kind === 'gpu' && known.memoryGib !== null && known.memoryGib >= soldByMemoryGibMin;
  return soldByMemory ? 2 : 1;
};
