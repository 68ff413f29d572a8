/** Settlement: slicing, minimum hour, lost nodes, the limits of one transaction. */
import fc from 'fast-check';
import type { Write } from '../../shared/core/database.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { emptyBalance } from '../../shared/ledger/balance.ts';
import type { Hold } from '../../shared/ledger/hold.ts';
import { type MaturityClass, maturityDay } from '../../shared/ledger/maturity.ts';
import { putTransfer } from '../../shared/ledger/posting.ts';
import {
  dueUnits,
  planSettlement,
  type SettlementInput,
  type SettlementNode,
} from '../../shared/ledger/settlement.ts';
import { linesOf } from '../../shared/ledger/statement.ts';
import { type Transfer, unitsOn } from '../../shared/ledger/transfer.ts';
import { startMs } from '../support/runtime.ts';

const hold: Hold = {
  id: 'hold:clu_1',
  account: 'cust:org_payer',
  organisation: 'org_payer',
  clusterId: 'clu_1',
  amount: 1_000_000_000n,
  left: 1_000_000_000n,
  posted: 0n,
  released: 0n,
  n: 0,
  orderedMs: 10 * hourMs,
  classDays: 1,
  granted: false,
  paidMs: {},
  state: 'open',
  version: 1,
  openedAtMs: startMs,
};

const node = (parts: Partial<SettlementNode> = {}): SettlementNode => ({
  nodeId: 'nod_1',
  lineId: 'line_1',
  supplier: 'org_supplier',
  rateUnitsPerHour: 1_000_000n,
  provenMs: 0,
  provenMsInsidePaidUntil: parts.provenMs ?? 0,
  linked: false,
  lost: false,
  ...parts,
});

const input = (parts: Partial<SettlementInput> = {}): SettlementInput => ({
  cluster: {
    clusterId: 'clu_1',
    organisation: 'org_payer',
    runningAtMs: startMs,
    stoppedAtMs: parts.final ? startMs + 10 * hourMs : undefined,
    paidUntilMs: startMs + 10 * hourMs,
    terminatedByCustomer: false,
  },
  hold,
  nodes: [node()],
  debt: emptyBalance('debt:org_payer'),
  final: false,
  nowMs: startMs + hourMs,
  ...parts,
});

const post = (parts: Partial<SettlementInput>) => {
  const plan = planSettlement(input(parts));
  if (plan.outcome !== 'post') throw new Error('nothing was posted');
  return plan;
};

describe('a supplier that counts as one with the payer', () => {
  const earned = (supplier: string, linked: boolean, granted = false) => {
    const provenMs = hourMs;
    const nodes = [node({ supplier, linked, provenMs })];
    const { transfers } = post({ nodes, hold: { ...hold, granted } });
    const [{ legs, settlement }] = transfers as [Transfer];
    return { account: legs.find(({ units }) => units > 0n)?.account, linked: settlement?.linked };
  };
  const day = (days: MaturityClass) => maturityDay(startMs + hourMs, days);

  it('waits longest for what it earns, and the settlement says why', () => {
    expect(earned('org_supplier', true)).toEqual({
      account: `earn:org_supplier:${day(30)}`,
      linked: ['org_supplier'],
    });
    expect(earned('org_supplier', true, true).account).toBe('earn:org_supplier:review');
    expect(earned('org_supplier', false)).toEqual({ account: `earn:org_supplier:${day(1)}` });
    expect(earned('org_payer', true)).toEqual({ account: `earn:org_payer:${day(30)}` });
  });
});

