/** Ids: their form, their order, and where their randomness comes from. */
import fc from 'fast-check';
import { base32, idPrefixes, idSchema, newId, siblingId } from '../../shared/core/ids.ts';
import { seededRandomness, startMs } from '../support/runtime.ts';

describe('ids', () => {
  it.each(Object.keys(idPrefixes) as (keyof typeof idPrefixes)[])(
    'makes %s ids that their own schema accepts',
    (prefix) => {
      const id = newId(prefix, startMs, seededRandomness(prefix));
      expect(idSchema(prefix).parse(id)).toBe(id);
    },
  );

  it('sorts by the time of making, whatever the randomness', () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(time, time, fc.string(), (a, b, seed) => {
        fc.pre(a !== b);
        const randomness = seededRandomness(seed);
        const [first, second] = [newId('clu', a, randomness), newId('clu', b, randomness)];
        expect(first < second).toBe(a < b);
      }),
    );
  });

  it('makes different ids at one instant', () => {
    const randomness = seededRandomness('one instant');
    const ids = Array.from({ length: 1000 }, () => newId('adt', startMs, randomness));
    expect(new Set(ids).size).toBe(1000);
  });

  it.each([-1, 0.5, 2 ** 48, Number.NaN])('refuses the time %s', (ms) => {
    expect(() => newId('adt', ms, seededRandomness(''))).toThrow('48 bits');
  });

  it.each([
    'org_01',
    'ORG_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
    'dev_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
    '',
    'org_',
  ])('refuses %j as the id of an organisation', (text) => {
    expect(idSchema('org').safeParse(text).success).toBe(false);
  });

  it('gives the invoice of a cluster always the same id', () => {
    const cluster = newId('clu', startMs, seededRandomness('x'));
    expect(siblingId('inv', cluster)).toBe(`inv_${cluster.slice(4)}`);
  });

  it.each([
    ['', ''],
    ['00', '00'],
    ['ff', 'ZW'],
    ['0000000000', '00000000'],
    ['48656c6c6f', '91JPRV3F'],
  ])('writes the bytes %s in Crockford base32 as %s', (hex, text) => {
    expect(base32(Buffer.from(hex, 'hex'))).toBe(text);
  });
});
