/** `expand[]`: ids in an answer are replaced by the objects that they name, four levels deep at most. */

import { invalid } from '../world/refusal.ts';
import type { World } from '../world/world.ts';

const expandable = new Set([
  'balance_transaction',
  'charge',
  'customer',
  'default_payment_method',
  'failure_balance_transaction',
  'latest_charge',
  'payment_intent',
  'payment_method',
  'setup_intent',
  'source',
]);
const levelsMax = 4;

type Properties = Record<string, unknown>;

/** Lists that an object has only when they are asked for. */
const included = (world: World, owner: Properties, name: string): unknown => {
  const id = String(owner['id']);
  if (owner['object'] === 'checkout.session' && name === 'line_items') {
    const data = world.state.plans.get(id)?.items ?? [];
    return { object: 'list', data, has_more: false, url: `/v1/checkout/sessions/${id}/line_items` };
  }
  if (owner['object'] === 'charge' && name === 'refunds') {
    const data = [...world.state.refunds.values()]
      .filter((refund) => refund.charge === id)
      .reverse();
    return { object: 'list', data, has_more: false, url: `/v1/charges/${id}/refunds` };
  }
  return undefined;
};

const follow = (world: World, owner: Properties, parts: readonly string[], path: string): void => {
  const [name, ...rest] = parts;
  if (name === undefined) return;
  const list = included(world, owner, name);
  if (list !== undefined) owner[name] = structuredClone(list);
  const value = owner[name];
  if (typeof value === 'string' && expandable.has(name)) {
    owner[name] = structuredClone(world.find(value) ?? value);
  } else if (typeof value === 'string' || (value === undefined && !expandable.has(name))) {
    throw invalid(
      `This property cannot be expanded (${path}). You may want to try expanding another one.`,
      { param: 'expand' },
    );
  }
  const next = owner[name];
  for (const each of Array.isArray(next) ? next : [next]) {
    if (typeof each === 'object' && each !== null) follow(world, each as Properties, rest, path);
  }
};

/** A copy of the answer in which these paths are expanded; those of a list begin with `data.`. */
export const expanded = (world: World, answer: object, paths: readonly string[]): object => {
  const copy = structuredClone(answer) as Properties;
  for (const path of paths) {
    const parts = path.split('.');
    if (parts.length > levelsMax + 1) {
      throw invalid(`You cannot expand more than ${levelsMax} levels of a property.`, {
        param: 'expand',
      });
    }
    follow(world, copy, parts, path);
  }
  return copy;
};
