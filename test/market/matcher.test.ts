/** Guarantees of the matcher, by example and against brute force. */
import fc from 'fast-check';
import { type Match, type MatchPlan, planMatch } from '../../shared/market/matcher.ts';
import { deviceUnitsPerHour, isEligible, type Offer } from '../../shared/market/offer.ts';
import { devicesMin, type Order } from '../../shared/market/order.ts';
import { leastUnitsPerHour } from './brute-force.ts';
import { anOffer, anOrder, deviceId, orgId, siteId } from './builders.ts';

const matched = (plan: MatchPlan): Match => {
  if (plan.outcome !== 'matched') throw new Error(plan.suggestion);
  return plan;
};

const devicesOf = (plan: MatchPlan) => matched(plan).nodes.map(({ offer }) => offer.deviceId);

const suggestionOf = (plan: MatchPlan) =>
  plan.outcome === 'matched' ? 'matched' : plan.suggestion;

describe('a match', () => {
  it('takes the cheapest devices', () => {
    const offers = [
      anOffer(1, { processorUnitsPerHour: 500_000n }),
      anOffer(2, { processorUnitsPerHour: 300_000n }),
      anOffer(3, { processorUnitsPerHour: 400_000n }),
    ];
    const plan = matched(
      planMatch(anOrder({ items: [{ model: 'RTX 4090', count: 2 }] }), offers, 'a'),
    );
    expect(devicesOf(plan)).toEqual([deviceId(2), deviceId(3)]);
    expect(plan.unitsPerHour).toBe(700_000n);
  });

  it('makes the exact number out of whole devices where taking the cheapest first would miss it', () => {
    const offers = [
      anOffer(1, { processorCount: 4, processorUnitsPerHour: 100_000n }),
      anOffer(2, { processorCount: 3, processorUnitsPerHour: 200_000n }),
      anOffer(3, { processorCount: 3, processorUnitsPerHour: 300_000n }),
    ];
    const plan = planMatch(anOrder({ items: [{ model: 'RTX 4090', count: 6 }] }), offers, 'a');
    expect(devicesOf(plan)).toEqual([deviceId(2), deviceId(3)]);
  });

  it('takes no device whose line is slower than the order allows', () => {
    const offers = [
      anOffer(1, { connectivityTier: 1, processorUnitsPerHour: 100_000n }),
      anOffer(2, { connectivityTier: 2 }),
      anOffer(3, { connectivityTier: 4 }),
    ];
    const ask = (tierMin: Order['tierMin']) => planMatch(anOrder({ tierMin }), offers, 'a');
    expect(devicesOf(ask(0))).toEqual([deviceId(1)]);
    expect(devicesOf(ask(3))).toEqual([deviceId(3)]);
    expect(ask(2).outcome).toBe('matched');
    expect(devicesOf(ask(2))).not.toContain(deviceId(1));
  });

  it('stays inside one site although a mixture would be cheaper', () => {
    const offers = [
      anOffer(1, { processorUnitsPerHour: 100_000n }),
      anOffer(2, { siteId: siteId(2), processorUnitsPerHour: 200_000n }),
      anOffer(3, { siteId: siteId(2), processorUnitsPerHour: 200_000n }),
    ];
    const plan = matched(
      planMatch(anOrder({ items: [{ model: 'RTX 4090', count: 2 }] }), offers, 'a'),
    );
    expect(plan.siteId).toBe(siteId(2));
  });

  it.each([{ rayVersion: '2.59.0' }, { pythonVersion: '3.11.9' }])(
    'never mixes Ray versions or Python minor versions (%j)',
    (other) => {
      const offers = [anOffer(1), anOffer(2, other)];
      const plan = planMatch(anOrder({ items: [{ model: 'RTX 4090', count: 2 }] }), offers, 'a');
      expect(plan.outcome).toBe('no_capacity');
    },
  );

  it('accepts different patch versions of Python', () => {
    const offers = [anOffer(1), anOffer(2, { pythonVersion: '3.12.9' })];
    const plan = planMatch(anOrder({ items: [{ model: 'RTX 4090', count: 2 }] }), offers, 'a');
    expect(matched(plan)).toMatchObject({ rayVersion: '2.60.0', pythonMinor: '3.12' });
  });

  it('has a head of its own on one more device, the cheapest of the site, on which Ray schedules nothing', () => {
    const offers = [
      anOffer(1),
      anOffer(2, { model: 'x86-64 CPU', processorUnitsPerHour: 60_000n }),
      anOffer(3, { model: 'Ryzen', processorUnitsPerHour: 80_000n }),
    ];
    const { nodes, unitsPerHour } = matched(planMatch(anOrder({ head: 'own' }), offers, 'a'));
    expect(
      nodes.map(({ lineId, role, schedulable, offer }) => [lineId, role, schedulable, offer.model]),
    ).toEqual([
      ['line_1', 'head', false, 'x86-64 CPU'],
      ['line_2', 'worker', true, 'RTX 4090'],
    ]);
    expect(unitsPerHour).toBe(460_000n);
  });

  it('shares the head with the first worker when the order says so', () => {
    const offers = [anOffer(1), anOffer(2)];
    const order = anOrder({ items: [{ model: 'RTX 4090', count: 2 }] });
    const { nodes } = matched(planMatch(order, offers, 'a'));
    expect(nodes.map(({ role, schedulable }) => [role, schedulable])).toEqual([
      ['head', true],
      ['worker', true],
    ]);
  });

  it('offers a stranger no device that keeps processes apart by nothing, except on one machine', () => {
    const order = anOrder({ customerOrganisationId: orgId(2) });
    expect(planMatch(order, [anOffer(1)], 'a').outcome).toBe('no_capacity');
    expect(planMatch({ ...order, stage: 'local' }, [anOffer(1)], 'a').outcome).toBe('matched');
  });

  it('never exceeds 64 devices, its own head included', () => {
    const offers = Array.from({ length: 65 }, (_, at) => anOffer(at + 1));
    const of64 = anOrder({ items: [{ model: 'RTX 4090', count: 64 }] });
    expect(matched(planMatch(of64, offers, 'a')).nodes).toHaveLength(64);
    expect(planMatch({ ...of64, head: 'own' }, offers, 'a').outcome).toBe('no_capacity');
    expect(devicesMin({ ...of64, items: [{ model: 'x86-64 CPU', count: 64 }], head: 'own' })).toBe(
      65,
    );
  });

  it('prefers a dearer choice of fewer devices when the cheapest has too many', () => {
    const small = Array.from({ length: 66 }, (_, at) =>
      anOffer(at + 1, { processorUnitsPerHour: 100_000n }),
    );
    const big = anOffer(100, { processorCount: 8, processorUnitsPerHour: 900_000n });
    const order = anOrder({ items: [{ model: 'RTX 4090', count: 66 }] });
    const { nodes } = matched(planMatch(order, [...small, big], 'a'));
    expect(nodes).toHaveLength(59);
  });

  it('respects the customer’s highest price for the whole cluster', () => {
    const offers = [anOffer(1)];
    expect(planMatch(anOrder({ unitsPerHourMax: 400_000n }), offers, 'a').outcome).toBe('matched');
    const refused = planMatch(anOrder({ unitsPerHourMax: 399_999n }), offers, 'a');
    expect(refused).toMatchObject({ outcome: 'no_capacity', reason: 'price' });
    expect(suggestionOf(refused)).toContain('$0.40');
  });

  it('spreads equal offers over sites from one seed to the next, and repeats itself for one seed', () => {
    const offers = [1, 2, 3, 4].map((n) =>
      anOffer(n, { siteId: siteId(n), organisationId: orgId(n) }),
    );
    const order = anOrder({ stage: 'local' });
    const seeds = Array.from({ length: 40 }, (_, at) => `seed ${at}`);
    const sites = seeds.map((seed) => matched(planMatch(order, offers, seed)).siteId);
    expect(new Set(sites).size).toBe(4);
    expect(seeds.map((seed) => matched(planMatch(order, offers, seed)).siteId)).toEqual(sites);
  });

  it('lets suppliers take turns inside one site', () => {
    const offers = [1, 2, 3, 4, 5, 6].map((n) =>
      anOffer(n, { organisationId: orgId(n <= 4 ? 1 : n) }),
    );
    const order = anOrder({ stage: 'local', items: [{ model: 'RTX 4090', count: 3 }] });
    const { nodes } = matched(planMatch(order, offers, 'a'));
    expect(new Set(nodes.map(({ offer }) => offer.organisationId)).size).toBe(3);
  });
});

