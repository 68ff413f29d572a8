/** The providers that the operator stored: none at first, ports in their order, and no address in an error. */
import { solanaProviders } from '../../shared/adapters/solana-providers.ts';

const setup = (stored: string) => {
  const secret = { stored };
  const providers = solanaProviders({
    secrets: { read: async () => secret.stored, readPrevious: async () => undefined },
    secretArn: 'arn:solana',
    pause: async () => {},
  });
  return { secret, providers };
};

const names = (ports: readonly { readonly provider: string }[]) =>
  ports.map(({ provider }) => provider);

describe('the stored providers', () => {
  it('are none until the operator stores some, and then those that are stored', async () => {
    const { secret, providers } = setup('{"providers":[],"unused":"x"}');
    await expect(providers()).rejects.toMatchObject({ code: 'solana.not_configured' });
    secret.stored = '{"providers":["https://one.example/key","https://two.example"]}';
    const first = await providers();
    const [one, two] = names(first);
    expect(one).toMatch(/^provider [0-9a-f]{8}$/);
    expect(two).not.toBe(one);
    // The same ports again, with their connections.
    expect(await providers()).toBe(first);
    // A name is the host's, whatever its place and its key: cursors are kept by it.
    secret.stored = '{"providers":["https://two.example/new","https://one.example/other"]}';
    expect(names(await providers())).toEqual([two, one]);
    secret.stored = '{"providers":["http://127.0.0.1:8899","http://127.0.0.1:8899/replica"]}';
    expect(new Set(names(await providers())).size).toBe(2);
  });

  it.each([
    'https://one.example/secret-key',
    '{"providers":["http://one.example/secret-key"]}',
    '{"providers":["http://127.0.0.1.example/secret-key"]}',
    '{"providers":"https://one.example/secret-key"}',
    '{"secret-key":[]}',
    '{"providers":["https://one.example/secret-key","https://ONE.example/another"]}',
    JSON.stringify({ providers: Array(5).fill('https://one.example/secret-key') }),
  ])('are refused without a repetition of %s', async (stored) => {
    const refused = setup(stored).providers();
    await expect(refused).rejects.toThrow('SolanaRpc');
    await expect(refused).rejects.not.toThrow('secret-key');
  });
});
