/**
 * Which changes of a table reach its stream's consumer; what a filter leaves out costs no invocation.
 * The form is Lambda's event filter: each named place of the record must hold one of the listed values.
 */
import { deviceKey } from '../../shared/devices/keys.ts';

export interface StreamFilter {
  readonly eventName: readonly ('INSERT' | 'MODIFY' | 'REMOVE')[];
  readonly dynamodb?: { readonly Keys: { readonly sk: { readonly S: readonly string[] } } };
}

/** New items of every kind. */
export const newItems: StreamFilter = { eventName: ['INSERT'] };

/** New and changed devices; not the events, pointers, sites and tokens that stand beside them. */
export const changedDevices: StreamFilter = {
  eventName: ['INSERT', 'MODIFY'],
  dynamodb: { Keys: { sk: { S: [deviceKey('').sk] } } },
};
