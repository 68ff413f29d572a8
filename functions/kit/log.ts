/**
 * Structured logs: one JSON object per line. Values under names that smell of secrets are dropped
 * wherever they stand, so that a careless log line leaks nothing.
 */
import { AppError } from '../../shared/core/errors.ts';

export interface Logger {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A logger that adds these fields to every line. */
  with(fields: Readonly<Record<string, unknown>>): Logger;
}

const secretName = /secret|token|authorization|password|private|signature/i;

const replacer = (name: string, value: unknown): unknown => {
  if (secretName.test(name)) return '[redacted]';
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof AppError) {
    return { code: value.code, message: value.message, details: value.options.details };
  }
  if (value instanceof Error) {
    return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
  }
  return value;
};

/** A logger that writes lines through `write`. */
export const createLogger = (
  write: (line: string) => void,
  base: Readonly<Record<string, unknown>> = {},
): Logger => {
  const log =
    (level: string) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}) =>
      write(JSON.stringify({ level, event, ...base, ...fields }, replacer));
  return {
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    with: (fields) => createLogger(write, { ...base, ...fields }),
  };
};
