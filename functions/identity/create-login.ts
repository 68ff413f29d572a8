/**
 * POST /v1/logins/solana/verify: the signature of a sign-in message opens a login. Message spent, login opened,
 * audit event and, for an unknown wallet, organisation and wallet are one transaction; if its answer is lost,
 * nobody knows the secret, and the wallet signs another message.
 */
import type * as z from 'zod';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { dayMs, dayOf, secondMs } from '../../shared/core/time.ts';
import type { KeyMode } from '../../shared/identity/api-key.ts';
import { putAuditEvent } from '../../shared/identity/audit-store.ts';
import { type Login, loginLivesMs, newLoginSecret } from '../../shared/identity/login.ts';
import { type createLoginSchema, loginToJson } from '../../shared/identity/login-schemas.ts';
import { putLogin } from '../../shared/identity/login-store.ts';
import type { SignUpMode } from '../../shared/identity/sign-up.ts';
import { getWallet } from '../../shared/identity/wallet-store.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { noteTie } from './note-tie.ts';
import { proveWallet } from './prove-wallet.ts';
import { planSignUp } from './sign-up.ts';

type LoginNeeds = CommitRuntime & { readonly keyMode: KeyMode; readonly signUp: SignUpMode };
type LoginCall = Call<'public', unknown, unknown, z.output<typeof createLoginSchema>>;

export const createLogin = (needs: LoginNeeds, call: LoginCall) =>
  retryRefused(needs, async () => {
    const { nowMs, requestId } = call;
    const id = call.newId('lgn');
    const purpose = { kind: 'sign_in' } as const;
    const proven = await proveWallet(needs, { proof: call.body, purpose, attempt: id, nowMs });
    if (proven.outcome === 'done_before') throw new AppError('wallet.message_spent');
    const { signedUp, wallet, writes } = await enter(needs, call, proven.address);
    const secret = newLoginSecret(needs.keyMode, needs.randomness);
    const login: Login = {
      id,
      walletId: wallet.id,
      address: wallet.address,
      secretHash: sha256Hex(secret),
      createdAtMs: nowMs,
      expiresAtMs: nowMs + loginLivesMs,
    };
    const audit = putAuditEvent({
      id: call.newId('adt'),
      organisationId: wallet.organisationId,
      action: 'login.opened',
      actor: wallet.id,
      target: id,
      requestId,
      atMs: nowMs,
    });
    try {
      await commit(needs, [...writes, proven.spend, putLogin(login), audit]);
    } catch (error) {
      if (signedUp && error instanceof WriteRefused && error.failedAt(0)) throw dayIsFull(nowMs);
      throw error;
    }
    const { organisationId: organisation, address: value } = wallet;
    await noteTie(needs, { kind: 'wallet', value, organisation, tie: 'holder', atMs: nowMs });
    return { ...loginToJson(login, wallet), secret, signed_up: signedUp };
  });

/** The wallet as which somebody comes in, and what the login's transaction has beside the login. */
const enter = async (needs: LoginNeeds, call: LoginCall, address: string) => {
  const known = await getWallet(needs.database, address);
  if (known) {
    const { role } = known;
    if (role === null) throw new AppError('login.wallet_without_role');
    // Should the wallet go at this moment, the login is dead at its first use.
    return { signedUp: false, wallet: { ...known, role }, writes: [] };
  }
  const { nowMs, requestId } = call;
  const organisationId = call.newId('org');
  const ids = { organisationId, walletId: call.newId('wal'), auditId: call.newId('adt') };
  return { signedUp: true, ...planSignUp(needs.signUp, { ...ids, address, requestId, nowMs }) };
};

const dayIsFull = (nowMs: number): AppError => {
  const nextDayMs = (dayOf(nowMs) + 1) * dayMs;
  const retryAfterSeconds = Math.ceil((nextDayMs - nowMs) / secondMs);
  return new AppError('login.sign_ups_full', { retryAfterSeconds });
};
