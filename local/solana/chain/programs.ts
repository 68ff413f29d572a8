/** Addresses of the programs that the chain runs and knows how to read. */
import { address } from '@solana/kit';

export const systemProgram = address('11111111111111111111111111111111');
export const tokenProgram = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
export const token2022Program = address('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb');
export const associatedTokenProgram = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
export const computeBudgetProgram = address('ComputeBudget111111111111111111111111111111');

/** All three are in use; Kit's memo client takes the last one. */
export const memoPrograms = [
  address('Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo'),
  address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr'),
  address('Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH'),
] as const;

/** Lighthouse, whose guards wallets put before and after a transfer. Here it accepts any text. */
export const guardProgram = address('L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95');
