/**
 * A local Solana for tests, driven through both real clients: a wallet of web3.js with spl-token pays
 * as a customer does, Kit reads and sends as the platform does. The clock stands still until moved.
 */
import { isNativeError } from 'node:util/types';
import {
  type Address,
  appendTransactionMessageInstructions,
  address as asAddress,
  createKeyPairSignerFromPrivateKeyBytes,
  createSolanaRpc,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  type Instruction,
  type KeyPairSigner,
  pipe,
  type Signature,
  setTransactionMessageConfig,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
  getAssociatedTokenAddressSync,
} from '@solana/spl-token';
import {
  Connection,
  Keypair,
  PublicKey,
  Transaction,
  TransactionInstruction,
} from '@solana/web3.js';
import { startLocalSolana } from '../../../local/solana/local-solana.ts';
import { seededRandomness } from '../../support/runtime.ts';

/** 2026-11-23T12:00:00Z. */
export const startMs = 1_795_435_200_000;

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export const sol = (amount: number): string => String(amount * 1_000_000_000);

/** A chain, both clients at both nodes, a treasury and a customer with 1,000 USDC and SOL for fees. */
export const setup = async (seed = 'solana') => {
  const clock = { ms: startMs };
  const chain = await startLocalSolana({ nowMs: () => clock.ms, seed });
  closers.push(() => chain.close());
  const { control } = chain;
  const connect = (url: string) =>
    new Connection(url, { commitment: 'confirmed', disableRetryOnRateLimit: true });
  const [connection, replicaConnection] = [connect(chain.url), connect(chain.replicaUrl)];
  const [rpc, replicaRpc] = [createSolanaRpc(chain.url), createSolanaRpc(chain.replicaUrl)];
  const randomness = seededRandomness(seed);
  const newKeypair = () => Keypair.fromSeed(randomness.bytes(32));
  const newSigner = () => createKeyPairSignerFromPrivateKeyBytes(randomness.bytes(32));
  const [usdc, io] = await control.mints();
  if (usdc === undefined || io === undefined) throw new Error('USDC and IO are not there');
  const [customer, treasury] = [newKeypair(), await newSigner()];
  const fund = async (to: string, amount = sol(10)) => await control.fund({ to, lamports: amount });
  await fund(customer.publicKey.toBase58());
  await fund(treasury.address);
  await control.mintTo({
    owner: customer.publicKey.toBase58(),
    mint: 'USDC',
    units: String(1000_000_000n),
  });
  const { tokenAccount } = await control.mintTo({
    ...{ owner: treasury.address, mint: 'USDC', units: '0' },
  });
  await control.finalize();
  return {
    ...{ chain, control, clock, connection, replicaConnection, rpc, replicaRpc },
    ...{ newKeypair, newSigner, usdc, io, customer, treasury, fund },
    treasuryUsdc: asAddress(tokenAccount),
  };
};

export type Setup = Awaited<ReturnType<typeof setup>>;

const memoProgram = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');

/** A memo without signers. */
export const memo = (text: string, program = memoProgram): TransactionInstruction =>
  new TransactionInstruction({ keys: [], programId: program, data: Buffer.from(text) });

export interface Payment {
  readonly units: bigint;
  readonly reference?: PublicKey;
  readonly before?: readonly TransactionInstruction[];
  readonly after?: readonly TransactionInstruction[];
  readonly from?: Keypair;
  readonly mint?: string;
  readonly decimals?: number;
  readonly program?: string;
  readonly to?: string;
}

