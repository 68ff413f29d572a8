/** The stand-in's state as a JSON file, so that a later `npm start` finds its payments again. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { emptyState, type State } from './world/state.ts';

/** Reads what was saved, or an empty state where there is nothing. */
export const readState = (file: string): State => {
  if (!existsSync(file)) return emptyState();
  const saved = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>;
  const state: Record<string, unknown> = emptyState();
  for (const [name, empty] of Object.entries(state)) {
    const value = saved[name];
    if (value !== undefined) {
      state[name] = empty instanceof Map ? new Map(value as [string, unknown][]) : value;
    }
  }
  return state as State;
};

/** Saves a state; a crash leaves the old file or the new one. */
export const saveState = (file: string, state: State): void => {
  mkdirSync(dirname(file), { recursive: true });
  const plain = Object.entries(state).map(([name, value]) => [
    name,
    value instanceof Map ? [...value] : value,
  ]);
  writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(plain)));
  renameSync(`${file}.new`, file);
};
