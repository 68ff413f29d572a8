/** The command that orders genesis, against the platform's own endpoint: it waits, and may be repeated. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type GenesisOptions, orderGenesis } from '../../../clients/cli/genesis/order-genesis.ts';
import { allocations } from '../../../shared/token/issuance.ts';
import { mintService } from '../../token/mint-service.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** The platform behind a port, and the options of an operator who waits `pause`. */
const setup = async () => {
  const service = await mintService();
  const server = createServer(async (request, response) => {
    const { authorization = '' } = request.headers;
    const answer = await service.call(request.method ?? '', request.url ?? '', {
      key: authorization.replace('Bearer ', ''),
      body: JSON.parse(await text(request)),
    });
    response.writeHead(answer.status).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const options: GenesisOptions = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ...{ key: service.operator, wallets: service.wallets, json: false },
    pause: async () => {},
  };
  return { service, options };
};

describe('npm run genesis', () => {
  it('orders it, waits until it is done, and says what was made', async () => {
    const { service, options } = await setup();
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
      if (pauses === 2) await service.execute();
    };
    const { text: told, code } = await orderGenesis({ ...options, pause });
    expect({ code, pauses }).toEqual({ code: 0, pauses: 2 });
    expect(told).toContain(`Mint ${service.mint}`);
    expect(told).toContain(`81,600,000 IO  ${service.wallets.series_a}`);
    expect(await service.heldBy(service.wallets.series_a)).toBe(allocations.series_a);
    // Again, it says the same.
    expect(await orderGenesis(options)).toEqual({ text: told, code: 0 });
    const json = await orderGenesis({ ...options, json: true });
    expect(JSON.parse(json.text)).toMatchObject({ object: 'genesis', status: 'done' });
  });

  it('ends with 3 while it goes on without it', async () => {
    const { options } = await setup();
    expect(await orderGenesis(options)).toMatchObject({
      ...{ code: 3, text: expect.stringContaining('Genesis is ordered, and goes on by itself') },
    });
  });

  it('repeats the platform’s words when it refuses other wallets', async () => {
    const { service, options } = await setup();
    await orderGenesis(options);
    const wallets = { ...service.wallets, core: service.newWallet() };
    await expect(orderGenesis({ ...options, wallets })).rejects.toThrow('happens once');
  });

  it.each([
    ['no address', { url: undefined }, 'needs --url'],
    ['no key', { key: undefined }, 'RAYMESH_KEY'],
    ['a wallet missing', { wallets: { seed: 'x' } as never }, '--series-a is missing'],
  ])('asks for what it lacks: %s', async (_, parts, says) => {
    const { options } = await setup();
    await expect(orderGenesis({ ...options, ...parts })).rejects.toThrow(says);
  });
});
