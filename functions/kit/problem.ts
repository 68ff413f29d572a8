/**
 * Refusals as RFC 9457 problem documents: the one mapper from AppError to what a user reads. A bug
 * answers a generic text; its cause goes to the log alone.
 */
import { AppError, httpStatusOf } from '../../shared/core/errors.ts';

/** A problem document, snake_case like everything on the wire. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly suggestion: string;
  readonly request_id: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
  readonly [extra: string]: unknown;
}

/** Any thrown value as a refusal: refusals as they are, everything else as a bug. */
export const toAppError = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError('platform.bug', { cause: error });

/** The problem document of a refusal. */
export const problemOf = (error: AppError, requestId: string): Problem => ({
  type: `https://raymesh.dev/docs/errors#${error.code}`,
  title: error.kind.replaceAll('_', ' '),
  status: httpStatusOf[error.kind],
  detail: error.message,
  code: error.code,
  suggestion: error.suggestion,
  request_id: requestId,
  ...(error.options.fields ? { errors: error.options.fields } : {}),
  ...error.options.extra,
});
