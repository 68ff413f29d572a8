/**
 * One Solana provider as the port: the only module that asks a chain. It reads legacy, v0 and v1
 * transactions; what a node answers leaves it in the platform's own forms (solana-forms.ts), what it does not
 * answer as `solana.unavailable` (solana-calls.ts). It holds no key and signs nothing.
 */
import {
  type Address,
  type Base64EncodedWireTransaction,
  type Signature,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION,
} from '@solana/kit';
import { getNonceDecoder, NonceState, SYSTEM_PROGRAM_ADDRESS } from '@solana-program/system';
import * as z from 'zod';
import { assert } from '../core/assert.ts';
import { hasRefusedWith, type SolanaAccess, solanaCalls } from './solana-calls.ts';
import {
  accountBytes,
  bigintSchema,
  mintOf,
  rawAccountSchema,
  readTransaction,
  signatureNoteSchema,
  signatureStatusSchema,
  simulationSchema,
  tokenAccountOf,
  unreadable,
} from './solana-forms.ts';
import type { SolanaPort } from './solana-port.ts';

const newerVersion = SOLANA_ERROR__JSON_RPC__SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION;
const finalized = { commitment: 'finalized' } as const;
const historyMax = 1_000;
const accountsMax = 100;
const statusesMax = 256;
const feeAccountsMax = 128;
const nonceBytes = 80;

const inContext = <Value>(value: z.ZodType<Value>) =>
  z.looseObject({ context: z.looseObject({ slot: bigintSchema }), value });

const blockhashSchema = z
  .looseObject({ blockhash: z.string(), lastValidBlockHeight: bigintSchema })
  .transform(({ blockhash, lastValidBlockHeight }) => ({ blockhash, lastValidBlockHeight }));

const feeSchema = z.looseObject({ prioritizationFee: bigintSchema });

/** What three of four values do not exceed; 0 of none. */
const upperQuartile = (values: readonly bigint[]): bigint => {
  const sorted = values.toSorted((one, other) => (one < other ? -1 : 1));
  return sorted[Math.ceil(sorted.length * 0.75) - 1] ?? 0n;
};

const wireOf = (bytes: Uint8Array): Base64EncodedWireTransaction =>
  Buffer.from(bytes).toString('base64') as Base64EncodedWireTransaction;

/** The port over one provider. */
export const solana = (access: SolanaAccess): SolanaPort => {
  const call = solanaCalls(access);
  const rawAccount = async (address: string) => {
    const config = { ...finalized, encoding: 'base64' } as const;
    const { value } = await call(
      (rpc) => rpc.getAccountInfo(address as Address, config),
      inContext(rawAccountSchema),
    );
    return value;
  };
  return {
    provider: access.provider,

    getFinalizedSlot: () => call((rpc) => rpc.getSlot(finalized), bigintSchema),

    getFinalizedBlockHeight: () => call((rpc) => rpc.getBlockHeight(finalized), bigintSchema),

    async listSignatures(address, { before, limit, slotMin, commitment = 'finalized' }) {
      assert(limit >= 1 && limit <= historyMax, 'a page of a history is 1 to 1,000 signatures');
      const config = {
        commitment,
        limit,
        ...(before === undefined ? {} : { before: before as Signature }),
        ...(slotMin === undefined ? {} : { minContextSlot: slotMin }),
      };
      return await call(
        (rpc) => rpc.getSignaturesForAddress(address as Address, config),
        z.array(signatureNoteSchema),
      );
    },

    async getTransaction(signature, commitment) {
      try {
        const config = { commitment, encoding: 'json', maxSupportedTransactionVersion: 1 } as const;
        const told = await call(
          (rpc) => rpc.getTransaction(signature as Signature, config),
          z.unknown(),
        );
        return readTransaction(signature, told);
      } catch (error) {
        if (!hasRefusedWith(error, newerVersion)) throw error;
        return unreadable('its version is newer than what we read');
      }
    },

    async listTokenAccounts(addresses, slotMin, commitment = 'finalized') {
      assert(addresses.length <= accountsMax, 'at most 100 accounts at once');
      const config = {
        commitment,
        encoding: 'base64' as const,
        ...(slotMin === undefined ? {} : { minContextSlot: slotMin }),
      };
      const { context, value } = await call(
        (rpc) => rpc.getMultipleAccounts(addresses as readonly Address[], config),
        inContext(z.array(rawAccountSchema).length(addresses.length)),
      );
      const accounts = addresses.map((address, at) => tokenAccountOf(address, value[at] ?? null));
      return { slot: context.slot, accounts };
    },

    getMint: async (address) => mintOf(address, await rawAccount(address)),

    async getLamports(address) {
      const { value } = await call(
        (rpc) => rpc.getBalance(address as Address, finalized),
        inContext(bigintSchema),
      );
      return value;
    },

    async getLatestBlockhash() {
      const { value } = await call(
        (rpc) => rpc.getLatestBlockhash({ commitment: 'confirmed' }),
        inContext(blockhashSchema),
      );
      return value;
    },

    async getNonce(address) {
      const account = await rawAccount(address);
      if (account?.owner !== SYSTEM_PROGRAM_ADDRESS) return undefined;
      const bytes = accountBytes(account);
      if (bytes.length !== nonceBytes) return undefined;
      const { state, blockhash } = getNonceDecoder().decode(bytes);
      return state === NonceState.Initialized ? blockhash : undefined;
    },

    async listStatuses(signatures) {
      assert(signatures.length <= statusesMax, 'at most 256 statuses at once');
      const config = { searchTransactionHistory: true };
      const { value } = await call(
        (rpc) => rpc.getSignatureStatuses(signatures as readonly Signature[], config),
        inContext(z.array(signatureStatusSchema).length(signatures.length)),
      );
      return value;
    },

    simulate: (wire, watched = []) =>
      call(
        (rpc) =>
          rpc.simulateTransaction(wireOf(wire), {
            accounts: { addresses: watched as readonly Address[], encoding: 'base64' },
            commitment: 'confirmed',
            encoding: 'base64',
            sigVerify: false,
          }),
        simulationSchema(watched),
      ),

    async send(wire) {
      const config = { encoding: 'base64', skipPreflight: true, maxRetries: 0n } as const;
      await call((rpc) => rpc.sendTransaction(wireOf(wire), config), z.string());
    },

    async getPriorityFee(writableAccounts) {
      assert(writableAccounts.length <= feeAccountsMax, 'at most 128 accounts at once');
      const fees = await call(
        (rpc) => rpc.getRecentPrioritizationFees(writableAccounts as readonly Address[]),
        z.array(feeSchema),
      );
      return upperQuartile(fees.map(({ prioritizationFee }) => prioritizationFee));
    },
  };
};
