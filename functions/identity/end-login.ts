/** POST /v1/logins/end: the login that sends this ends at once. */
import { AppError } from '../../shared/core/errors.ts';
import { deleteLogin } from '../../shared/identity/login-store.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

export const endLogin = async (
  needs: CommitRuntime,
  call: Call<'key', unknown, unknown, unknown>,
) => {
  const { loginHash } = call.caller;
  if (loginHash === undefined) throw new AppError('login.none');
  await commit(needs, [deleteLogin(loginHash)]);
  return { object: 'login' as const, ended: true as const };
};
