/** The obvious ways to write the endpoints and the schedule of stakes wrong. */
import { edit, type Mutant } from './mutant.ts';

const handlers = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  edits: [edit(`functions/rewards/stakes/${file}`, find, replace)],
});

const items = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  edits: [edit(`shared/rewards/${file}`, find, replace)],
});

export const stakeMutants: readonly Mutant[] = [
  handlers(
    'stakes without the item beside',
    'create-stake.ts',
    'return [putStake(stake), countStaked(deviceId, units)];',
    'return (stake && putStake, [countStaked(deviceId, units)]);',
  ),
  handlers(
    'stakes whatever the device takes',
    'require-stakeable.ts',
    'decideStake(stake, { units, requiredUnits, nowMs })',
    'decideStake(stake, { units, requiredUnits: requiredUnits * 2n, nowMs })',
  ),
  handlers(
    'stakes a deposit without its item',
    'post-stake-deposit.ts',
    '[putStake(withMore(stake, stakeUnits, nowMs)), countStaked(deviceId, stakeUnits)]',
    '(putStake, withMore, [countStaked(deviceId, stakeUnits)])',
  ),
  handlers(
    'stakes all of a deposit, whatever room there is',
    'post-stake-deposit.ts',
    'room < arrival.units ? room : arrival.units',
    'room < 0n ? room : arrival.units',
  ),
  handlers(
    'unstakes in the ledger alone',
    'unstake.ts',
    '    putStake(stake),\n    putDueCooldown',
    '    putDueCooldown',
  ),
  handlers('unstakes in the item alone', 'unstake.ts', '    ...held.writes,\n', ''),
  handlers(
    'does not list what cools down',
    'unstake.ts',
    '    putDueCooldown({ deviceId, ...cooldown }),\n',
    '',
  ),
  handlers(
    'does not see a hire that comes in between',
    'unstake.ts',
    '    isNotHired(deviceId),\n',
    '',
  ),
  handlers(
    'tries to unstake what is hired, until it gives up',
    'unstake.ts',
    "if (loaded.device.hiredBy !== null) throw new AppError('stake.device_hired');",
    '',
  ),
  {
    name: 'unstakes from a device that a cluster has',
    edits: [
      edit(
        'functions/rewards/stakes/unstake.ts',
        "if (loaded.device.hiredBy !== null) throw new AppError('stake.device_hired');",
        '',
      ),
      edit('functions/rewards/stakes/unstake.ts', '    isNotHired(deviceId),\n', ''),
    ],
  },
  handlers(
    'brings back without the end of the cooldown',
    'end-cooldowns.schedule.ts',
    'return [putStake(ended), countStaked(due.deviceId, -cooldown.units), takeDueCooldown(due)];',
    'return (ended, putStake, [countStaked(due.deviceId, -cooldown.units), takeDueCooldown(due)]);',
  ),
  handlers(
    'lists for ever what came back',
    'end-cooldowns.schedule.ts',
    'return [putStake(ended), countStaked(due.deviceId, -cooldown.units), takeDueCooldown(due)];',
    'return (takeDueCooldown, [putStake(ended), countStaked(due.deviceId, -cooldown.units)]);',
  ),
  handlers(
    'counts in all what is staked, not what a deposit staked',
    'post-stake-deposit.ts',
    '[putStake(withMore(stake, stakeUnits, nowMs)), countStaked(deviceId, stakeUnits)]',
    '(countStaked, [putStake(withMore(stake, stakeUnits, nowMs))])',
  ),
  items(
    'puts a stake over whatever came in between',
    'stake-store.ts',
    'stake.version === 1 ? { exists: false } : { equals: { v: stake.version - 1 } }',
    '{}',
  ),
  items(
    'gives back whatever the time',
    'device-stake.ts',
    'endsAtMs: nowMs + cooldownMs',
    'endsAtMs: nowMs + cooldownMs - cooldownMs',
  ),
  items(
    'takes back more than counts',
    'device-stake.ts',
    "if (units === 0n || units > stake.activeUnits) return { outcome: 'more_than_active' };",
    "if (units === 0n || units > stake.activeUnits + 1n) return { outcome: 'more_than_active' };",
  ),
];