describe('a refusal says what to ask for instead', () => {
  const four = anOrder({ items: [{ model: 'RTX 4090', count: 4 }], regions: ['eu-west'] });
  const west = [1, 2, 3].map((n) => anOffer(n));

  it('when fewer are free', () => {
    const plan = planMatch(four, west, 'a');
    expect(suggestionOf(plan)).toBe('3 x RTX 4090 are free in eu-west: ask for 3.');
    expect(plan).toMatchObject({ free: [{ model: 'RTX 4090', region: 'eu-west', processors: 3 }] });
  });

  it('when another region has all of it', () => {
    const east = [4, 5, 6, 7].map((n) => anOffer(n, { region: 'us-east', siteId: siteId(2) }));
    expect(suggestionOf(planMatch(four, [...west, ...east], 'a'))).toBe(
      '3 x RTX 4090 are free in eu-west: ask for 3. All of it is free in us-east: add us-east.',
    );
  });

  it('when devices are too large', () => {
    const plan = planMatch(four, [anOffer(1, { processorCount: 8 })], 'a');
    expect(suggestionOf(plan)).toContain('8 x RTX 4090 is the least to be had: ask for 8.');
  });

  it('when the lines of what is free are too slow', () => {
    const slow = [1, 1, 3, 2].map((connectivityTier, n) =>
      anOffer(n + 1, { connectivityTier: connectivityTier as Offer['connectivityTier'] }),
    );
    const of = (count: number, tierMin: Order['tierMin']) =>
      suggestionOf(
        planMatch(anOrder({ items: [{ model: 'RTX 4090', count }], tierMin }), slow, 'a'),
      );
    expect(of(1, 4)).toBe('1 x RTX 4090 are free in speed class 3: lower tier_min.');
    expect(of(2, 3)).toBe('2 x RTX 4090 are free in speed class 2: lower tier_min.');
    expect(of(4, 2)).toBe('4 x RTX 4090 are free in speed class 1: lower tier_min.');
    // As many are free nowhere, however slow.
    expect(of(5, 3)).toBe('1 x RTX 4090 are free in eu-west: ask for 1.');
  });

  it('when nothing is free', () => {
    expect(suggestionOf(planMatch(four, [], 'a'))).toBe('No RTX 4090 that fits is free now.');
  });

  it('when there is no device left for the head', () => {
    const plan = planMatch(anOrder({ head: 'own' }), [anOffer(1)], 'a');
    expect(suggestionOf(plan)).toContain('or a shared head');
  });

  it('and counts no device that the customer could not hire, but says why', () => {
    const stranger = { ...four, customerOrganisationId: orgId(9) };
    const nothing = 'No RTX 4090 that fits is free now.';
    const why =
      "Devices that run customers' processes unisolated are offered to their own organisation only.";
    const plan = planMatch(stranger, west, 'a');
    expect(plan).toMatchObject({ free: [], suggestion: `${nothing} ${why}` });
    // Of how many there are, the answer says nothing; and nothing of devices of other models.
    expect(planMatch(stranger, [anOffer(1)], 'a')).toEqual(plan);
    const others = [anOffer(1, { model: 'T4' })];
    expect(suggestionOf(planMatch(stranger, others, 'a'))).toBe(nothing);
  });
});

