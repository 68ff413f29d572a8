/**
 * The token library of wallets. One of its parts says on loading that it runs without native code, which is
 * no news to whoever starts the demo; nothing else is silenced.
 */
const { warn } = console;
console.warn = () => {};
const library = await import('@solana/spl-token');
console.warn = warn;

export const {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
  getAccount,
  getAssociatedTokenAddressSync,
  getMint,
} = library;
