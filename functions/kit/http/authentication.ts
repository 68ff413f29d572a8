/**
 * Who is calling, and may they: API keys, logins, the bootstrap key, signatures of devices. Answers 401 or 403
 * before the request's content is looked at.
 */
import { assert, present } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { sha256Hex } from '../../../shared/core/hash.ts';
import {
  type ApiKey,
  isApiKeySecret,
  isUsable,
  type KeyMode,
} from '../../../shared/identity/api-key.ts';
import { getApiKeyBySecretHash, noteApiKeyUse } from '../../../shared/identity/api-key-store.ts';
import { decideLogin, isLoginSecret, looksLikeLogin } from '../../../shared/identity/login.ts';
import { getLogin } from '../../../shared/identity/login-store.ts';
import { scopesOfRole } from '../../../shared/identity/permissions.ts';
import type { KeyPrincipal } from '../../../shared/identity/principal.ts';
import { getWallet } from '../../../shared/identity/wallet-store.ts';
import { authenticateDevice, authenticateNewDevice } from '../device-signature.ts';
import type { Caller, Route } from '../route.ts';
import type { Runtime } from '../runtime.ts';
import { type Exchange, exchangeOf, type HttpMiddleware } from './exchange.ts';

/** How this function tells keys. */
export interface KeyCheck {
  readonly keyMode: KeyMode;
  /** Whether a text is the bootstrap key; absent where it is not accepted. */
  readonly isBootstrapKey?: (text: string) => Promise<boolean>;
  /** Throws unless the card provider signed the request; absent where nothing of it is accepted. */
  readonly requireWebhook?: (sent: SentWebhook) => Promise<void>;
}

/** What a webhook's signature is checked over. */
export interface SentWebhook {
  /** Name of the route that it came to: each sender signs in its own way. */
  readonly route: string;
  readonly headers: Exchange['headers'];
  readonly body: Uint8Array;
  readonly arrivedAtMs: number;
}

export const authentication = (runtime: Runtime, check: KeyCheck): HttpMiddleware => ({
  before: async (request) => {
    const exchange = exchangeOf(request);
    const route = present(exchange.route, 'no route was found');
    const path = request.event.rawPath;
    exchange.caller = await callerOf(runtime, check, exchange, route, path);
    exchange.log = exchange.log.with(fieldsOf(exchange.caller));
  },
});

const fieldsOf = (caller: Caller): Readonly<Record<string, string>> => {
  if (caller.kind === 'key')
    return { organisation_id: caller.organisationId, key_id: caller.keyId };
  if (caller.kind === 'device') return { device_id: caller.deviceId };
  return {};
};

const callerOf = async (
  runtime: Runtime,
  check: KeyCheck,
  exchange: Exchange,
  route: Route<Runtime>,
  path: string,
): Promise<Caller> => {
  if (route.authentication === 'public') return { kind: 'public' };
  if (route.authentication === 'key' || route.authentication === 'key_or_bootstrap') {
    return keyCaller(runtime, check, exchange, route);
  }
  if (route.authentication === 'webhook') return webhookCaller(check, exchange, route.name);
  const signed = {
    headers: exchange.headers,
    parts: {
      method: route.method,
      authority: exchange.headers['host'] ?? '',
      path,
      body: exchange.body ?? '',
    },
  };
  return route.authentication === 'device'
    ? authenticateDevice(runtime, signed, route.acceptsBlockedDevice ? 'welcome' : 'refused')
    : authenticateNewDevice(runtime, signed);
};

const webhookCaller = async (
  check: KeyCheck,
  exchange: Exchange,
  route: string,
): Promise<Caller> => {
  const requireWebhook = present(check.requireWebhook, 'a webhook that nobody checks');
  const { headers, body } = exchange;
  assert(body instanceof Uint8Array, 'a webhook must be read as octets');
  const arrivedAtMs = present(exchange.arrivedAtMs, 'nobody looked when it arrived');
  await requireWebhook({ route, headers, body, arrivedAtMs });
  return { kind: 'webhook' };
};

const keyCaller = async (
  runtime: Runtime,
  check: KeyCheck,
  exchange: Exchange,
  route: Route<Runtime>,
): Promise<Caller> => {
  const secret = /^Bearer (\S{10,128})$/i.exec(exchange.headers['authorization'] ?? '')?.[1];
  if (secret === undefined) throw new AppError('identity.unauthenticated');
  const bootstrap = route.authentication === 'key_or_bootstrap' && secret.startsWith('rm_boot_');
  if (bootstrap && (await check.isBootstrapKey?.(secret))) return { kind: 'bootstrap' };
  const principal = looksLikeLogin(secret)
    ? await loginPrincipal(runtime, check.keyMode, secret)
    : await keyPrincipal(runtime, check.keyMode, secret);
  const scope = present(route.scope, 'a route for keys without a scope');
  if (!principal.scopes.includes(scope)) {
    throw new AppError('identity.forbidden', {
      message: `This ${principal.loginHash === undefined ? 'API key' : 'login'} lacks the scope ${scope}.`,
      extra: { required_scope: scope },
    });
  }
  return principal;
};

const keyPrincipal = async (
  runtime: Runtime,
  mode: KeyMode,
  secret: string,
): Promise<KeyPrincipal> => {
  const refusal = (why: string) =>
    new AppError('identity.unauthenticated', {
      message: `The API key that ends in "${secret.slice(-4)}" ${why}.`,
    });
  if (!isApiKeySecret(secret, mode)) throw refusal('is not well-formed');
  const key = await getApiKeyBySecretHash(runtime.database, sha256Hex(secret));
  if (!key) throw refusal('is not known');
  const nowMs = runtime.clock.nowMs();
  if (!isUsable(key, nowMs)) throw refusal(key.revokedAtMs === null ? 'expired' : 'was revoked');
  await noteUse(runtime, key, nowMs);
  // A role that lost a scope takes it from its keys at once.
  const scopes = key.scopes.filter((scope) => scopesOfRole[key.role].includes(scope));
  return { kind: 'key', organisationId: key.organisationId, keyId: key.id, scopes };
};

/** A login has the role that its wallet has now, and none when the wallet is gone. */
const loginPrincipal = async (
  { database, clock }: Runtime,
  mode: KeyMode,
  secret: string,
): Promise<KeyPrincipal> => {
  const loginHash = sha256Hex(secret);
  const login = isLoginSecret(secret, mode) ? await getLogin(database, loginHash) : undefined;
  const wallet = login && (await getWallet(database, login.address));
  const decision = login && decideLogin(login, wallet, clock.nowMs());
  if (decision?.outcome !== 'open') {
    throw new AppError('identity.unauthenticated', {
      message: `The login that ends in "${secret.slice(-4)}" is not known, or has ended.`,
      suggestion: 'Sign in again: POST /v1/logins/solana/message, then /v1/logins/solana/verify.',
    });
  }
  const { id: keyId, organisationId } = decision.wallet;
  return { kind: 'key', organisationId, keyId, scopes: scopesOfRole[decision.role], loginHash };
};

/** The time of last use is for people: where others write the key right now, it is left out. */
const noteUse = async (runtime: Runtime, key: ApiKey, nowMs: number): Promise<void> => {
  const use = noteApiKeyUse(key, nowMs);
  if (!use) return;
  try {
    await runtime.database.write(use);
  } catch (error) {
    const busy = error instanceof AppError && error.kind === 'unavailable';
    if (!busy && !(error instanceof WriteRefused)) throw error;
  }
};
