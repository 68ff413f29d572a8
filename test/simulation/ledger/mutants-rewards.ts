/** The obvious ways to write rewards, stakes and mints wrong. */
import { edit, type Mutant, rules } from './mutant.ts';

const rewards = (name: string, file: string, find: string, replace: string): Mutant =>
  rules(name, `rewards/${file}`, find, replace);

const elsewhere = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  edits: [edit(file, find, replace)],
});

export const rewardMutants: readonly Mutant[] = [
  {
    name: 'releases an hour twice when it is told again',
    edits: [
      edit(
        'shared/ledger/rewards/emission.ts',
        `\`em:\${epochId}\``,
        `\`em:\${epochId}:\${(globalThis as any).told = ((globalThis as any).told ?? 0) + 1}\``,
      ),
      edit(
        'functions/ledger/post-fact.ts',
        `assert(transfer.id === named.id, \`\${transfer.id} is another fact than \${named.id}\`);`,
        '',
      ),
    ],
  },
  rewards(
    'does not compare what an hour released',
    'emission.ts',
    'causeOf({ source, units, unallocated: unallocatedUnits })',
    'causeOf({ source, unallocated: unallocatedUnits })',
  ),
  rewards(
    'does not compare where an hour took it from',
    'emission.ts',
    'causeOf({ source, units, unallocated: unallocatedUnits })',
    'causeOf({ units, unallocated: unallocatedUnits })',
  ),
  rewards(
    'leaves in the pool what nobody earned',
    'emission.ts',
    'unallocatedUnits > 0n ? [unallocated] : []',
    'unallocatedUnits > units ? [unallocated] : []',
  ),
  rewards(
    'releases what nobody earned on top',
    'emission.ts',
    "{ account: 'reward:pool', units: -unallocatedUnits }",
    "{ account: 'ext:issuance', units: -unallocatedUnits }",
  ),
  rewards(
    'has a fund without a bottom',
    'emission.ts',
    "issuance: 'ext:issuance', fund: 'reward:fund'",
    "issuance: 'ext:issuance', fund: 'reward:unallocated'",
  ),
  rewards(
    'mints what was funded',
    'emission.ts',
    "issuance: 'ext:issuance', fund: 'reward:fund'",
    "issuance: 'ext:issuance', fund: 'ext:issuance'",
  ),
  rewards(
    'does not ask what the fund has',
    'emission.ts',
    "source === 'fund' && fund.available < units",
    "source === 'fund' && fund.available < 0n",
  ),
  {
    name: 'does not guard the fund',
    edits: [
      edit(
        'shared/ledger/posting.ts',
        '...(available < 0n ? { available: -available } : {}),',
        "...(available < 0n && account !== 'reward:fund' ? { available: -available } : {}),",
      ),
    ],
  },
  elsewhere(
    'forgets what closes the hour',
    'functions/ledger/rewards/post-emission.ts',
    'writes: [...decision.writes, ...(await readBeside(beside))]',
    'writes: (readBeside, decision.writes)',
  ),
  rewards(
    'pays more than an hour released',
    'reward.ts',
    "units <= unitsOn(emission, 'reward:pool')",
    '(unitsOn, units > 0n)',
  ),
  rewards(
    'does not compare what an organisation was paid',
    'reward.ts',
    'causeOf({ units, held: heldUnits })',
    'causeOf({ held: heldUnits })',
  ),
  rewards(
    'does not compare what was held of it',
    'reward.ts',
    'causeOf({ units, held: heldUnits })',
    'causeOf({ units })',
  ),
  rewards(
    'pays an organisation once for each worker',
    'reward.ts',
    `  \`rw:\${epochId}:\${organisation}\`;`,
    `  \`rw:\${epochId}:\${organisation}:\${(globalThis as any).told = ((globalThis as any).told ?? 0) + 1}\`;`,
  ),
  rewards(
    'pays rewards out of what nobody earned',
    'reward.ts',
    "{ account: 'reward:pool', units: -units }",
    "{ account: 'reward:unallocated', units: -units }",
  ),
  rewards(
    'does not hold the rewards of new devices',
    'reward.ts',
    'held: [{ account, units: heldUnits }]',
    'held: []',
  ),
  rewards(
    'holds more than the reward',
    'reward.ts',
    'heldUnits >= 0n && heldUnits <= units',
    'heldUnits >= 0n',
  ),
  rewards(
    'releases before the time',
    'reward.ts',
    'assert(nowMs >= releaseAtMs,',
    'assert(nowMs >= 0,',
  ),
  rewards(
    'releases what is held, and holds it still',
    'reward.ts',
    '({ account, units: -left })',
    '({ account, units: left - left })',
  ),
  rewards(
    'does not list what is held',
    'reward.ts',
    '...heldRewardKeys(organisation, isoOf(releaseAtMs), hold.id),',
    '',
  ),
  rewards(
    'mints a day once for each transaction',
    'mint.ts',
    'id: mintId(day),',
    'id: mintId(day) + signature,',
  ),
  rewards('mints more than the hours emit', 'mint.ts', 'units <= emissionOfDay(day)', 'units > 0n'),
  rewards(
    'does not compare what was minted',
    'mint.ts',
    'causeOf({ units, signature })',
    'causeOf({ signature })',
  ),
  rewards(
    'does not compare which transaction minted',
    'mint.ts',
    'causeOf({ units, signature })',
    'causeOf({ units })',
  ),
  rewards(
    'posts a mint that nobody wrote down',
    'mint.ts',
    "condition: { equals: { purpose: 'mint', subject_id: String(day) } }",
    'condition: {}',
  ),
  rewards(
    'stakes what is held',
    'stake.ts',
    'const { available } = rewards;',
    'const available = rewards.posted;',
  ),
  rewards(
    'does not compare whose stake it is',
    'stake.ts',
    '  causeOf({ organisation, device: deviceId, units });',
    '  causeOf({ device: deviceId, units });',
  ),
  rewards(
    'does not compare which device it is for',
    'stake.ts',
    '  causeOf({ organisation, device: deviceId, units });',
    '  causeOf({ organisation, units });',
  ),
  elsewhere(
    'forgets what is written beside a stake',
    'functions/ledger/rewards/post-stake.ts',
    'writes: [...decision.writes, ...(await readBeside(beside))]',
    'writes: decision.writes',
  ),
  elsewhere(
    'forgets what is written beside a withdrawal',
    'functions/ledger/rewards/post-stake.ts',
    'writes: [...plan.writes, ...(await readBeside(beside))]',
    'writes: plan.writes',
  ),
  elsewhere(
    'refuses what was staked when less is left',
    'functions/ledger/post-fact.ts',
    '    if (stored) {\n      assert(stored.cause === named.cause',
    '    if (stored && stored.id === stored.cause) {\n      assert(stored.cause === named.cause',
  ),
  rules(
    'compares the room of a stake when its deposit is told again',
    'chain/deposit.ts',
    'organisation: ending.organisation, device: ending.deviceId });',
    'organisation: ending.organisation, device: ending.deviceId, room: ending.stakeUnits });',
  ),
  rules(
    'does not compare which device a deposit is for',
    'chain/deposit.ts',
    'organisation: ending.organisation, device: ending.deviceId });',
    'organisation: ending.organisation });',
  ),
  rules(
    'stakes all of a deposit',
    'chain/deposit.ts',
    '{ account: stakeAccount(organisation, deviceId), units: stakeUnits },',
    '{ account: stakeAccount(organisation, deviceId), units: units + stakeUnits - stakeUnits },',
  ),
  rules(
    'keeps what a stake had no room for',
    'chain/deposit.ts',
    '{ account: supplierIoAccount(organisation), units: units - stakeUnits },',
    "{ account: 'fx:io', units: units - stakeUnits },",
  ),
  rewards(
    'counts what is unstaked until it is back',
    'stake.ts',
    'held: [{ account, units }],',
    'held: [],',
  ),
  rewards(
    'unstakes what waits already',
    'stake.ts',
    'const { available } = stake;',
    'const available = stake.posted;',
  ),
  rewards(
    'brings back what is held, and holds it still',
    'stake.ts',
    'held: [{ account, units: -amount }],',
    'held: [],',
  ),
  rewards(
    'does not close what came back',
    'stake.ts',
    "left: 0n, posted: amount, state: 'closed'",
    "left: 0n, posted: amount, state: 'open'",
  ),
  rewards(
    'brings a stake back to the pool',
    'stake.ts',
    '{ account: supplierIoAccount(organisation), units: amount },',
    "{ account: 'reward:pool', units: amount },",
  ),
  rules(
    'does not sum stakes where no reward moves',
    'posting.ts',
    'const moved = posted !== 0n || held !== 0n || staked !== 0n;',
    'const moved = posted !== 0n || held !== 0n;',
  ),
  rules(
    'sums what was staked, and not what came back',
    'posting.ts',
    'changeOf(supplierIoAccount(organisation), 0).staked += units;',
    'changeOf(supplierIoAccount(organisation), 0).staked += units > 0n ? units : 0n;',
  ),
  rules(
    'puts IO that was given for rewards into our position',
    'chain/suspense-claim.ts',
    "{ account: 'reward:fund', units },",
    "{ account: 'fx:io', units },",
  ),
  rules(
    'does not compare whether it was given for rewards',
    'chain/suspense-claim.ts',
    "...(forRewards ? { for: 'rewards' } : {})",
    '',
  ),
  elsewhere(
    'pays the co-staker on top',
    'shared/rewards/receivers.ts',
    'return { owner: units - coStaker, coStaker };',
    'return { owner: units, coStaker };',
  ),
  elsewhere(
    'rounds the co-staker up',
    'shared/rewards/receivers.ts',
    'mulDivFloor(units, BigInt(basisPoints), 10_000n);',
    'mulDivFloor(units, BigInt(basisPoints), 10_000n) + BigInt(basisPoints > 0 ? 1 : 0);',
  ),
  elsewhere(
    'pays the owner for the co-staker',
    'shared/rewards/receivers.ts',
    'add(coStaker.organisationId, parts.coStaker, held)',
    'add(organisationId, parts.coStaker, held)',
  ),
];

/** Those that nobody can see, and the guard that holds in their place. */
export const rewardEquivalents: readonly (Mutant & { readonly secondGuard: string })[] = [
  {
    ...rewards(
      'lists what was released for ever',
      'reward.ts',
      "{ ...freed, remove: ['maturity_pk', 'maturity_sk'] }",
      'freed',
    ),
    secondGuard: 'what is listed is read, and what is no longer held is left out',
  },
];
