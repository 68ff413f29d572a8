/** What directed scenarios are made of: a name that is a guarantee, and a play that throws. */
import { assert, BugError } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { Fixture, million } from './fixture.ts';

export interface Scenario {
  /** What the ledger guarantees in it. */
  readonly name: string;
  readonly play: () => Promise<void>;
}

/** The refusal that a call ends in. */
export const refusalOf = async (call: Promise<unknown>): Promise<WriteRefused> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert(error instanceof WriteRefused, `expected a refusal, got ${String(error)}`);
  return error;
};

/** Insists on an alarm. */
export const mustThrowBug = async (call: () => unknown, what: string): Promise<void> => {
  try {
    await call();
  } catch (error) {
    if (error instanceof BugError) return;
    throw error;
  }
  assert(false, `${what} did not raise an alarm`);
};

/** Insists that the whole ledger is sound. */
export const sound = async (fixture: Fixture): Promise<void> => {
  const broken = await fixture.broken();
  assert(broken.length === 0, broken.join('; '));
};

/** A running two-hour cluster at 1 USD per hour, paid by a grant of 10 USD. */
export const rental = async (): Promise<Fixture> => {
  const fixture = new Fixture();
  await fixture.grant('grt_1', 10n * million);
  await fixture.hold();
  return fixture;
};
