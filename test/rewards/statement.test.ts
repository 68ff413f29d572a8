/**
 * Guarantees of the statement: one text and one root for one result, everything in it can be checked by
 * anybody, and a statement that was changed by one byte is refused.
 */
import fc from 'fast-check';
import { present } from '../../shared/core/assert.ts';
import { canonicalJson } from '../../shared/proofs/protocol/canonical-json.ts';
import type { RewardEntry } from '../../shared/rewards/nomination.ts';
import { nominate } from '../../shared/rewards/nomination.ts';
import { publishedStatementSchema, rewardProofSchema } from '../../shared/rewards/schemas.ts';
import {
  csvLineOf,
  csvTitle,
  headLeafOf,
  rowLeafOf,
  type Statement,
  type StatementColumn,
  type StatementRow,
  statementColumns,
} from '../../shared/rewards/statement.ts';
import {
  checkRewardProof,
  checkStatement,
  type StatementCheck,
} from '../../shared/rewards/statement-check.ts';
import { parseStatementCsv } from '../../shared/rewards/statement-csv.ts';
import { publishedOf, rewardProofOf } from '../../shared/rewards/statement-proof.ts';
import {
  aDeviceHour,
  anEntry,
  aStatement,
  epochId,
  firstHourUnits,
  policy,
  publicId,
} from './builders.ts';

const seeded = { seed: 2_026 };

const csvOf = ({ rows }: Statement): string => [csvTitle, ...rows.map(csvLineOf), ''].join('\n');

const failed = (checks: readonly StatementCheck[]): readonly string[] =>
  checks.filter(({ passed }) => !passed).map(({ name }) => name);

/** What the checks of a CSV say against what was published. */
const check = (csv: string, statement: Statement): readonly string[] => {
  const rows = parseStatementCsv(csv);
  if ('fault' in rows) return ['csv'];
  return failed(checkStatement(publishedOf(statement), rows));
};

/** Two devices of each pool, one that earned nothing, and one of both pools. */
const hour = (): Statement => {
  const both = [
    { model: 'H100 SXM', proof: null },
    { model: 'RTX 6000 Ada', proof: null },
  ];
  const devices = [
    aDeviceHour(1),
    aDeviceHour(2, { tier: 4, hired: ['micro'] }),
    aDeviceHour(3, { processors: [{ model: 'RTX 3060', proof: null }] }),
    aDeviceHour(4, { processors: [{ model: 'RTX 3060', proof: null }], tier: 1 }),
    aDeviceHour(5, { hasWallet: false, stakeUnits: 0n }),
    aDeviceHour(6, { processors: both, stakeUnits: 2_900n * 10n ** 8n }),
  ];
  return aStatement(devices.flatMap((device) => nominate(device, policy)));
};

const anyScore = fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 96_015_050n }));
const anyStatement = fc
  .array(fc.record({ score: anyScore, pool: fc.constantFrom('enterprise', 'community') }), {
    maxLength: 20,
  })
  .map((made) => aStatement(made.map((one, at) => anEntry(at, one as Partial<RewardEntry>))));

describe('a statement', () => {
  it('is confirmed by its own CSV, whatever is in it', () => {
    void fc.assert(
      fc.property(anyStatement, (statement) => {
        expect(check(csvOf(statement), statement)).toEqual([]);
        expect(parseStatementCsv(csvOf(statement))).toEqual(statement.rows);
        expect(publishedStatementSchema.parse(publishedOf(statement))).toEqual(
          publishedOf(statement),
        );
      }),
      seeded,
    );
  });

  it('says what each device showed and got, and what stayed', () => {
    const { head, rows } = hour();
    expect(head).toEqual({
      v: '1',
      epoch: epochId,
      hour: '0',
      emission: String(firstHourUnits),
      enterprise_emission: '433789954337',
      enterprise_score: '2543050',
      enterprise_unallocated: '0',
      community_emission: '22831050229',
      community_score: '1227500',
      community_unallocated: '0',
      entries: '7',
    });
    expect(rows.find((row) => row.public_id === publicId(5))).toEqual({
      public_id: publicId(5),
      pool: 'enterprise',
      status: 'passed',
      wallet: 'no_wallet',
      stake: 'stake_below_minimum',
      hardware: 'passed',
      connectivity: 'passed',
      first_wait: 'passed',
      uptime_before: 'passed',
      uptime: 'passed',
      proof: 'passed',
      processors: '1',
      proved: '1',
      score: '0',
      amount: '0',
    });
    expect(rows.filter((row) => row.public_id === publicId(6)).map(({ pool }) => pool)).toEqual([
      'enterprise',
      'community',
    ]);
  });

  it('has leaves in canonical JSON', () => {
    const { head, rows } = hour();
    expect(headLeafOf(head)).toBe(canonicalJson(head));
    for (const row of rows) expect(rowLeafOf(row)).toBe(canonicalJson(row));
  });

  it('of an hour in which nobody earned has its head, and keeps all', () => {
    const nobody = aStatement([]);
    expect(csvOf(nobody)).toBe(`${csvTitle}\n`);
    expect(check(csvOf(nobody), nobody)).toEqual([]);
    expect(nobody.head.enterprise_unallocated).toBe(nobody.head.enterprise_emission);
  });
});

