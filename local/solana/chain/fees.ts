/** What a transaction pays for landing: a base fee for each signature, and what it adds for priority. */
import { computeBudgetProgram, systemProgram } from './programs.ts';
import type { Message } from './wire.ts';

const lamportsPerSignature = 5000n;
const microLamports = 1_000_000n;
/** Compute units that each instruction may use where no limit is set; built-in programs need less. */
const unitsPerInstruction = 200_000n;
const builtinUnits = 3000n;
const unitsMax = 1_400_000n;

const setUnitLimit = 2;
const setUnitPrice = 3;

/** Lamports that this message pays, whether it succeeds or fails. */
export const feeOf = (message: Message): bigint => {
  const base = lamportsPerSignature * BigInt(message.signers);
  if (message.version === 1) return base + (message.config?.priorityFee ?? 0n);
  const isBudget = (index: number) => message.keys[index] === computeBudgetProgram;
  const isBuiltin = (index: number) => isBudget(index) || message.keys[index] === systemProgram;
  let limit: bigint | undefined;
  let price = 0n;
  for (const { programIdIndex, data } of message.instructions) {
    if (!isBudget(programIdIndex)) continue;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (data[0] === setUnitLimit && data.length >= 5) limit = BigInt(view.getUint32(1, true));
    if (data[0] === setUnitPrice && data.length >= 9) price = view.getBigUint64(1, true);
  }
  const units = message.instructions.reduce(
    (sum, { programIdIndex }) =>
      sum + (isBuiltin(programIdIndex) ? builtinUnits : unitsPerInstruction),
    0n,
  );
  const limited = limit ?? units;
  const paid = limited < unitsMax ? limited : unitsMax;
  return base + (paid * price + microLamports - 1n) / microLamports;
};