describe('a line', () => {
  it('costs the same however its time is sliced (L8)', () => {
    const slices = fc.array(fc.nat(20 * minuteMs), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(slices, fc.bigInt(0n, 10_000_000n), (lengths, rateUnitsPerHour) => {
        let now: Hold = { ...hold, amount: 10n ** 12n, left: 10n ** 12n };
        let provenMs = 0;
        for (const [index, length] of lengths.entries()) {
          provenMs += length;
          const nodes = [node({ provenMs, rateUnitsPerHour })];
          const final = index === lengths.length - 1;
          const plan = planSettlement(input({ ...input({ final }), hold: now, nodes }));
          if (plan.outcome === 'post') now = applied(now, plan.writes);
        }
        expect(now.posted).toBe((rateUnitsPerHour * BigInt(provenMs)) / BigInt(hourMs));
        expect(now.left).toBe(0n);
      }),
      { numRuns: 200 },
    );
  });

  it('is rounded down, never up', () => {
    expect(dueUnits(1n, hourMs - 1)).toBe(0n);
    expect(dueUnits(1n, hourMs)).toBe(1n);
    expect(dueUnits(999_999n, 1)).toBe(0n);
  });
});

describe('what is refused as a bug', () => {
  it.each([
    ['proven time that shrank', { hold: { ...hold, paidMs: { nod_1: 5 } } }],
    ['a settled node that is missing', { hold: { ...hold, paidMs: { nod_0: 5 } } }],
    ['two nodes that serve one line', { nodes: [node(), node({ nodeId: 'nod_2' })] }],
    ['a node that stands twice', { nodes: [node({ lost: true }), node()] }],
    ['a line beyond the ordered time', { nodes: [node({ provenMs: 11 * hourMs })] }],
    ['more inside than proven', { nodes: [node({ provenMs: 1, provenMsInsidePaidUntil: 2 })] }],
    ['part of a millisecond', { nodes: [node({ provenMs: 0.5 })] }],
    ['a final settlement before the fence', { final: true, cluster: input().cluster }],
    ['the hold of another cluster', { hold: { ...hold, clusterId: 'clu_2' } }],
    ['the hold of another payer', { hold: { ...hold, organisation: 'org_x' } }],
    [
      'a hold that is short',
      { hold: { ...hold, amount: 1n, left: 1n }, nodes: [node({ provenMs: hourMs })] },
    ],
  ])('%s', (_, parts) => {
    expect(() => planSettlement(input(parts))).toThrow();
  });
});

describe('nothing', () => {
  it('is written when nothing is due', () => {
    expect(planSettlement(input()).outcome).toBe('nothing');
  });

  it('is written when the hold is no longer open', () => {
    const closed: Hold = { ...hold, left: 0n, released: hold.amount, state: 'closed' };
    const nodes = [node({ provenMs: hourMs })];
    expect(planSettlement(input({ hold: closed, nodes, final: true })).outcome).toBe('nothing');
  });
});

describe('the limits of one transaction (L6)', () => {
  const suppliers = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      node({
        nodeId: `nod_${index}`,
        lineId: `line_${index}`,
        supplier: `org_${index}`,
        provenMs: hourMs,
      }),
    );

  it('64 suppliers settle in one transaction of 67 actions', () => {
    expect(post({ nodes: suppliers(64) }).writes).toHaveLength(67);
  });

  it('a final one with a debt and time beyond paid-until is of 70', () => {
    const nodes = suppliers(64).map((each) => ({ ...each, provenMs: hourMs + minuteMs }));
    const debt = { ...emptyBalance('debt:org_payer'), posted: -5n, available: -5n, version: 1n };
    const plan = post({ nodes, debt, final: true });
    expect(plan.writes).toHaveLength(70);
    expect(plan.transfers.map(({ legs }) => legs.length)).toEqual([66, 2]);
  });

  it('a 65th supplier is refused', () => {
    expect(() => post({ nodes: suppliers(65) })).toThrow('64 suppliers');
  });

  it('the transfer of 16 nodes of one supplier fits into one KiB, as the budget says', () => {
    const id = (prefix: string, index: number) => `${prefix}_01KA0ZZ9ZZ8Y7X6W5V4T3S2R${index + 10}`;
    const nodes = suppliers(16).map((each, index) => ({
      ...each,
      nodeId: id('nod', index),
      supplier: id('org', 1),
    }));
    const organisation = id('org', 2);
    const clusterId = id('clu', 3);
    const plan = post({
      nodes,
      cluster: { ...input().cluster, organisation, clusterId },
      hold: {
        ...hold,
        organisation,
        clusterId,
        id: `hold:${clusterId}`,
        account: `cust:${organisation}`,
      },
    });
    const [transfer] = plan.transfers;
    if (!transfer) throw new Error('no transfer');
    const { key, attributes } = putTransfer(transfer);
    expect(sizeOf({ ...key, ...attributes })).toBeLessThanOrEqual(1024);
  });
});