describe('a statement that was changed', () => {
  const statement = hour();
  const csv = csvOf(statement);

  it('by any one byte is refused', () => {
    const changes = fc.record({ at: fc.nat(csv.length - 1), to: fc.integer({ min: 0, max: 127 }) });
    void fc.assert(
      fc.property(changes, ({ at, to }) => {
        const changed = csv.slice(0, at) + String.fromCharCode(to) + csv.slice(at + 1);
        fc.pre(changed !== csv);
        expect(check(changed, statement)).not.toEqual([]);
      }),
      { ...seeded, numRuns: 2_000 },
    );
  });

  it('by a byte more or less, or a line twice or elsewhere, is refused', () => {
    const lines = csv.split('\n');
    const swapped = lines.with(1, lines[2] ?? '').with(2, lines[1] ?? '');
    for (const changed of [
      csv.slice(0, -1),
      `${csv}\n`,
      `${csv} `,
      `\ufeff${csv}`,
      csv.replaceAll('\n', '\r\n'),
      lines.toSpliced(3, 0, lines[3] ?? '').join('\n'),
      lines.toSpliced(3, 1).join('\n'),
      swapped.join('\n'),
    ]) {
      expect(check(changed, statement)).not.toEqual([]);
    }
  });

  /** Who changes a statement publishes a root of the changed one as well. */
  const withRow = (changes: Partial<StatementRow>, at = 0): readonly string[] => {
    const rows = statement.rows.map((row, index) => (index === at ? { ...row, ...changes } : row));
    const { head } = statement;
    return failed(checkStatement(publishedOf({ head, rows }), rows));
  };
  const earning = statement.rows.findIndex(({ score }) => score !== '0');
  const failing = statement.rows.findIndex(({ score }) => score === '0');

  it.each<[string, readonly string[], readonly string[]]>([
    ['a larger amount', withRow({ amount: '999' }, earning), ['amounts']],
    ['a larger score', withRow({ score: '96015050' }, earning), ['amounts']],
    ['a score above its bound', withRow({ score: '96015051' }, earning), ['scores']],
    ['a score where a gate is closed', withRow({ score: '1' }, failing), ['scores']],
    [
      'an open gate without a score',
      withRow({ wallet: 'passed', stake: 'passed' }, failing),
      ['scores'],
    ],
    ['a closed gate with a score', withRow({ proof: 'call_missed' }, earning), ['scores']],
    ['more proved than there are', withRow({ proved: '2' }, earning), ['scores']],
    ['another device', withRow({ public_id: 'zzzzzzzzzzzzzzzz' }, 3), ['order']],
  ])('with %s is refused even under a root of its own', (_, found, expected) => {
    expect(found).toEqual(expect.arrayContaining([...expected]));
  });

  it('is refused when a device stands twice in a pool', () => {
    const rows = [...statement.rows, ...statement.rows.slice(-1)];
    const found = failed(checkStatement(publishedOf({ head: statement.head, rows }), rows));
    expect(found).toEqual(expect.arrayContaining(['order', 'amounts']));
  });

  it.each<[string, Partial<Statement['head']>, readonly string[]]>([
    [
      'more emission than the schedule has',
      { emission: String(firstHourUnits + 1n) },
      ['emission'],
    ],
    ['another hour of the schedule', { hour: '175319' }, ['emission']],
    ['an hour after the schedule', { hour: '175320' }, ['emission']],
    ['another entry count', { entries: '8' }, ['amounts']],
    ['another sum of scores', { community_score: '1227501' }, ['amounts']],
    ['a pool that gives more', { community_emission: '22831050230' }, ['pools']],
    ['a pool that keeps something', { enterprise_unallocated: '1' }, ['pools']],
    ['another hour’s name', { epoch: '2026-11-22T19' }, ['order']],
  ])('with %s in its head is refused even under a root of its own', (_, changes, expected) => {
    const head = { ...statement.head, ...changes };
    const { rows } = statement;
    expect(failed(checkStatement(publishedOf({ head, rows }), rows))).toEqual(expected);
  });

  it('tells the line and the amounts', () => {
    const rows = statement.rows.map((row, at) => (at === earning ? { ...row, amount: '7' } : row));
    const right = present(statement.rows[earning], 'nobody earned').amount;
    const found = checkStatement(publishedOf(statement), rows).map((one) => one.found);
    expect(found).toContain(`line ${earning + 2}: 7 where the split gives ${right}`);
  });

  it('may have released less than the schedule, and says so', () => {
    const less = {
      ...statement.head,
      emission: '0',
      enterprise_emission: '0',
      community_emission: '0',
    };
    const rows = statement.rows.map((row) => ({ ...row, amount: '0' }));
    const checks = checkStatement(publishedOf({ head: less, rows }), rows);
    expect(failed(checks)).toEqual([]);
    expect(checks.find(({ name }) => name === 'emission')?.found).toBe(
      '0 base units of IO in hour 0, of the 456621004566 of the schedule',
    );
  });
});

