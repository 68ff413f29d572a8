/**
 * The only list of environment variables that functions may read, and what each means. The function
 * construct accepts a partial record of these names; `functions/kit/env.ts` parses them once.
 */
import type { TableName } from './tables.ts';

/** Variables that name a table. */
export type TableVariable = `TABLE_${Uppercase<TableName>}`;

export const environmentNames = [
  /** `local`, `dev`, `prod`: only `local` reads the clock's offset. */
  'STAGE',
  /** `live` or `test`: the middle part of API keys. */
  'KEY_MODE',
  'TABLE_IDENTITY',
  'TABLE_REQUESTS',
  'TABLE_DEVICES',
  'TABLE_PRESENCE',
  'TABLE_MARKET',
  'TABLE_CLUSTERS',
  'TABLE_LEDGER',
  'TABLE_PAYMENTS',
  'TABLE_PROOFS',
  'TABLE_BEACON',
  'TABLE_REWARDS',
  /** Secret that holds the operator's bootstrap key. */
  'BOOTSTRAP_SECRET_ARN',
  /** Scheme and host of the page where people sign in; it stands in what their wallets sign. */
  'SIGN_IN_ORIGIN',
  /** `mainnet`, `devnet` or `localnet`: stands there as well. */
  'SIGN_IN_CHAIN',
  /** Secret from which the key of receipts follows. */
  'RECEIPT_SECRET_ARN',
  /** Address of the bucket of the transcripts of proofs. */
  'TRANSCRIPT_BUCKET_URL',
  /** Address of the bucket of what hours were closed with: snapshots and statements. */
  'STATEMENT_BUCKET_URL',
  /** Set by Lambda, as the three below: the region, and the credentials of the function's role. */
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  /** HTTPS management endpoint of the agents' WebSocket API. */
  'SOCKET_ENDPOINT',
  /** wss:// address that agents dial, told to them at registration. */
  'SOCKET_URL',
  'PROVISION_STATE_MACHINE_ARN',
  'RELEASE_STATE_MACHINE_ARN',
  'VERIFY_STATE_MACHINE_ARN',
  'PAY_STATE_MACHINE_ARN',
  'CLOSE_STATE_MACHINE_ARN',
  'MINT_STATE_MACHINE_ARN',
  /** Seller and taxes for invoices, as JSON: what the operator configured. */
  'INVOICING',
  /** `open` or `closed`: whether a wallet that nobody knows brings an organisation of its own. */
  'SIGN_UP',
  /** For how many hours a new payout wallet is not paid to. */
  'PAYOUT_COOLDOWN_HOURS',
  /** Secret that holds the key of the card provider's API. */
  'STRIPE_KEY_SECRET_ARN',
  /** Secret with which the card provider signs what it sends. */
  'STRIPE_WEBHOOK_SECRET_ARN',
  /** Where the card provider's API is instead of at its own address; on stage `local` alone. */
  'STRIPE_ADDRESS',
  /** Secret that holds the key of the source of token prices. */
  'PYTH_KEY_SECRET_ARN',
  /** Token prices that were set, as JSON; on stage `local` alone. */
  'FIXED_TOKEN_PRICES',
  /** Secret that holds the addresses of Solana's providers. */
  'SOLANA_RPC_SECRET_ARN',
  /** Addresses of the mints of the tokens that are taken and paid. */
  'USDC_MINT',
  'IO_MINT',
  /** `own` or `existing`: whose token rewards are paid in; absent where the installation has none. */
  'TOKEN_MODE',
  /** The first hour of emission, `YYYY-MM-DDTHH` in UTC; absent where there is no token. */
  'GENESIS_HOUR',
  /** The treasury's key, which is in KMS. */
  'TREASURY_KEY_ARN',
  /** Durable nonce on which approved payouts stand; where there is none, they stand on blockhashes. */
  'PAYOUT_NONCE_ACCOUNT',
  /** Where hints that something came to the treasury wait for their work. */
  'HINTS_QUEUE_URL',
  /** Secret that who watches the chain for us sends with its hints. */
  'SOLANA_WEBHOOK_SECRET_ARN',
  /** Where a person is told of deposits that nobody can read. */
  'UNREADABLE_DEPOSITS_QUEUE_URL',
  /** The most IO, in base units, that deposits may raise the platform's position to. */
  'IO_POSITION_LIMIT',
  /** Where the card provider's events wait for their work. */
  'PROVIDER_EVENTS_QUEUE_URL',
  /** Where a stream consumer sends what it cannot process. */
  'POISON_QUEUE_URL',
] as const;

export type EnvironmentName = (typeof environmentNames)[number];

/** The variable that carries a table's name. */
export const tableVariable = (table: TableName): TableVariable & EnvironmentName =>
  `TABLE_${table.toUpperCase()}` as TableVariable & EnvironmentName;
