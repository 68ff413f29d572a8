/** A customer's wallet: keys and address are made by the library that customers' wallets use. */
import { createPrivateKey, sign } from 'node:crypto';
import { Keypair } from '@solana/web3.js';
import { encodeBase58 } from '../../shared/core/base58.ts';
import type { Randomness } from '../../shared/core/ids.ts';
import type { SignInSite } from '../../shared/identity/wallet-message.ts';

export const testSite: SignInSite = { origin: 'https://console.raymesh.test', chain: 'devnet' };

export interface TestWallet {
  readonly address: string;
  readonly keypair: Keypair;
  /** The signature of a text's UTF-8 bytes, in base58. */
  readonly sign: (text: string) => string;
}

/** The header of an Ed25519 private key as PKCS #8; the 32 bytes of the seed follow. */
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Its keys follow from the randomness. */
export const testWallet = (randomness: Randomness): TestWallet => {
  const seed = randomness.bytes(32);
  const keypair = Keypair.fromSeed(seed);
  const der = { key: Buffer.concat([pkcs8Header, seed]), format: 'der', type: 'pkcs8' } as const;
  return {
    address: keypair.publicKey.toBase58(),
    keypair,
    sign: (text) => encodeBase58(sign(null, Buffer.from(text), createPrivateKey(der))),
  };
};
