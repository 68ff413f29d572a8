/** What nodes may tell of transactions, beside what the local chain can make: read, or refused in words. */
import { getBase58Decoder } from '@solana/kit';
import {
  mintOf,
  readTransaction,
  signatureStatusSchema,
  tokenAccountOf,
} from '../../shared/adapters/solana-forms.ts';

const memoProgram = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';
const tokenProgram = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const token2022Program = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';

const text = (value: string) => getBase58Decoder().decode(Buffer.from(value));
const memo = (value: string) => ({ programIdIndex: 2, data: text(value), accounts: [] });
const other = { programIdIndex: 1, data: text('other'), accounts: [0] };

const balance = (accountIndex: number, mint: string, amount: string) => ({
  ...{ accountIndex, mint, owner: 'owner', programId: tokenProgram, uiTokenAmount: { amount } },
});

/** As a node tells of a transaction, with parts exchanged. */
const told = ({ meta = {}, message = {}, ...rest }: Record<string, unknown> = {}) => ({
  ...{ version: 0n, slot: 9n, blockTime: 1_795_435_200n },
  transaction: {
    signatures: ['signature'],
    message: {
      ...{ accountKeys: ['payer', 'program', memoProgram], instructions: [] },
      ...(message as object),
    },
  },
  meta: {
    ...{ err: null, fee: 5000n, preTokenBalances: [], postTokenBalances: [] },
    // Half of what the payer has less went into an account that was made.
    ...{ preBalances: [20_000n, 0n], postBalances: [10_000n, 5_000n] },
    ...(meta as object),
  },
  ...rest,
});

const read = (parts: Parameters<typeof told>[0]) => {
  const reading = readTransaction('signature', told(parts));
  if (reading.outcome !== 'read') throw new Error(JSON.stringify(reading));
  return reading.transaction;
};

describe('a transaction', () => {
  it('tells its memos in the order in which they ran, inner ones included', () => {
    const instructions = [memo('first'), other, memo('last')];
    const innerInstructions = [{ index: 1, instructions: [other, memo('inner')] }];
    const { memos } = read({ message: { instructions }, meta: { innerInstructions } });
    expect(memos).toEqual(['first', 'inner', 'last']);
  });

  it('that closes an account leaves nothing in it', () => {
    const preTokenBalances = [balance(1, 'mint', '7')];
    const { tokens } = read({ meta: { preTokenBalances } });
    expect(tokens).toMatchObject([{ account: 'program', mint: 'mint', before: 7n, after: 0n }]);
  });

  it('that makes an account again for another mint counts nothing of the first', () => {
    const preTokenBalances = [balance(1, 'one', '7')];
    const postTokenBalances = [balance(1, 'two', '9')];
    const { tokens } = read({ meta: { preTokenBalances, postTokenBalances } });
    expect(tokens).toMatchObject([{ mint: 'two', before: 0n, after: 9n }]);
  });

  it('counts amounts beyond what a number holds', () => {
    const amount = '18446744073709551615';
    const { tokens } = read({ meta: { postTokenBalances: [balance(1, 'mint', amount)] } });
    expect(tokens[0]?.after).toBe(2n ** 64n - 1n);
  });

  it('finds balances of accounts that lookup tables name, writable ones first', () => {
    const loadedAddresses = { writable: ['w'], readonly: ['r'] };
    const postTokenBalances = [balance(3, 'mint', '1'), balance(4, 'mint', '2')];
    const { keys, tokens } = read({ meta: { loadedAddresses, postTokenBalances } });
    expect(keys).toEqual(['payer', 'program', memoProgram, 'w', 'r']);
    expect(tokens.map(({ account }) => account)).toEqual(['w', 'r']);
  });

  it('may be of a block whose time is not known', () => {
    expect(read({ blockTime: null }).blockTimeMs).toBeUndefined();
  });

  it.each([
    ['an account that is not there', { meta: { postTokenBalances: [balance(3, 'mint', '1')] } }],
    [
      'a program that is not there',
      { message: { instructions: [{ ...other, programIdIndex: 9 }] } },
    ],
    ['a memo that is not base58', { message: { instructions: [{ ...memo(''), data: '0' }] } }],
    ['a version to come', { version: 2n }],
    ['no version', { version: undefined }],
    [
      'a balance without an owner',
      { meta: { postTokenBalances: [{ ...balance(1, 'mint', '1'), owner: undefined }] } },
    ],
    ['an amount that is none', { meta: { postTokenBalances: [balance(1, 'mint', '-1')] } }],
    ['a slot that is none', { slot: '9' }],
  ])('with %s is unreadable', (_, parts) => {
    const reading = readTransaction('signature', told(parts as never));
    expect(reading).toEqual({ outcome: 'unreadable', reason: expect.any(String) });
  });

  it('that is another one than asked for is unreadable', () => {
    expect(readTransaction('another', told())).toMatchObject({ outcome: 'unreadable' });
  });

  it.each([undefined, 'text', 7, [], {}, { ...told(), meta: null }])(
    'that is %j is unreadable',
    (answer) => {
      expect(readTransaction('signature', answer).outcome).toBe('unreadable');
    },
  );
});

describe('a status', () => {
  it.each([
    [{ confirmationStatus: 'finalized', err: null }, 'finalized'],
    [{ confirmationStatus: 'processed', err: { InstructionError: [0n, 'x'] } }, 'processed'],
    // Nodes of before said it by the number of confirmations.
    [{ confirmations: null, err: null }, 'finalized'],
    [{ confirmations: 3n, err: null }, 'processed'],
  ])('%j is %s', (status, outcome) => {
    expect(signatureStatusSchema.parse({ slot: 5n, ...status })).toEqual({ outcome, slot: 5n });
  });
});

describe('an account', () => {
  const account = (owner: string, bytes: Uint8Array) => ({
    owner,
    data: [Buffer.from(bytes).toString('base64'), 'base64'] as [string, 'base64'],
  });
  const initialized = (length: number) => new Uint8Array(length).fill(1, 108, 109);

  it('is a token account only by its program, its length and its state', () => {
    expect(tokenAccountOf('a', account(tokenProgram, initialized(165)))).toBeDefined();
    expect(tokenAccountOf('a', account(token2022Program, initialized(165)))).toBeDefined();
    const extended = initialized(180);
    extended[165] = 2;
    expect(tokenAccountOf('a', account(token2022Program, extended))).toBeDefined();
    expect(tokenAccountOf('a', account(tokenProgram, extended))).toBeUndefined();
    expect(tokenAccountOf('a', account(tokenProgram, new Uint8Array(165)))).toBeUndefined();
    expect(tokenAccountOf('a', account(memoProgram, initialized(165)))).toBeUndefined();
    const multisig = initialized(355);
    multisig[165] = 2;
    expect(tokenAccountOf('a', account(token2022Program, multisig))).toBeUndefined();
    expect(tokenAccountOf('a', null)).toBeUndefined();
  });

  it('is a mint only by its program, its length and its state', () => {
    const mint = new Uint8Array(82).fill(1, 45, 46);
    expect(mintOf('m', account(tokenProgram, mint))).toBeDefined();
    expect(mintOf('m', account(tokenProgram, new Uint8Array(82)))).toBeUndefined();
    expect(mintOf('m', account(tokenProgram, initialized(165)))).toBeUndefined();
    const extended = new Uint8Array(200).fill(1, 45, 46);
    extended[165] = 1;
    expect(mintOf('m', account(token2022Program, extended))).toBeDefined();
    extended[165] = 2;
    expect(mintOf('m', account(token2022Program, extended))).toBeUndefined();
  });
});
