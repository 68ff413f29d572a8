/**
 * What each function may do, in full: a right that is not in this table is not in the templates, and the
 * other way round. Tables are named by their noun, indexes by noun/index.
 */
import { type FunctionName, functionNames } from '../../infra/functions.ts';
import { putDayKey } from '../../shared/proofs/day-key-store.ts';
import { at, type Json, listed, type Synthesised, synthesise } from './synthesised.ts';

const R = ['BatchGetItem', 'GetItem', 'Query'];
const RW = [...R, 'ConditionCheckItem', 'DeleteItem', 'PutItem', 'UpdateItem'].sort();
const scanned = [...RW, 'Scan'].sort();
const query = ['Query'];
/** The keys of days are made once and never changed. */
const daysKeys = ['GetItem', 'PutItem'];
/** Keys are looked up and their last use is noted. */
const keys = ['GetItem', 'UpdateItem'];

/** And the operator's decisions are put to the audit events. */
const audited = ['GetItem', 'PutItem', 'UpdateItem'];

/** And what an organisation has to do with a wallet or a card is noted. */
const noted = ['GetItem', 'PutItem'];

const endpoints = { identity: keys, requests: RW };
const stream = (noun: string) => ({
  [`${noun} stream`]: ['DescribeStream', 'GetRecords', 'GetShardIterator'],
  '*': ['ListStreams'],
  'poison queue': ['SendMessage'],
});
const answers = {
  'provision-cluster': ['SendTaskSuccess'],
  'release-cluster': ['SendTaskSuccess'],
};
const starts = {
  'provision-cluster': ['StartExecution'],
  'release-cluster': ['StartExecution'],
};

/** Of the workflow that waits for the ends of its challenges. */
const wakes = { 'verify-device': ['SendTaskSuccess'] };

/** Of every function that speaks with the card provider. */
const cards = {
  payments: RW,
  'payments/by_owner': query,
  ledger: RW,
  'provider key': ['GetSecretValue'],
};

/** Of every function that finds deposits. */
const deposits = {
  payments: RW,
  'payments/by_owner': query,
  ledger: RW,
  identity: noted,
  devices: ['GetItem'],
  rewards: ['GetItem', 'PutItem', 'UpdateItem'],
  'chain providers': ['GetSecretValue'],
  'unreadable deposits': ['SendMessage'],
};

