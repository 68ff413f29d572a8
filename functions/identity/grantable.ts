/** What a caller may grant to a key or a wallet: never more than the role has, and never more than it has itself. */
import { AppError } from '../../shared/core/errors.ts';
import {
  type Role,
  roleCovers,
  type Scope,
  scopesOfRole,
} from '../../shared/identity/permissions.ts';
import type { BootstrapPrincipal, KeyPrincipal } from '../../shared/identity/principal.ts';
import { isOperator } from './operator.ts';

/** The scopes that are granted, all of the role where none are named; else `identity.scope_not_grantable`. */
export const requireGrantable = (
  caller: KeyPrincipal | BootstrapPrincipal,
  role: Role,
  asked?: readonly Scope[],
): readonly Scope[] => {
  const scopes = asked ?? scopesOfRole[role];
  if (!roleCovers(role, scopes)) throw new AppError('identity.scope_not_grantable');
  if (caller.kind === 'bootstrap') return scopes;
  const covered = scopes.every((scope) => caller.scopes.includes(scope));
  if (!covered || (role === 'operator' && !isOperator(caller))) {
    throw new AppError('identity.scope_not_grantable', {
      message: 'A key cannot grant a role or scopes that it does not have itself.',
    });
  }
  return scopes;
};

/**
 * As what the holder of a wallet may sign in: who may not make API keys cannot make one of a wallet either.
 * `identity.scope_not_grantable`.
 */
export const requireGrantableRole = (caller: KeyPrincipal, role: Role): void => {
  if (!caller.scopes.includes('api_keys:write')) {
    throw new AppError('identity.scope_not_grantable', {
      message:
        'Who signs in with a wallet can do as much as with an API key: this takes the scope api_keys:write.',
      suggestion: 'Leave role out, or ask the owner of the organisation to register the wallet.',
    });
  }
  requireGrantable(caller, role);
};