describe('against brute force', () => {
  const offersOf = fc
    .array(
      fc.record({
        site: fc.constantFrom(1, 1, 1, 2),
        supplier: fc.integer({ min: 1, max: 2 }),
        model: fc.constantFrom('RTX 4090', 'RTX 4090', 'T4', 'x86-64 CPU'),
        processorCount: fc.integer({ min: 1, max: 4 }),
        units: fc.bigInt({ min: 1n, max: 6n }),
        pythonVersion: fc.constantFrom('3.12.3', '3.12.9', '3.12.3', '3.11.1'),
      }),
      { minLength: 3, maxLength: 9, size: 'max' },
    )
    .map((rows) =>
      rows.map(({ site, supplier, units, ...row }, at) =>
        anOffer(at + 1, {
          ...row,
          processorCount: row.model === 'x86-64 CPU' ? 1 : row.processorCount,
          siteId: siteId(site),
          region: site === 1 ? 'eu-west' : 'us-east',
          organisationId: orgId(supplier),
          processorUnitsPerHour: units * 10_000n,
        }),
      ),
    );
  const orders = fc
    .record({
      first: fc.integer({ min: 1, max: 7 }),
      second: fc.integer({ min: 0, max: 2 }),
      secondModel: fc.constantFrom('T4', 'x86-64 CPU'),
      head: fc.constantFrom('own' as const, 'shared' as const),
      regions: fc.constantFrom([], ['eu-west' as const]),
      stage: fc.constantFrom('local', 'local', 'local', 'test'),
    })
    .map(({ first, second, secondModel, ...rest }): Order => {
      const items = [{ model: 'RTX 4090', count: first }];
      return anOrder({
        ...rest,
        items: second > 0 ? [...items, { model: secondModel, count: second }] : items,
      });
    });

  const assertSound = (order: Order, offers: readonly Offer[], plan: Match) => {
    const devices = plan.nodes.map(({ offer }) => offer);
    const ids = devices.map((device) => device.deviceId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(devices.every((device) => offers.includes(device) && isEligible(device, order))).toBe(
      true,
    );
    expect(devices.every((device) => device.siteId === plan.siteId)).toBe(true);
    expect(plan.nodes.filter(({ role }) => role === 'head')).toHaveLength(1);
    const working = plan.nodes.filter(({ schedulable }) => schedulable).map(({ offer }) => offer);
    for (const { model, count } of order.items) {
      const ofModel = working.filter((device) => device.model === model);
      expect(ofModel.reduce((sum, { processorCount }) => sum + processorCount, 0)).toBe(count);
    }
    expect(plan.unitsPerHour).toBe(devices.reduce((sum, d) => sum + deviceUnitsPerHour(d), 0n));
  };

  it('finds a cluster exactly when there is one, of least cost, and keeps every rule', () => {
    let found = 0;
    fc.assert(
      fc.property(offersOf, orders, fc.string(), (offers, order, tieBreak) => {
        const plan = planMatch(order, offers, tieBreak);
        const least = leastUnitsPerHour(order, offers);
        expect(plan.outcome === 'matched' ? plan.unitsPerHour : undefined).toBe(least);
        if (plan.outcome !== 'matched') return;
        found += 1;
        assertSound(order, offers, plan);
      }),
      { numRuns: 600, seed: 11 },
    );
    expect(found).toBeGreaterThan(60);
  });
});