const granted: Record<FunctionName, Record<string, readonly string[]>> = {
  'identity-http': {
    identity: RW,
    'identity/by_owner': query,
    requests: RW,
    'bootstrap key': ['GetSecretValue'],
  },
  'devices-http': { devices: RW, 'devices/by_owner': query, presence: RW, ...endpoints },
  'devices-socket': { presence: RW, devices: RW, requests: RW },
  'devices-schedules': {
    presence: scanned,
    devices: RW,
    'devices/by_offer': query,
    clusters: RW,
    'verify-device': ['StartExecution'],
  },
  'devices-events': {
    devices: RW,
    clusters: RW,
    ...stream('devices'),
    'verify-device': ['SendTaskSuccess', 'StartExecution'],
  },
  'devices-verify': {
    devices: RW,
    presence: R,
    clusters: RW,
    proofs: RW,
    'verify-device': ['SendTaskSuccess'],
  },
  'market-http': {
    market: RW,
    'market/by_owner': query,
    devices: R,
    'devices/by_offer': query,
    'devices/by_owner': query,
    ...endpoints,
  },
  'clusters-http': {
    clusters: RW,
    'clusters/by_owner': query,
    devices: RW,
    'devices/by_offer': query,
    market: RW,
    ledger: RW,
    payments: RW,
    'payments/by_owner': query,
    presence: RW,
    proofs: RW,
    ...endpoints,
    ...answers,
  },
  'clusters-socket': { clusters: RW, presence: R, devices: RW, proofs: RW, ...answers },
  'clusters-events': {
    clusters: R,
    presence: R,
    ...stream('clusters'),
    'provision-cluster': [...answers['provision-cluster'], ...starts['provision-cluster']],
    'release-cluster': [...answers['release-cluster'], ...starts['release-cluster']],
    'connections of agents': ['ManageConnections'],
  },
  'clusters-schedules': {
    identity: ['GetItem'],
    clusters: RW,
    'clusters/by_live': query,
    devices: RW,
    'devices/by_offer': query,
    market: R,
    ledger: RW,
    payments: RW,
    'payments/by_owner': query,
    ...starts,
  },
  'clusters-provision': {
    identity: ['GetItem'],
    clusters: RW,
    devices: RW,
    'devices/by_offer': query,
    market: R,
    proofs: RW,
    ...answers,
  },
  'clusters-release': { clusters: RW, devices: RW, ledger: RW, payments: RW, ...answers },
  'ledger-http': {
    ledger: RW,
    'ledger/by_maturity': query,
    ...endpoints,
    identity: audited,
  },
  'ledger-statement': { ledger: RW, ...stream('ledger') },
  'ledger-schedules': { ledger: RW, 'ledger/by_maturity': query },
  'payments-http': {
    payments: RW,
    'payments/by_owner': query,
    ledger: RW,
    devices: ['GetItem'],
    rewards: ['GetItem'],
    ...endpoints,
    identity: audited,
  },
  'payments-cards': { ...cards, ...endpoints, identity: audited },
  'payments-webhook': {
    payments: ['GetItem', 'PutItem'],
    requests: RW,
    'signing secret': ['GetSecretValue'],
    'provider events': ['SendMessage'],
    'hint secret': ['GetSecretValue'],
    'payment hints': ['SendMessage'],
  },
  'payments-events': {
    ...cards,
    identity: noted,
    'provider events': ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'],
  },
  'payments-schedules': {
    ...cards,
    identity: noted,
    'pay-suppliers': ['StartExecution'],
  },
  'payments-payouts': {
    payments: RW,
    ledger: RW,
    'chain providers': ['GetSecretValue'],
    'treasury key': ['GetPublicKey', 'Sign'],
  },
  'payments-deposits': {
    ...deposits,
    'ledger/by_maturity': query,
    'price key': ['GetSecretValue'],
    'treasury key': ['GetPublicKey'],
  },
  'payments-hints': {
    ...deposits,
    'payment hints': ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'],
  },
  'proofs-http': {
    proofs: RW,
    'proofs/by_proof': query,
    beacon: daysKeys,
    devices: RW,
    clusters: RW,
    'receipt key': ['GetSecretValue'],
    'transcripts/*': ['PutObject'],
    ...endpoints,
    ...wakes,
  },
  'proofs-schedules': {
    proofs: RW,
    beacon: daysKeys,
    devices: RW,
    'devices/by_owner': query,
    clusters: RW,
    ...wakes,
  },
  'rewards-close': {
    rewards: RW,
    ledger: RW,
    devices: R,
    presence: R,
    proofs: R,
    identity: R,
    'identity/by_owner': query,
    'statements/*': ['GetObject', 'PutObject'],
  },
  'rewards-schedules': {
    rewards: RW,
    'rewards/by_owner': query,
    ledger: RW,
    'ledger/by_maturity': query,
    proofs: R,
    'close-epoch': ['StartExecution'],
  },
  'rewards-http': {
    rewards: RW,
    'rewards/by_owner': query,
    ledger: RW,
    devices: [...R, 'ConditionCheckItem'].sort(),
    presence: R,
    proofs: R,
    'statements/*': ['GetObject'],
    ...endpoints,
    identity: [...R, 'UpdateItem'].sort(),
    'identity/by_owner': query,
  },
  'token-http': { payments: RW, ledger: R, rewards: R, ...endpoints, identity: audited },
  'token-mint': {
    payments: RW,
    ledger: RW,
    rewards: R,
    'chain providers': ['GetSecretValue'],
    // Where IO is our own it signs as well.
    'treasury key': ['GetPublicKey'],
  },
  'token-schedules': { payments: R, rewards: R, 'mint-emission': ['StartExecution'] },
};

/** What stands at the place of a resource in a statement, in the words of the table above. */
const named = (resource: string): string => {
  if (resource === '*') return resource;
  if (resource.includes(':execute-api:')) return 'connections of agents';
  if (resource.endsWith('/*')) return `${named(resource.slice(0, -2))}/*`;
  const [, construct, attribute, index] =
    /^<([A-Za-z]+?)[0-9A-F]{8}\.?(\w*)>(?:\/index\/(\w+))?$/.exec(resource) ?? [];
  if (construct === undefined) return resource;
  if (attribute === 'StreamArn') return `${construct.toLowerCase()} stream`;
  if (index !== undefined) return `${construct.toLowerCase()}/${index}`;
  if (construct.endsWith('Logs')) return 'own log';
  if (construct.endsWith('PoisonQueue')) return 'poison queue';
  if (construct === 'BootstrapKey') return 'bootstrap key';
  if (construct === 'StripeKey') return 'provider key';
  if (construct === 'PythKey') return 'price key';
  if (construct === 'SolanaRpc') return 'chain providers';
  if (construct === 'SolanaWebhookSecret') return 'hint secret';
  if (construct === 'UnreadableDeposits') return 'unreadable deposits';
  if (construct === 'PaymentsHintsQueue') return 'payment hints';
  if (construct === 'TreasuryKey') return 'treasury key';
  if (construct === 'StripeWebhookSecret') return 'signing secret';
  if (construct === 'PaymentsEventsQueue') return 'provider events';
  if (construct === 'ReceiptKey') return 'receipt key';
  if (construct.endsWith('Machine')) {
    return construct
      .replace('Machine', '')
      .replace(/(?!^)[A-Z]/g, '-$&')
      .toLowerCase();
  }
  return construct.toLowerCase();
};

