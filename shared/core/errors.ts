/**
 * The one class of refusals. A refusal has a stable code out of the catalogue; the catalogue says
 * its kind, its title and what the reader can do next. Everything else that is thrown is a bug.
 */
import { catalogue, type ErrorCode, type ErrorKind } from './error-catalogue.ts';

/** HTTP status of each kind. */
export const httpStatusOf: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  payment_required: 402,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unprocessable: 422,
  too_early: 425,
  limit_exceeded: 429,
  bug: 500,
  unavailable: 503,
};

/** One malformed place of a request: where (JSON Pointer) and why. */
export interface FieldError {
  readonly pointer: string;
  readonly message: string;
}

/** What a refusal may carry beside its code. */
export interface AppErrorOptions {
  /** What happened and why, for the user; the catalogue's title when absent. */
  readonly message?: string;
  /** What to do next, for the user; the catalogue's suggestion when absent. */
  readonly suggestion?: string;
  readonly fields?: readonly FieldError[];
  /** Extra public members of the problem document (snake_case keys). */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  /** For the log only. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A refusal that a user (or a caller in the platform) can act on. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly options: AppErrorOptions;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? catalogue[code].title, { cause: options.cause });
    this.code = code;
    this.kind = catalogue[code].kind;
    this.options = options;
  }

  /** What to do next, in the user's words. */
  get suggestion(): string {
    return this.options.suggestion ?? catalogue[this.code].suggestion;
  }
}
