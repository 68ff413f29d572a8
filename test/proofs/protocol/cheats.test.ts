/** Whoever does not cheat passes. Whoever does is in `test/simulation/proofs-cheats.test.ts`. */
import { hasWalk } from '../../../shared/proofs/protocol/parameters.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { verifyOpening } from '../../../shared/proofs/protocol/verify.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { cheats } from '../../support/proofs/cheats.ts';
import { testDevice } from '../../support/proofs/device.ts';
import { forgeries } from '../../support/proofs/forgeries.ts';
import { play } from '../../support/proofs/play.ts';
import { freshTask, smallClasses, withoutWalk } from '../../support/proofs/tasks.ts';

const proofsPerClass = 100;

describe.each(Object.entries(smallClasses))('honest provers of the shape of %s', (name, full) => {
  it(`pass ${proofsPerClass} of ${proofsPerClass} full proofs`, () => {
    const chance = new Chance(`honest ${name}`);
    for (let proof = 0; proof < proofsPerClass; proof += 1) {
      const by = testDevice(`${name} ${proof % 4}`);
      const toVerify = play(freshTask(chance, full, by), chance);
      expect(verifyOpening(toVerify, typescriptEngine)).toEqual({ verdict: 'passed' });
    }
  });

  it('pass light proofs, whose record has no walk', () => {
    const chance = new Chance(`honest light ${name}`);
    const light = withoutWalk(full);
    for (let proof = 0; proof < 20; proof += 1) {
      const toVerify = play(freshTask(chance, light), chance);
      expect(toVerify.record.walk).toBeNull();
      expect(hasWalk(light)).toBe(false);
      expect(verifyOpening(toVerify, typescriptEngine)).toEqual({ verdict: 'passed' });
    }
  });
});

it('the library of cheats, which the simulation plays, has none twice', () => {
  const names = [...cheats, ...forgeries].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