/** Everything that the role of a function allows: name of the resource -> actions. */
const rightsOf = (platform: Synthesised, name: FunctionName): Record<string, string[]> => {
  const lambda = platform
    .ofType('AWS::Lambda::Function')
    .find(({ declaration }) => at(declaration, 'Properties', 'Description') === name);
  const role = platform.plain(at(lambda?.declaration ?? null, 'Properties', 'Role'));
  const roleId = role.replace(/^<|\.Arn>$/g, '');
  const roleResource = platform.resources.find(({ id }) => id === roleId);
  const managed = listed(
    at(roleResource?.declaration ?? null, 'Properties', 'ManagedPolicyArns'),
  ).map(platform.plain);
  const policies = platform.resources.filter(
    ({ type, id, declaration }) =>
      (type === 'AWS::IAM::Policy' &&
        listed(at(declaration, 'Properties', 'Roles')).some(
          (attached) => platform.plain(attached) === `<${roleId}>`,
        )) ||
      (type === 'AWS::IAM::ManagedPolicy' && managed.includes(`<${id}>`)),
  );
  const rights: Record<string, string[]> = {};
  const statements = policies.flatMap(({ declaration }) =>
    listed(at(declaration, 'Properties', 'PolicyDocument', 'Statement')),
  );
  for (const statement of statements) {
    for (const resource of listed(at(statement, 'Resource'))) {
      const key = named(platform.plain(resource));
      rights[key] ??= [];
      rights[key].push(...listed(at(statement, 'Action')).map(shortAction));
    }
  }
  return Object.fromEntries(
    Object.entries(rights).map(([key, actions]) => [key, [...new Set(actions)].sort()]),
  );
};

const shortAction = (action: Json): string => String(action).replace(/^[a-z0-9-]+:/, '');

const log = { 'own log': ['CreateLogStream', 'PutLogEvents'] };

describe('the rights of functions', () => {
  const dev = synthesise({ stage: 'dev' });

  test.each(functionNames)('%s may do exactly what the table says', (name) => {
    expect(rightsOf(dev, name)).toEqual({ ...granted[name], ...log });
  });

  test('on stage local each function may read the offset of the clock besides, and nothing else', () => {
    const local = synthesise({ stage: 'local', emulator: 'http://127.0.0.1:4566' });
    for (const name of functionNames) {
      expect(rightsOf(local, name)).toEqual({ requests: ['GetItem'], ...granted[name], ...log });
    }
  });

  test('only what serves slots and judges by them can learn a seed before its time', () => {
    const readers = functionNames.filter((name) => 'beacon' in rightsOf(dev, name));
    expect(readers).toEqual(['proofs-http', 'proofs-schedules']);
    const keysStandIn = putDayKey('2026-11-22', new Uint8Array(32)).table;
    expect(keysStandIn).toBe('beacon');
  });

  test('no statement allows an action with a wildcard', () => {
    const allowed = dev.resources
      .filter(({ type }) => type.startsWith('AWS::IAM::'))
      .flatMap(({ declaration }) =>
        listed(at(declaration, 'Properties', 'PolicyDocument', 'Statement')),
      )
      .flatMap((statement) => listed(at(statement, 'Action')));
    expect(allowed.filter((action) => String(action).includes('*'))).toEqual([]);
  });

  test('a function knows the names of exactly the tables that it may use', () => {
    for (const { declaration } of dev.ofType('AWS::Lambda::Function')) {
      const name = at(declaration, 'Properties', 'Description') as FunctionName;
      const variables = at(declaration, 'Properties', 'Environment', 'Variables') as object;
      const known = Object.keys(variables)
        .filter((variable) => variable.startsWith('TABLE_'))
        .map((variable) => variable.slice('TABLE_'.length).toLowerCase());
      const usable = Object.keys(granted[name]).filter((key) => /^[a-z]+$/.test(key));
      expect({ name, known: known.sort() }).toEqual({ name, known: usable.sort() });
    }
  });
});