describe('a CSV is refused with its line', () => {
  const lines = csvOf(hour()).split('\n');
  const cell = (column: StatementColumn, text: string): string => {
    const at = statementColumns.indexOf(column);
    const cells = (lines[1] ?? '').split(',').with(at, text);
    return lines.with(1, cells.join(',')).join('\n');
  };

  it.each<[string, string, number, string]>([
    ['without its title', lines.slice(1).join('\n'), 1, 'the first line is not public_id,pool'],
    ['that is empty', '', 1, 'the first line is not'],
    ['without its last line feed', lines.join('\n').slice(0, -1), 8, 'no line feed at the end'],
    ['with a cell more', lines.with(2, `${lines[2]},1`).join('\n'), 3, '16 cells where 15 belong'],
    ['with an id in capitals', cell('public_id', 'DEV1'), 2, 'public_id cannot be "DEV1"'],
    ['with another pool', cell('pool', 'private'), 2, 'pool cannot be "private"'],
    ['with an unknown reason', cell('proof', 'because'), 2, 'proof cannot be "because"'],
    ['with a negative amount', cell('amount', '-1'), 2, 'amount cannot be "-1"'],
    ['with a number of another spelling', cell('score', '007'), 2, 'score cannot be "007"'],
    ['with a formula', cell('public_id', '=1+1'), 2, 'public_id cannot be "=1+1"'],
  ])('%s', (_, csv, line, fault) => {
    expect(parseStatementCsv(csv)).toEqual({ line, fault: expect.stringContaining(fault) });
  });
});

describe('the proof of a share', () => {
  const statement = hour();
  const proofOf = (number: number) => {
    const proof = present(rewardProofOf(statement, publicId(number)), `no device ${number}`);
    return rewardProofSchema.parse(JSON.parse(JSON.stringify(proof)));
  };

  it('is confirmed for every device, also one that earned nothing or has two rows', () => {
    for (const number of [1, 2, 3, 4, 5, 6])
      expect(failed(checkRewardProof(proofOf(number)))).toEqual([]);
    expect(proofOf(6).entries).toHaveLength(2);
    expect(rewardProofOf(statement, publicId(7))).toBeUndefined();
  });

  it('with any byte changed is refused, by its form or by what it proves', () => {
    const text = JSON.stringify(proofOf(6));
    const changes = fc.record({
      at: fc.nat(text.length - 1),
      to: fc.integer({ min: 32, max: 126 }),
    });
    const refuses = (changed: string): boolean => {
      let value: unknown;
      try {
        value = JSON.parse(changed);
      } catch {
        return true;
      }
      const parsed = rewardProofSchema.safeParse(value);
      return !parsed.success || failed(checkRewardProof(parsed.data)).length > 0;
    };
    void fc.assert(
      fc.property(changes, ({ at, to }) => {
        const changed = text.slice(0, at) + String.fromCharCode(to) + text.slice(at + 1);
        fc.pre(changed !== text);
        expect(refuses(changed)).toBe(true);
      }),
      { ...seeded, numRuns: 2_000 },
    );
  });

  it('of a share that is not that of its score is refused even under a root of its own', () => {
    const rows = statement.rows.map((row) =>
      row.public_id === publicId(1) ? { ...row, amount: String(BigInt(row.amount) + 2n) } : row,
    );
    const cheated = present(rewardProofOf({ head: statement.head, rows }, publicId(1)), '');
    expect(failed(checkRewardProof(cheated))).toEqual(['enterprise share']);
  });

  it('of two devices’ rows, or of one row twice, is refused', () => {
    const [one, other] = [proofOf(1), proofOf(3)];
    const mixed = { ...one, entries: [...one.entries, ...other.entries] };
    expect(failed(checkRewardProof(mixed))).toEqual(['device']);
    const twice = { ...one, entries: [...one.entries, ...one.entries] };
    expect(failed(checkRewardProof(twice))).toEqual(['device']);
  });

  it('of a head that released more than the schedule is refused', () => {
    const head = { ...statement.head, emission: '999999999999' };
    const cheated = present(rewardProofOf({ ...statement, head }, publicId(1)), '');
    expect(failed(checkRewardProof(cheated))).toEqual(['emission']);
  });

  it('takes no hour that is none', () => {
    const proof = proofOf(1);
    const { head } = proof.statement;
    for (const epoch of [
      '2026-13-22T18',
      '2026-02-30T18',
      '2026-11-22T24',
      '0000-01-01T00',
      '2026-11-22',
    ]) {
      const statementOfIt = { ...proof.statement, head: { ...head, epoch } };
      expect(rewardProofSchema.safeParse({ ...proof, statement: statementOfIt }).success).toBe(
        false,
      );
    }
  });
});
