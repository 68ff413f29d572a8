/**
 * Structured logs: one JSON document per line with time, level, event and ids. The field names are
 * a closed list, so that a token or a key cannot slip into a log line.
 */
import { type Clock, isoOf } from '../shared/core/time.ts';

/** What a log line may carry beside its event. */
export interface LogFields {
  readonly node_id?: string;
  readonly cluster_id?: string;
  readonly command_id?: string;
  readonly device_id?: string;
  readonly processor_id?: string;
  readonly proof_id?: string;
  readonly challenge_id?: string;
  /** A slot's id. */
  readonly slot?: string;
  /** Measured 10^9 operations per second. */
  readonly gops?: number;
  readonly kind?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly status?: number;
  readonly pid?: number;
  readonly first_port?: number;
  readonly seconds?: number;
  readonly count?: number;
  readonly next?: string;
}

/** Where the agent's parts write what they do. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const nothing = () => undefined;

/** A log that says nothing, for commands whose output is a document. */
export const silentLog: Log = { info: nothing, warn: nothing, error: nothing };

/** A log that hands each finished line to `write`. */
export const createLog = (clock: Clock, write: (line: string) => void): Log => {
  const line =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      write(JSON.stringify({ time: isoOf(clock.nowMs()), level, event, ...fields }));
  return { info: line('info'), warn: line('warn'), error: line('error') };
};
