/** Organisations and keys for tests, written through the real stores. */

import type { Runtime } from '../../functions/kit/runtime.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import type { Id } from '../../shared/core/ids.ts';
import { newId } from '../../shared/core/ids.ts';
import { newApiKeySecret } from '../../shared/identity/api-key.ts';
import { putApiKey } from '../../shared/identity/api-key-store.ts';
import { putOrganisation } from '../../shared/identity/organisation-store.ts';
import { type Role, type Scope, scopesOfRole } from '../../shared/identity/permissions.ts';

/** Makes an organisation. */
export const makeOrganisation = async (runtime: Runtime, name = 'Acme'): Promise<Id<'org'>> => {
  const id = newId('org', runtime.clock.nowMs(), runtime.randomness);
  await commit(runtime, [putOrganisation({ id, name, createdAtMs: runtime.clock.nowMs() })]);
  return id;
};

/** Makes a key of an organisation; answers its secret. */
export const makeKey = async (
  runtime: Runtime,
  organisationId: Id<'org'>,
  role: Role = 'owner',
  options: { readonly scopes?: readonly Scope[]; readonly expiresAtMs?: number } = {},
): Promise<string> => {
  const secret = newApiKeySecret('test', runtime.randomness);
  const writes = putApiKey({
    id: newId('key', runtime.clock.nowMs(), runtime.randomness),
    organisationId,
    name: role,
    role,
    scopes: options.scopes ?? scopesOfRole[role],
    secretHash: sha256Hex(secret),
    lastFour: secret.slice(-4),
    createdAtMs: runtime.clock.nowMs(),
    expiresAtMs: options.expiresAtMs ?? null,
    revokedAtMs: null,
    lastUsedAtMs: null,
  });
  await commit(runtime, writes);
  return secret;
};
