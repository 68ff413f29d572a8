/**
 * The composition root: the one place where the real clock, randomness, database and logger are made.
 * Handlers name the few parts they need; entries add the adapters that their function may use.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { requestLimits } from '../../shared/adapters/request-limits.ts';
import type { Database } from '../../shared/core/database.ts';
import type { Randomness } from '../../shared/core/ids.ts';
import type { Clock } from '../../shared/core/time.ts';
import { readTokenSettings, type TokenSettings } from '../../shared/token/token-mode.ts';
import { type ClockOffset, readClockOffset } from './clock-offset.ts';
import { dynamoDatabase } from './dynamo-database.ts';
import { type Environment, parseEnvironment } from './env.ts';
import { createLogger, type Logger } from './log.ts';

/** The platform's clock; on stage `local` an offset moves it, so that tests and demos skip hours. */
export interface PlatformClock extends Clock {
  /** Called at the start of every invocation. */
  refresh(): Promise<void>;
  /** Epoch milliseconds of the real clock, which API Gateway's times are of; for comparing with them alone. */
  realMs(): number;
  /** What this clock shows when the real one shows `realMs`. */
  atReal(realMs: number): number;
  /** When this process was started, by the real clock. */
  readonly processStartedRealMs: number;
}

/** What every function has. */
export interface Runtime {
  readonly stage: string;
  readonly clock: PlatformClock;
  readonly randomness: Randomness;
  readonly database: Database;
  readonly log: Logger;
  /** Undefined where the installation has no token, and in functions that are not told of it. */
  readonly token: TokenSettings | undefined;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** The environment of this process. */
export const environment = (): Environment => parseEnvironment(process.env);

const realMs = (): number => Date.now();
const processStartedRealMs = Math.floor(performance.timeOrigin);

const realClock: PlatformClock = {
  nowMs: realMs,
  refresh: async () => {},
  realMs,
  atReal: (ms) => ms,
  processStartedRealMs,
};

const localClock = (database: Database): PlatformClock => {
  let offset: ClockOffset = { offsetMs: 0 };
  return {
    nowMs: () => realMs() + offset.offsetMs,
    refresh: async () => {
      offset = await readClockOffset(database);
    },
    realMs,
    atReal: (ms) => ms + offset.offsetMs,
    processStartedRealMs,
  };
};

/** The runtime of a deployed function. */
export const createRuntime = (env: Environment): Runtime => {
  const client = new DynamoDBClient({
    maxAttempts: 4,
    requestHandler: requestLimits(5_000),
  });
  const database = dynamoDatabase(client, env.tableName);
  return {
    stage: env.stage,
    clock: env.stage === 'local' ? localClock(database) : realClock,
    randomness: { bytes: (count) => randomBytes(count) },
    database,
    log: createLogger((line) => process.stdout.write(`${line}\n`), { function: env.functionName }),
    token: readTokenSettings(env.get),
    pause: async (milliseconds) => {
      await pause(milliseconds);
    },
  };
};
