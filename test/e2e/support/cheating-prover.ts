/**
 * A prover that cheats when the test says so. The agent finds its interpreter in the first line of `ray`;
 * here that line names a script, which starts the agent's own prover with one method replaced. The
 * product has no switch for it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interpreterOf } from '../../../agent/hardware/ray-installation.ts';
import { paths } from '../../../local/paths.ts';
import { present } from '../../../shared/core/assert.ts';

const honestRay = join(paths.root, '.venv/bin/ray');
const cheat = join(import.meta.dirname, 'cheating_prover.py');

export interface CheatingProver {
  /** What the agent is told to be its `ray`. */
  readonly ray: string;
  /** From now on every opening is forged, or none is. */
  cheat(on: boolean): void;
}

/** Made in a folder of its own, which is emptied first. */
export const makeCheatingProver = (folder: string): CheatingProver => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [flag, python, ray] = ['cheat', 'python', 'ray'].map((name) => join(folder, name));
  const real = present(interpreterOf(honestRay), 'no interpreter');
  const script = [
    '#!/bin/sh',
    `[ "$1 $2" = "-m prover" ] && exec "${real}" "${cheat}" "${flag}" "$@"`,
    `exec "${real}" "$@"`,
  ];
  writeFileSync(String(python), `${script.join('\n')}\n`, { mode: 0o755 });
  const [, ...rest] = readFileSync(honestRay, 'utf8').split('\n');
  writeFileSync(String(ray), [`#!${python}`, ...rest].join('\n'), { mode: 0o755 });
  return {
    ray: String(ray),
    cheat: (on) => (on ? writeFileSync(String(flag), '') : rmSync(String(flag), { force: true })),
  };
};
