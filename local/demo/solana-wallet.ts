/**
 * A person's Solana wallet, played with the library that wallets are made with, not the platform's: it signs
 * messages and pays Solana Pay links as Phantom or Solflare would.
 */
import { createPrivateKey, sign } from 'node:crypto';
import {
  Connection,
  Keypair,
  PublicKey,
  Transaction,
  TransactionInstruction,
} from '@solana/web3.js';
import { present } from '../../shared/core/assert.ts';
import { encodeBase58 } from '../../shared/core/base58.ts';
import { UserError } from '../user-error.ts';
import {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
  getAccount,
  getAssociatedTokenAddressSync,
  getMint,
} from './spl-token.ts';
import { waitFor } from './wait.ts';

const memoProgram = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');
/** The header of an Ed25519 private key as PKCS #8; the 32 bytes of the seed follow. */
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');

/** What a Solana Pay link asks for. */
interface PayRequest {
  readonly recipient: PublicKey;
  readonly mint: PublicKey;
  /** Decimal, as a person reads it. */
  readonly amount: string;
  readonly references: readonly PublicKey[];
  readonly memo: string | null;
}

const readLink = (link: string): PayRequest => {
  const url = new URL(link);
  const parameter = (name: string): string =>
    present(url.searchParams.get(name) ?? undefined, `a payment link without ${name}: ${link}`);
  return {
    recipient: new PublicKey(url.pathname),
    mint: new PublicKey(parameter('spl-token')),
    amount: parameter('amount'),
    references: url.searchParams.getAll('reference').map((key) => new PublicKey(key)),
    memo: url.searchParams.get('memo'),
  };
};

/** Base units of a decimal amount; what is finer than the token is refused. */
const unitsOf = (amount: string, decimals: number): bigint => {
  const [whole = '', fraction = ''] = amount.split('.');
  if (fraction.length > decimals) throw new UserError(`The link asks for ${amount}: too fine.`);
  return BigInt(whole + fraction.padEnd(decimals, '0'));
};

export class SolanaWallet {
  readonly address: string;
  readonly #keypair: Keypair;
  readonly #connection: Connection;

  /** `seed` is the 32 bytes of its private key. */
  constructor(node: string, seed: Uint8Array) {
    this.#keypair = Keypair.fromSeed(seed);
    this.#connection = new Connection(node, 'confirmed');
    this.address = this.#keypair.publicKey.toBase58();
  }

  /** Its signature of a message's UTF-8 bytes, in base58. */
  sign(message: string): string {
    const seed = this.#keypair.secretKey.subarray(0, 32);
    const key = { key: Buffer.concat([pkcs8Header, seed]), format: 'der', type: 'pkcs8' } as const;
    return encodeBase58(sign(null, Buffer.from(message), createPrivateKey(key)));
  }

  /** Pays what the link asks for; answers the transaction's signature when it is confirmed. */
  async pay(link: string): Promise<string> {
    const { recipient, mint, amount, references, memo } = readLink(link);
    const { decimals } = await getMint(this.#connection, mint);
    const payer = this.#keypair.publicKey;
    const [from, to] = [payer, recipient].map((owner) =>
      getAssociatedTokenAddressSync(mint, owner, true),
    ) as [PublicKey, PublicKey];
    const units = unitsOf(amount, decimals);
    const transfer = createTransferCheckedInstruction(from, mint, to, payer, units, decimals);
    for (const pubkey of references) {
      transfer.keys.push({ pubkey, isSigner: false, isWritable: false });
    }
    const note = new TransactionInstruction({
      programId: memoProgram,
      keys: [],
      data: Buffer.from(memo ?? ''),
    });
    return this.#send([
      ...(memo === null ? [] : [note]),
      createAssociatedTokenAccountIdempotentInstruction(payer, to, recipient, mint),
      transfer,
    ]);
  }

  /** Makes its account of a token, which whoever wants to be paid in it needs. */
  openAccount(mint: string): Promise<string> {
    const [owner, token] = [this.#keypair.publicKey, new PublicKey(mint)];
    const account = getAssociatedTokenAddressSync(token, owner);
    return this.#send([
      createAssociatedTokenAccountIdempotentInstruction(owner, account, owner, token),
    ]);
  }

  /** Base units of a token that it has. */
  async unitsOf(mint: string): Promise<bigint> {
    const account = getAssociatedTokenAddressSync(new PublicKey(mint), this.#keypair.publicKey);
    return (await getAccount(this.#connection, account, 'finalized')).amount;
  }

  async #send(instructions: readonly TransactionInstruction[]): Promise<string> {
    const { blockhash, lastValidBlockHeight } = await this.#connection.getLatestBlockhash();
    const feePayer = this.#keypair.publicKey;
    const transaction = new Transaction({ feePayer, blockhash, lastValidBlockHeight });
    transaction.add(...instructions);
    transaction.sign(this.#keypair);
    const signature = await this.#connection.sendRawTransaction(transaction.serialize());
    await waitFor(
      `the wallet's transaction ${signature} to be confirmed`,
      async () => {
        const { value } = await this.#connection.getSignatureStatus(signature);
        if (value?.err)
          throw new UserError(`The chain refused ${signature}: ${JSON.stringify(value.err)}`);
        return value?.confirmationStatus === 'processed' ? undefined : (value ?? undefined);
      },
      { seconds: 60, everyMs: 400 },
    );
    return signature;
  }
}
