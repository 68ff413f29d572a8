/** What is stored about a verification that goes on, for the steps of its workflow. */
import type { Database } from '../../shared/core/database.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { hasConnected } from '../../shared/devices/presence.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { getSpeedTest } from '../../shared/devices/speed-test-store.ts';
import {
  isRunning,
  type RoundState,
  roundOf,
  type Verification,
  type VerificationFacts,
} from '../../shared/devices/verification.ts';
import { getVerification } from '../../shared/devices/verification-store.ts';
import { isChallengeOver } from '../../shared/proofs/challenge.ts';
import { listRoundChallenges } from '../../shared/proofs/challenge-store.ts';

/** Undefined where the device is gone or no verification of it goes on. */
export const loadVerification = async (
  database: Database,
  deviceId: string,
  nowMs: number,
): Promise<VerificationFacts | undefined> => {
  const [device, verification, speedTest, presence] = await Promise.all([
    getDevice(database, deviceId),
    getVerification(database, deviceId),
    getSpeedTest(database, deviceId),
    getPresence(database, deviceId),
  ]);
  if (!device || !verification || !isRunning(verification, nowMs)) return undefined;
  const round = await roundStateOf(database, verification);
  return { device, verification, speedTest, round, isHeard: hasConnected(presence, device) };
};

const roundStateOf = async (
  database: Database,
  verification: Verification,
): Promise<RoundState> => {
  if (verification.rounds === 0) return 'none';
  const results = await listRoundChallenges(database, roundOf(verification));
  if (results.length === 0) return 'none';
  if (!results.every(isChallengeOver)) return 'open';
  if (results.every(({ status }) => status === 'passed')) return 'passed';
  return results.every(({ status }) => status !== 'failed') ? 'unanswered' : 'failed';
};
