/** The texts that wallets sign: the published form, to the letter, and one text per purpose. */
import { newId } from '../../shared/core/ids.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { walletRoles } from '../../shared/identity/wallet.ts';
import {
  decideMessage,
  messageLivesMs,
  newWalletMessage,
  type SignInSite,
  statementOf,
  type WalletPurpose,
} from '../../shared/identity/wallet-message.ts';
import { seededRandomness, startMs } from '../support/runtime.ts';
import { testSite, testWallet } from '../support/wallet.ts';

const randomness = seededRandomness('wallet messages');
const { address } = testWallet(randomness);
const [one, other] = [newId('org', startMs, randomness), newId('org', startMs, randomness)];
const signIn: WalletPurpose = { kind: 'sign_in' };

const messageOf = (purpose: WalletPurpose, site: SignInSite = testSite) =>
  newWalletMessage(site, randomness, {
    id: newId('wmg', startMs, randomness),
    address,
    purpose,
    nowMs: startMs,
  });

/** Every purpose that there is, for two organisations. */
const everyPurpose: readonly WalletPurpose[] = [
  signIn,
  ...[one, other].flatMap((organisationId): WalletPurpose[] => [
    ...[null, ...walletRoles].map(
      (role) => ({ kind: 'register_wallet', organisationId, role }) as const,
    ),
    { kind: 'payout_wallet', organisationId, asset: 'usdc' },
    { kind: 'payout_wallet', organisationId, asset: 'io' },
    { kind: 'deposit_claim', organisationId, transaction: '5VERv8NM' },
    { kind: 'deposit_claim', organisationId, transaction: '6WFSw9PN' },
  ]),
];

describe('the text', () => {
  it('is that of Sign-In with Solana', () => {
    const { id, text } = messageOf(signIn);
    const lines = text.split('\n');
    expect(lines[8]).toMatch(/^Nonce: [0-9A-Z]{32}$/);
    expect(lines.toSpliced(8, 1)).toEqual([
      'console.raymesh.test wants you to sign in with your Solana account:',
      address,
      '',
      'Sign in to Raymesh. This moves no money.',
      '',
      'URI: https://console.raymesh.test',
      'Version: 1',
      'Chain ID: devnet',
      'Issued At: 2026-11-22T12:00:00.000Z',
      'Expiration Time: 2026-11-22T12:10:00.000Z',
      `Request ID: ${id}`,
    ]);
  });

  // The grammar of the published form, rule by rule.
  const statement = "[A-Za-z0-9\\-._~:/?#\\[\\]@!$&'()*+,;= ]+";
  const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
  const grammar = new RegExp(
    [
      '^[a-z0-9.:-]+ wants you to sign in with your Solana account:',
      '[1-9A-HJ-NP-Za-km-z]{32,44}',
      '',
      statement,
      '',
      'URI: https?://[a-z0-9.:-]+',
      'Version: 1',
      'Chain ID: (mainnet|devnet|localnet)',
      'Nonce: [A-Za-z0-9]{8,}',
      `Issued At: ${time}`,
      `Expiration Time: ${time}`,
      "Request ID: [A-Za-z0-9\\-._~!$&'()*+,;=:@]*$",
    ].join('\n'),
  );

  it.each(everyPurpose)('follows the grammar for %j', (purpose) => {
    expect(messageOf(purpose).text).toMatch(grammar);
    const onPort = { origin: 'http://localhost:4600', chain: 'localnet' } as const;
    expect(messageOf(purpose, onPort).text).toMatch(grammar);
    expect(messageOf(purpose, onPort).text).toMatch(/^localhost:4600 wants/);
  });

  it('is another one each time', () => {
    const texts = [messageOf(signIn), messageOf(signIn)].map(({ text }) => text);
    expect(texts[0]?.split('\n')[8]).not.toBe(texts[1]?.split('\n')[8]);
  });
});

describe('the purpose', () => {
  it('has a statement of its own, whatever differs', () => {
    const statements = everyPurpose.map(statementOf);
    expect(new Set(statements).size).toBe(everyPurpose.length);
  });

  it('is the only one that the message serves', () => {
    for (const purpose of everyPurpose) {
      const message = messageOf(purpose);
      const served = everyPurpose.filter(
        (asked) =>
          decideMessage(message, { purpose: asked, attempt: 'one', nowMs: startMs }) === 'usable',
      );
      expect(served).toEqual([purpose]);
    }
  });
});

describe('a message', () => {
  const asked = { purpose: signIn, attempt: 'one', nowMs: startMs };

  it('ends after ten minutes, to the millisecond', () => {
    const message = messageOf(signIn);
    expect(messageLivesMs).toBe(10 * minuteMs);
    const at = (nowMs: number) => decideMessage(message, { ...asked, nowMs });
    expect([at(startMs + messageLivesMs - 1), at(startMs + messageLivesMs)]).toEqual([
      'usable',
      'expired',
    ]);
  });

  it('serves once, and the attempt that spent it knows itself, also after its end', () => {
    const spent = { ...messageOf(signIn), spent: { atMs: startMs, by: 'one' } };
    for (const nowMs of [startMs, startMs + messageLivesMs]) {
      expect(decideMessage(spent, { ...asked, nowMs })).toBe('spent_by_us');
      expect(decideMessage(spent, { ...asked, nowMs, attempt: 'two' })).toBe('spent');
    }
  });
});
