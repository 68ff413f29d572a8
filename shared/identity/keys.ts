/** Keys of the identity table. */
import type { Key } from '../core/database.ts';
import type { Belonging } from './link.ts';

export const organisationKey = (organisationId: string): Key => ({
  pk: `ORG#${organisationId}`,
  sk: 'ORGANISATION',
});

/** API keys are found by the hash of their secret; `by_owner` lists those of an organisation. */
export const apiKeyKey = (secretHash: string): Key => ({ pk: `KEY#${secretHash}`, sk: 'KEY' });

/** Finds an API key by its id. */
export const apiKeyPointerKey = (keyId: string): Key => ({ pk: `KEYID#${keyId}`, sk: 'POINTER' });

/** An audit event; its id sorts by time. */
export const auditEventKey = (organisationId: string, eventId: string): Key => ({
  pk: `ORG#${organisationId}`,
  sk: `AUDIT#${eventId}`,
});

export const auditPrefix = 'AUDIT#';

/** A wallet; `by_owner` lists those of an organisation. */
export const walletKey = (address: string): Key => ({ pk: `WALLET#${address}`, sk: 'WALLET' });

/** Finds a wallet by its id. */
export const walletPointerKey = (walletId: string): Key => ({
  pk: `WALLETID#${walletId}`,
  sk: 'POINTER',
});

/** Of the requests table: a message for a wallet to sign. */
export const walletMessageKey = (messageId: string): Key => ({
  pk: `WALLETMESSAGE#${messageId}`,
  sk: 'WALLETMESSAGE',
});

/** Of the requests table: a login, found by the hash of its secret. */
export const loginKey = (secretHash: string): Key => ({ pk: `LOGIN#${secretHash}`, sk: 'LOGIN' });

/** How many organisations came by themselves on a day; `day` is days since the epoch. */
export const signUpsKey = (day: number): Key => ({ pk: `SIGNUPS#${day}`, sk: 'SIGNUPS' });

/** Who has to do with a wallet or a card. */
export const tiesKey = ({ kind, value }: Belonging): Key => ({
  pk: `TIES#${kind}#${value}`,
  sk: 'TIES',
});

/** That a customer counts as one with a supplier. */
export const linkKey = (customer: string, supplier: string): Key => ({
  pk: `ORG#${customer}`,
  sk: `LINK#${supplier}`,
});
