/**
 * Pages that show the local chain to a person, as an explorer does: `/tx/<signature>` and
 * `/address/<address>`. They show what landed, at whatever level, and change nothing.
 */
import { isAddress } from '@solana/kit';
import type { Chain } from '../chain/chain.ts';
import type { Landed } from '../chain/landed.ts';
import { readMint, readToken, uiTokenAmount } from '../chain/tokens.ts';
import { facts, type Html, html, list, page } from './html.ts';

const transactionsMax = 100;
const msPerSecond = 1000;

const linkTo = (kind: 'tx' | 'address', name: string): Html =>
  html`<a href="/${kind}/${name}">${name}</a>`;

const timeOf = ({ blockTime }: Landed): string => new Date(blockTime * msPerSecond).toISOString();

const levelOf = (chain: Chain, { slot }: Landed): string =>
  chain.slots.levelOf(slot) ?? 'processed';

const resultOf = ({ run: { err } }: Landed): string =>
  err === null
    ? 'succeeded'
    : `failed: ${JSON.stringify(err, (_, value) => (typeof value === 'bigint' ? Number(value) : value))}`;

const tokenRows = ({ keys, before, after }: Landed): readonly (readonly (Html | string)[])[] => {
  const indexes = [...before.tokens, ...after.tokens].map(({ accountIndex }) => accountIndex);
  return [...new Set(indexes)].map((index) => {
    const [was, is] = [before, after].map(({ tokens }) =>
      tokens.find(({ accountIndex }) => accountIndex === index),
    );
    const shown = is ?? was;
    return [
      linkTo('address', keys[index] ?? ''),
      linkTo('address', shown?.owner ?? ''),
      linkTo('address', shown?.mint ?? ''),
      was?.uiTokenAmount.uiAmountString ?? '',
      is?.uiTokenAmount.uiAmountString ?? '',
    ];
  });
};

const transactionPage = (chain: Chain, landed: Landed): string =>
  page(landed.wire.signature, [
    facts([
      ['result', resultOf(landed)],
      ['level', levelOf(chain, landed)],
      ['slot', landed.slot],
      ['time', timeOf(landed)],
      ['fee', `${landed.fee} lamports`],
      ['version', String(landed.wire.message.version)],
      ['memo', landed.memo ?? ''],
    ]),
    list('Tokens', ['account', 'owner', 'mint', 'before', 'after'], tokenRows(landed)),
    list(
      'Accounts',
      ['address', 'lamports before', 'lamports after'],
      landed.keys.map((key, at) => [
        linkTo('address', key),
        landed.before.lamports[at] ?? '',
        landed.after.lamports[at] ?? '',
      ]),
    ),
  ]);

const addressPage = (chain: Chain, address: Parameters<Chain['naming']>[0]): string => {
  const slot = chain.slots.reached('processed');
  const state = chain.accountAt(address, slot);
  const decimalsOf = (mint: typeof address) => readMint(chain.accountAt(mint, slot))?.decimals ?? 0;
  const amountOf = (units: bigint, mint: typeof address) =>
    uiTokenAmount(units, decimalsOf(mint)).uiAmountString;
  const token = readToken(state);
  const owned = chain.accounts.tokenAccountsOf(address).flatMap((account) => {
    const held = readToken(chain.accountAt(account, slot));
    if (held?.owner !== address) return [];
    return [
      [linkTo('address', account), linkTo('address', held.mint), amountOf(held.amount, held.mint)],
    ];
  });
  const landed = chain.naming(address).toReversed().slice(0, transactionsMax);
  return page(address, [
    facts([
      ['lamports', state?.lamports ?? 0n],
      ['program', state === undefined ? 'none: there is no such account' : state.owner],
      ...(token === undefined
        ? []
        : ([
            ['owner', linkTo('address', token.owner)],
            ['mint', linkTo('address', token.mint)],
            ['holds', amountOf(token.amount, token.mint)],
          ] as const)),
    ]),
    list('Token accounts', ['account', 'mint', 'holds'], owned),
    list(
      `Transactions, the newest ${transactionsMax}`,
      ['signature', 'time', 'result', 'level', 'memo'],
      landed.map((each) => [
        linkTo('tx', each.wire.signature),
        timeOf(each),
        resultOf(each),
        levelOf(chain, each),
        each.memo ?? '',
      ]),
    ),
  ]);
};

/** The page at this path; undefined where there is none. */
export const pageAt = (chain: Chain, path: string): string | undefined => {
  const [, kind, name = ''] = path.split('/');
  if (kind === 'address' && isAddress(name)) return addressPage(chain, name);
  const landed = kind === 'tx' ? chain.find(name) : undefined;
  return landed === undefined ? undefined : transactionPage(chain, landed);
};