/** A Solana Pay transfer as the customer's wallet builds and signs it. */
export const buildPayment = async (
  { connection, customer, treasury, usdc }: Setup,
  payment: Payment,
) => {
  const { units, reference, before = [], after = [], from = customer } = payment;
  const program = new PublicKey(payment.program ?? usdc.program);
  const mint = new PublicKey(payment.mint ?? usdc.mint);
  const owner = new PublicKey(payment.to ?? treasury.address);
  const source = getAssociatedTokenAddressSync(mint, from.publicKey, false, program);
  const destination = getAssociatedTokenAddressSync(mint, owner, false, program);
  const transfer = createTransferCheckedInstruction(
    ...([source, mint, destination, from.publicKey, units, payment.decimals ?? 6] as const),
    [],
    program,
  );
  if (reference !== undefined) {
    transfer.keys.push({ pubkey: reference, isSigner: false, isWritable: false });
  }
  const create = createAssociatedTokenAccountIdempotentInstruction(
    ...([from.publicKey, destination, owner, mint, program] as const),
  );
  const latest = await connection.getLatestBlockhash();
  const transaction = new Transaction({ feePayer: from.publicKey, ...latest });
  transaction.add(...before, ...(payment.to === undefined ? [] : [create]), transfer, ...after);
  transaction.sign(from);
  return { bytes: transaction.serialize(), ...latest };
};

/** The same, sent. Answers the signature. */
export const pay = async (service: Setup, payment: Payment): Promise<Signature> => {
  const { bytes } = await buildPayment(service, payment);
  return (await service.connection.sendRawTransaction(bytes)) as Signature;
};

/** A transaction of Kit, built and signed on the newest confirmed blockhash. */
export const build = async (
  { rpc }: Pick<Setup, 'rpc'>,
  payer: KeyPairSigner,
  instructions: readonly Instruction[],
  version: 0 | 1 = 0,
) => {
  const { value: latest } = await rpc.getLatestBlockhash().send();
  const config = { computeUnitLimit: 100_000, loadedAccountsDataSizeLimit: 1_000_000 };
  const message =
    version === 1
      ? pipe(
          createTransactionMessage({ version: 1 }),
          (each) => setTransactionMessageFeePayerSigner(payer, each),
          (each) => setTransactionMessageLifetimeUsingBlockhash(latest, each),
          (each) => appendTransactionMessageInstructions(instructions, each),
          (each) => setTransactionMessageConfig(config, each),
        )
      : pipe(
          createTransactionMessage({ version: 0 }),
          (each) => setTransactionMessageFeePayerSigner(payer, each),
          (each) => setTransactionMessageLifetimeUsingBlockhash(latest, each),
          (each) => appendTransactionMessageInstructions(instructions, each),
        );
  const signed = await signTransactionMessageWithSigners(message);
  const signature = getSignatureFromTransaction(signed);
  return { signed, signature, wire: getBase64EncodedWireTransaction(signed), ...latest };
};

/** The same, sent. Answers the signature. */
export const send = async (
  service: Pick<Setup, 'rpc'>,
  payer: KeyPairSigner,
  instructions: readonly Instruction[],
  version: 0 | 1 = 0,
): Promise<Signature> => {
  const { wire } = await build(service, payer, instructions, version);
  return await service.rpc.sendTransaction(wire, { encoding: 'base64' }).send();
};

/** What came to this account by this transaction, by its balances, as the platform is to count it. */
export const deltaOf = async (
  { rpc }: Pick<Setup, 'rpc'>,
  signature: Signature,
  account: Address,
): Promise<bigint> => {
  const transaction = await rpc
    .getTransaction(signature, { encoding: 'json', maxSupportedTransactionVersion: 1 })
    .send();
  const { meta } = transaction ?? {};
  if (transaction == null || meta == null) throw new Error(`${signature} is not there`);
  const { writable = [], readonly = [] } = meta.loadedAddresses ?? {};
  const keys = [...transaction.transaction.message.accountKeys, ...writable, ...readonly];
  const held = (balances: typeof meta.preTokenBalances) =>
    BigInt(
      balances?.find(({ accountIndex }) => keys[accountIndex] === account)?.uiTokenAmount.amount ??
        0,
    );
  return held(meta.postTokenBalances) - held(meta.preTokenBalances);
};

/** The error that this call ends with. */
export const errorOf = async (call: Promise<unknown>): Promise<Error> => {
  const outcome: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  // Those of fetch are not of this realm's class.
  if (isNativeError(outcome)) return outcome;
  throw new Error(`the call was not refused: ${String(outcome)}`);
};
