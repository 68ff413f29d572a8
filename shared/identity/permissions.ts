/**
 * Who may do what. A scope names one thing that a key may do; a role is a set of scopes; a key has a
 * role and may be narrowed to some of its scopes. Every route names exactly one scope.
 */

export const scopes = [
  /** Make organisations and see all of them; the operator's alone. */
  'organisations:write',
  /** See the own organisation. */
  'organisations:read',
  'api_keys:write',
  'api_keys:read',
  'audit_events:read',
  /** Prove wallets, register them, take them away. */
  'wallets:write',
  'wallets:read',
  /** Say where earnings are paid to; the owner's alone. */
  'payout_wallets:write',
  'payout_wallets:read',
  /** The supplier's profile, sites and join tokens, the devices' names and ends. */
  'devices:write',
  'devices:read',
  /** Proofs of the own devices, and their receipts. */
  'proofs:read',
  /** Have a device prove itself; the operator's alone. */
  'proofs:challenge',
  'prices:write',
  /** Catalogue, offers, prices. */
  'market:read',
  'quotes:write',
  'clusters:write',
  'clusters:read',
  /** The cluster's address and token. */
  'clusters:connect',
  'ledger:read',
  /** Give credit; the operator's alone. */
  'ledger:grant',
  /** Release earnings in review and rewards that are kept, and claw back; the operator's alone. */
  'ledger:review',
  /** See what all organisations together did; the operator's alone. */
  'ledger:figures',
  'invoices:read',
  /** Who stands on the invoices as the buyer. */
  'billing_details:write',
  /** Set what may be spent; who may not cannot widen a limit of its own. */
  'budgets:write',
  'budgets:read',
  /** Buy credit, save cards, ask for refunds. */
  'payments:write',
  'payments:read',
  /** See what the platform holds, owes and is owed; the operator's alone. */
  'treasury:read',
  /** Have earnings paid out. */
  'payouts:write',
  'payouts:read',
  /** Approve large payouts, stop all, deny wallets; the operator's alone. */
  'payouts:control',
  /** See whose cards are frozen, and lift it; the operator's alone. */
  'card_freezes:write',
  /** Stake on the own devices, and ask stake back. */
  'stakes:write',
  'stakes:read',
  /** See deposits that are nobody's yet, and say whose they are; the operator's alone. */
  'suspense:write',
  /** Say to whom the allocations of the own token go; the operator's alone. */
  'token:genesis',
] as const;

export type Scope = (typeof scopes)[number];

/** Scopes that only the operator's own organisation can hold. */
const operatorScopes: readonly Scope[] = [
  'organisations:write',
  'proofs:challenge',
  'ledger:grant',
  'ledger:review',
  'ledger:figures',
  'treasury:read',
  'card_freezes:write',
  'payouts:control',
  'suspense:write',
  'token:genesis',
];

const everything = scopes.filter((scope) => !operatorScopes.includes(scope));

export const roles = ['operator', 'owner', 'admin', 'member', 'billing'] as const;

export type Role = (typeof roles)[number];

/** The scopes of each role. */
export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  operator: scopes,
  owner: everything,
  admin: everything.filter(
    (scope) => scope !== 'api_keys:write' && scope !== 'payout_wallets:write',
  ),
  member: [
    'organisations:read',
    'devices:read',
    'proofs:read',
    'market:read',
    'quotes:write',
    'clusters:write',
    'clusters:read',
    'clusters:connect',
    'budgets:read',
  ],
  billing: [
    'organisations:read',
    'wallets:write',
    'wallets:read',
    'payout_wallets:read',
    'ledger:read',
    'invoices:read',
    'clusters:read',
    'payments:write',
    'payments:read',
    'payouts:read',
    'stakes:read',
    'billing_details:write',
    'budgets:write',
    'budgets:read',
  ],
};

/** Whether every scope asked for belongs to the role. */
export const roleCovers = (role: Role, asked: readonly Scope[]): boolean =>
  asked.every((scope) => scopesOfRole[role].includes(scope));
