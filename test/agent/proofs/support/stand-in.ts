/** Where the interpreter of the tests lies, and the folder whose `prover` computes nothing. */
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');

export const python = join(root, '.venv/bin/python');
export const standIn = join(import.meta.dirname, 'stand-in');