describe('what a settlement writes', () => {
  it('four items with one supplier, which is eight write units; two lines make ten', () => {
    const plan = post({ nodes: [node({ provenMs: hourMs })] });
    expect(plan.writes.map(({ kind }) => kind)).toEqual(['put', 'update', 'update', 'update']);
    expect(plan.transfers.flatMap(linesOf)).toHaveLength(2);
  });

  it('one item more at the end, for the debt check', () => {
    const plan = post({ nodes: [node({ provenMs: hourMs })], final: true });
    expect(plan.writes.filter(({ kind }) => kind === 'check')).toHaveLength(1);
    expect(plan.writes).toHaveLength(5);
  });
});

describe('who pays', () => {
  it('notes the part of each supplier that the customer paid where the platform paid the rest', () => {
    const plan = post({
      nodes: [node({ provenMs: hourMs + 6 * minuteMs, provenMsInsidePaidUntil: hourMs })],
      final: true,
    });
    const [transfer] = plan.transfers;
    if (!transfer) throw new Error('no transfer');
    expect(unitsOn(transfer, 'cust:org_payer')).toBe(-1_000_000n);
    expect(unitsOn(transfer, 'exp:sla')).toBe(-100_000n);
    expect(Object.values(transfer.settlement?.customerPart ?? {})).toEqual([1_000_000n]);
    expect(transfer.settlement?.beyondMs).toEqual({ nod_1: 6 * minuteMs });
  });

  it('adds the missing part of the first hour once per line, also to a replacement', () => {
    const cluster = {
      ...input().cluster,
      stoppedAtMs: startMs + 20 * minuteMs,
      terminatedByCustomer: true,
    };
    const nodes = [
      node({ provenMs: 5 * minuteMs, lost: true }),
      node({ nodeId: 'nod_2', provenMs: 10 * minuteMs }),
    ];
    const plan = post({ cluster, nodes, final: true });
    expect(plan.perNode.map(({ paidMs }) => paidMs / minuteMs)).toEqual([5, 50]);
    expect(plan.transfers[0]?.settlement?.minimumMs).toEqual({ nod_2: 40 * minuteMs });
  });

  it('adds nothing when the customer ends it after the first hour', () => {
    const cluster = {
      ...input().cluster,
      stoppedAtMs: startMs + hourMs,
      terminatedByCustomer: true,
    };
    const plan = post({ cluster, nodes: [node({ provenMs: 30 * minuteMs })], final: true });
    expect(plan.perNode[0]?.paidMs).toBe(30 * minuteMs);
  });
});

/** The hold as the plan's write leaves it. */
function applied(before: Hold, writes: readonly Write[]): Hold {
  const write = writes.find(({ key }) => key.pk.startsWith('P#'));
  if (write?.kind !== 'update' || !write.set) throw new Error('the hold was not written');
  const { paid_ms: paidMs, v: version, ...rest } = write.set;
  return {
    ...before,
    ...(rest as Partial<Hold>),
    paidMs: paidMs as Hold['paidMs'],
    version: Number(version),
  };
}

/** DynamoDB's item size in bytes: names and values, 3 per map or list, 1 per element. */
function sizeOf(value: unknown): number {
  if (value === null || value === undefined) return 1;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number' || typeof value === 'bigint') {
    return Math.ceil(String(value).replace('-', '').length / 2) + 1;
  }
  if (typeof value === 'boolean') return 1;
  if (Array.isArray(value)) return value.reduce((sum, each) => sum + 1 + sizeOf(each), 3);
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .reduce((sum, [name, member]) => sum + Buffer.byteLength(name) + 1 + sizeOf(member), 3);
}
