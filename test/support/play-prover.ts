/** Plays the provers of devices: ends the challenges in a device's box as their proofs would. */
import { type CommitRuntime, commit } from '../../functions/kit/transaction.ts';
import { deleteCommand, listCommands } from '../../shared/clusters/command-store.ts';
import { present } from '../../shared/core/assert.ts';
import { newId } from '../../shared/core/ids.ts';
import type { Challenge } from '../../shared/proofs/challenge.ts';
import { getChallenge, putChallenge } from '../../shared/proofs/challenge-store.ts';
import type { ProofReason } from '../../shared/proofs/schemas.ts';

/** Every challenge of the device is passed, or failed for this reason. */
export const playProver = async (
  needs: CommitRuntime,
  deviceId: string,
  nowMs: number,
  reason: ProofReason | null = null,
): Promise<void> => {
  for (const command of await listCommands(needs.database, deviceId)) {
    if (command.kind !== 'prove') continue;
    const before = present(await getChallenge(needs.database, command.challenge_id), 'unknown');
    const after: Challenge = {
      ...before,
      status: reason === null ? 'passed' : 'failed',
      reason,
      proofId: newId('poc', nowMs, needs.randomness),
    };
    await commit(needs, [putChallenge(after, before), deleteCommand(deviceId, command.command_id)]);
  }
};
