/**
 * Who is asking: the outcome of authentication, and the only thing that authorisation looks at.
 */
import type { Id } from '../core/ids.ts';
import type { Scope } from './permissions.ts';

/** What somebody comes with: an API key, or the wallet that a login stands on. */
export type CredentialId = Id<'key'> | Id<'wal'>;

/** A caller with an API key, or with the login of a wallet, which can do as much as a key of its role. */
export interface KeyPrincipal {
  readonly kind: 'key';
  readonly organisationId: Id<'org'>;
  readonly keyId: CredentialId;
  readonly scopes: readonly Scope[];
  /** Which login it is; absent: an API key. */
  readonly loginHash?: string;
}

/** The bootstrap key: stands above organisations, and only identity's endpoints accept it. */
export interface BootstrapPrincipal {
  readonly kind: 'bootstrap';
}

/** A device that signed its request with the key that it registered. */
export interface DevicePrincipal {
  readonly kind: 'device';
  readonly deviceId: Id<'dev'>;
  readonly organisationId: Id<'org'>;
}

export type Principal = KeyPrincipal | BootstrapPrincipal | DevicePrincipal;

/** For events and logs: `key_...`, `wal_...`, `dev_...` or `bootstrap`. */
export const actorOf = (principal: Principal): string => {
  if (principal.kind === 'key') return principal.keyId;
  return principal.kind === 'device' ? principal.deviceId : 'bootstrap';
};
