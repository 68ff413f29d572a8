/**
 * The ledger under a model-based fuzz: seeded worlds of tenants, clusters, faults and races, compared to
 * the unit with an outside world that counts by itself. `FUZZ_COMMANDS` asks for more commands,
 * `FUZZ_SEED` replays one world; a seed that fails is in the failure's text.
 */
import { coverageOf, verdictOf } from './ledger/verdict.ts';
import { World } from './ledger/world.ts';

const commandsPerWorld = 500;
const commands = Number(process.env['FUZZ_COMMANDS'] ?? 110_000);
const onlySeed = process.env['FUZZ_SEED'];
const seeds =
  onlySeed === undefined
    ? Array.from({ length: Math.ceil(commands / commandsPerWorld) }, (_, index) => index + 1)
    : [Number(onlySeed)];

const play = async (seed: number): Promise<World> => {
  const world = new World({ seed, commands: commandsPerWorld });
  await world.play();
  const wrong = await verdictOf(world);
  if (wrong.length > 0) throw new Error(`FUZZ_SEED=${seed}: ${wrong.slice(0, 5).join('\n')}`);
  return world;
};

test(
  'the ledger agrees with the outside world in every seeded world',
  async () => {
    const coverage = new Map<string, number>();
    for (const seed of seeds) {
      for (const [name, count] of Object.entries(await coverageOf(await play(seed)))) {
        coverage.set(name, (coverage.get(name) ?? 0) + count);
      }
    }
    process.stdout.write(
      `ledger fuzz: seeds ${seeds[0]} to ${seeds.at(-1)}, ${seeds.length * commandsPerWorld} commands; ` +
        `${[...coverage].map(([name, count]) => `${name} ${count}`).join(', ')}\n`,
    );
    const unseen = [...coverage].filter(([, count]) => count === 0).map(([name]) => name);
    if (onlySeed === undefined) expect(unseen).toEqual([]);
  },
  10 * 60_000,
);

test('a seed plays the same game twice', async () => {
  const [first, second] = [await play(7), await play(7)];
  expect(second.interleaving.memory.snapshot()).toEqual(first.interleaving.memory.snapshot());
});
