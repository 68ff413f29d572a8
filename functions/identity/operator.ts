/** Tells the operator from a tenant: the bootstrap key, or a key that may make organisations. */
import type { BootstrapPrincipal, KeyPrincipal } from '../../shared/identity/principal.ts';

export const isOperator = (caller: KeyPrincipal | BootstrapPrincipal): boolean =>
  caller.kind === 'bootstrap' || caller.scopes.includes('organisations:write');
