/**
 * A rental, paid by card and stopped by a budget, then deposits and payouts on Solana, while the emulator
 * holds every function to the policies of its role. Known false refusals: `secretsmanager:GetSecretValue`
 * (so the bootstrap key is used before, and who signs receipts or speaks with the card provider or the
 * chain may read any secret here), and `states:SendTaskSuccess`, whose resource the emulator cannot tell from the token (so it is granted on any
 * resource here to the roles that have it on the platform's machines). Queues and buckets refuse plain HTTP, the only
 * thing that is spoken on this machine: here they accept it.
 */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { ListQueuesCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { moveClock } from '../../local/clock.ts';
import { topUpByCard } from '../../local/demo/cards.ts';
import type { Tenant } from '../../local/demo/organisations.ts';
import { runRayJob } from '../../local/demo/ray-job.ts';
import { untilClosed } from '../../local/demo/rental.ts';
import { checkStatement, closeEpoch, stakeByDeposit } from '../../local/demo/rewards.ts';
import { platformNowMs } from '../../local/demo/together.ts';
import { registerPayoutWallet } from '../../local/demo/usdc.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { listStacks } from '../../local/emulator/stack-templates.ts';
import { clusterSchema } from '../../shared/clusters/schemas.ts';
import { dayMs, hourMs, minuteMs } from '../../shared/core/time.ts';
import { listOf } from '../../shared/core/wire.ts';
import { createdApiKeySchema } from '../../shared/identity/schemas.ts';
import { ledgerTransferSchema } from '../../shared/ledger/schemas.ts';
import { offerSchema } from '../../shared/market/schemas.ts';
import { budgetSchema } from '../../shared/payments/budgets/budget-schemas.ts';
import { refundSchema } from '../../shared/payments/cards/refund-schemas.ts';
import {
  autoTopUpSchema,
  paymentMethodSchema,
  topUpSchema,
} from '../../shared/payments/cards/top-up-schemas.ts';
import { rewardListSchema, rewardReadinessSchema } from '../../shared/rewards/reward-schemas.ts';
import { stakeSchema } from '../../shared/rewards/stake-schemas.ts';
import { expectBillToAgree } from './support/books.ts';
import { earnAnHour, matureAt } from './support/earnings.ts';
import { linesOfFunctions } from './support/logs.ts';
import { getConnection, listNodes, quoteFor, rentCluster, terminate } from './support/renting.ts';
import {
  askForDeposit,
  askForPayout,
  controlOf,
  getDeposit,
  openWallet,
  sendHint,
  signIn,
  untilOver,
  untilPaid,
} from './support/solana.ts';
import { rateUnits, type Stage, setPrice, untilNodeGone, useStage } from './support/stage.ts';

const stage = useStage({
  name: 'iam',
  agents: ['atlas', 'boreas'],
  // What they call in vain here is the proof that policies are enforced.
  mayFail: /LedgerSchedules/,
});

const dollar = 1_000_000n;
const oneIo = 100_000_000n;
const usd = (units: bigint) => ({ amount: units.toString(), currency: 'usd' });

/** Asks the emulator's IAM, whose form of requests no client of ours speaks. */
const callIam = async (parameters: Readonly<Record<string, string>>): Promise<string> => {
  const { endpoint, region, credentials } = stage().platform.aws;
  const scope = `${credentials.accessKeyId}/20260101/${region}/iam/aws4_request`;
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
    },
    body: new URLSearchParams({ Version: '2010-05-08', ...parameters }),
  });
  const text = await answer.text();
  expect(answer.status).toBe(200);
  return text;
};

const membersOf = (xml: string, name: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]+)</${name}>`, 'g'))].map(([, text = '']) => text);

const policiesOf = async (RoleName: string): Promise<readonly string[]> =>
  membersOf(await callIam({ Action: 'ListRolePolicies', RoleName }), 'member');

/** Takes every policy from the role of the ledger's schedules. */
const disownLedgerSchedules = async (roles: readonly string[]): Promise<void> => {
  const own = roles.filter((name) => /LedgerSchedules/.test(name));
  expect(own).toHaveLength(1);
  for (const RoleName of own) {
    for (const PolicyName of await policiesOf(RoleName)) {
      await callIam({ Action: 'DeleteRolePolicy', RoleName, PolicyName });
    }
  }
};

/** Makes up for the false refusal of `states:SendTaskSuccess`. */
const widenAnswers = async (roles: readonly string[]): Promise<void> => {
  const Statement = [{ Effect: 'Allow', Action: 'states:SendTaskSuccess', Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  let widened = 0;
  for (const RoleName of roles) {
    if (!(await policiesOf(RoleName)).some((name) => /AnswerTasks|WakeVerification/.test(name)))
      continue;
    const PolicyName = 'AnswerTasksOfAnyMachine';
    await callIam({ Action: 'PutRolePolicy', RoleName, PolicyName, PolicyDocument });
    widened += 1;
  }
  expect(widened).toBe(9);
};

/** What signs receipts, and what speaks with the card provider or the chain. */
const readsSecrets = /ProofsHttp|Payments(Cards|Deposits|Events|Hints|Payouts|Schedules|Webhook)/;

/** Makes up for the false refusal of `secretsmanager:GetSecretValue`. */
const widenSecrets = async (roles: readonly string[]): Promise<void> => {
  const Statement = [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  const own = roles.filter((name) => readsSecrets.test(name));
  expect(own).toHaveLength(8);
  for (const RoleName of own) {
    const PolicyName = 'ReadAnySecret';
    await callIam({ Action: 'PutRolePolicy', RoleName, PolicyName, PolicyDocument });
  }
};

/** Makes up for connections without TLS, which queues and buckets refuse: there are no others on this machine. */
const acceptPlainConnections = async (): Promise<void> => {
  const client = new SQSClient(stage().platform.aws);
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  expect(QueueUrls.some((url) => /PaymentsEventsQueue/.test(url))).toBe(true);
  for (const QueueUrl of QueueUrls) {
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: '' } }));
  }
  const { aws } = stage().platform;
  const stacks = await listStacks(new CloudFormationClient(aws));
  const buckets = stacks
    .flatMap(({ Outputs = [] }) => Outputs)
    .filter(({ OutputKey = '' }) => OutputKey.startsWith('Bucket'));
  expect(buckets).not.toEqual([]);
  for (const { OutputValue } of buckets) {
    // No client of S3's is among our packages; who asks is told by the credential alone.
    const scope = `${aws.credentials.accessKeyId}/20260101/${aws.region}/s3/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`;
    const url = `${aws.endpoint}/${OutputValue}?policy`;
    const answer = await fetch(url, { method: 'DELETE', headers: { authorization } });
    expect(answer.status).toBe(204);
  }
};

/** Orders what its credit does not suffice for; nobody will pay it. */
const orderUnpaid = async (customer: Tenant) => {
  const quote = await quoteFor(customer, 2, 720);
  const order = { quote_id: quote.id, pay_later: true };
  const { id, status } = await customer.api.post('/v1/clusters', order, clusterSchema);
  expect(status).toBe('unpaid');
  return id;
};

/** Buys credit on the provider's page, by webhook and queue, and automatically; gives some of it back. */
const useCards = async ({ platform, customer }: Stage): Promise<void> => {
  const runAll = async () => {
    for (const task of [
      'top-up-automatically',
      'finish-refunds',
      'backfill-events',
      'compare-card-money',
    ]) {
      expect(await platform.invoke('payments-schedules', { task })).toMatchObject({ failed: 0 });
    }
  };
  const { id } = await topUpByCard(platform, customer, 5n * dollar);
  const methods = listOf(paymentMethodSchema);
  const [card] = (await customer.api.get('/v1/payment-methods', methods)).data;
  const automatic = {
    enabled: true,
    threshold: usd(1_000n * dollar),
    amount: usd(dollar),
    payment_method_id: card?.id,
    monthly_max: usd(dollar),
  };
  await customer.api.put('/v1/auto-top-up', automatic, autoTopUpSchema);
  await runAll();
  const topUps = await customer.api.get('/v1/top-ups', listOf(topUpSchema));
  expect(topUps.data).toMatchObject([
    { source: 'automatic', status: 'succeeded' },
    { source: 'checkout', status: 'succeeded' },
  ]);
  const refund = { top_up_id: id, amount: usd(dollar) };
  const { status } = await customer.api.post('/v1/refunds', refund, refundSchema);
  expect(status).toBe('succeeded');
  await runAll();
};

/** Sets a limit below what the cluster costs, and lets the schedule find it. */
const stopByBudget = async ({ platform, customer }: Stage, clusterId: string): Promise<void> => {
  const limit = { cluster_id: clusterId, hourly_limit: usd(rateUnits) };
  await customer.api.post('/v1/budgets', limit, budgetSchema);
  const watched = await platform.invoke('clusters-schedules', { task: 'watch-budgets' });
  expect(watched).toMatchObject({ failed: 0 });
  const closed = await untilClosed(customer, clusterId);
  expect(closed).toMatchObject({ status: 'terminated', status_reason: 'budget_reached' });
};

/** The roles that a policy of their own lets sign with the treasury's key. */
const rolesThatSign = async (roles: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const RoleName of roles) {
    for (const PolicyName of await policiesOf(RoleName)) {
      const policy = await callIam({ Action: 'GetRolePolicy', RoleName, PolicyName });
      if (/kms(:|%3A)(Sign|\*|%2A)/i.test(policy)) found.push(RoleName);
    }
  }
  return found;
};

/** Signs in with a wallet and buys credit by a link and by a hint; answers who did. */
const useDeposits = async ({ platform }: Stage): Promise<Tenant> => {
  const wallet = await openWallet(platform, { usdc: 1_000n * dollar, io: 1_000n * oneIo });
  const customer = await signIn(platform, wallet);
  // An hour was lived through, and the prices of before are too old to sell at.
  await platform.invoke('payments-deposits', { task: 'read-prices' });
  for (const [token, units] of [
    ['usdc', 510n * dollar],
    ['io', 1_000n * oneIo],
  ] as const) {
    const { id, url } = await askForDeposit(customer, token, units);
    await wallet.pay(url);
    await untilPaid(platform, customer, id);
  }
  const { id, url } = await askForDeposit(customer, 'usdc', 51n * dollar);
  await wallet.pay(url);
  await controlOf(platform).finalize();
  expect(await sendHint(platform)).toBe(200);
  await waitFor(
    'the hint to be followed',
    async () => ((await getDeposit(customer, id)).status === 'paid' ? true : undefined),
    { seconds: 60 },
  );
  return customer;
};

/** Has earnings of a day ago paid out in both tokens. */
const usePayouts = async (
  { platform, database, stranger }: Stage,
  customer: Tenant,
): Promise<void> => {
  const wallet = await openWallet(platform);
  await registerPayoutWallet(stranger, wallet);
  await registerPayoutWallet(stranger, wallet, 'io');
  const supplier = stranger.organisationId;
  await earnAnHour(database, customer.organisationId, [{ supplier, units: 200n * dollar }]);
  await moveClock(platform, 2 * dayMs);
  // Whose task it is has no rights here.
  await matureAt(database, Date.now() + 2 * dayMs);
  for (const task of ['read-prices', 'check-treasury', 'check-custody']) {
    expect(await platform.invoke('payments-deposits', { task })).toMatchObject({ failed: 0 });
  }
  for (const token of ['usdc', 'io'] as const) {
    const { id } = await askForPayout(stranger, token, 100n * dollar);
    expect(await untilOver(platform, [[stranger, id]])).toMatchObject([{ status: 'paid' }]);
  }
  const rescanned = await platform.invoke('payments-deposits', { task: 'rescan-deposits' });
  expect(rescanned).toMatchObject({ failed: 0 });
};

/** Nobody was refused anything, but for the function that may nothing. */
const expectNoRefusals = async (): Promise<void> => {
  const lines = await linesOfFunctions(stage().platform);
  const refusals = lines.filter((line) => /AccessDenied|not authorized/.test(line));
  expect(refusals.filter((line) => !/LedgerSchedules/.test(line))).toEqual([]);
  expect(refusals).not.toEqual([]);
};

it('is played with the rights that each function has, and no others', async () => {
  const { platform, customer, supplier } = stage();
  const mature = () => platform.invoke('ledger-schedules', { task: 'mature-earnings' });
  const roles = membersOf(await callIam({ Action: 'ListRoles', MaxItems: '1000' }), 'RoleName');
  await disownLedgerSchedules(roles);
  await widenAnswers(roles);
  await widenSecrets(roles);
  await acceptPlainConnections();
  // Nobody looks at policies yet.
  await mature();
  await platform.enforceIam();
  await expect(mature()).rejects.toThrow(/AccessDenied|not authorized/);

  await customer.api.post(
    '/v1/api-keys',
    { name: 'a second key', role: 'member' },
    createdApiKeySchema,
  );
  await setPrice(supplier, rateUnits);
  const offers = await customer.api.get('/v1/offers', listOf(offerSchema));
  expect(offers.data).toHaveLength(1);
  const unpaid = await orderUnpaid(customer);
  await useCards(stage());
  const { id } = await rentCluster(customer, 2);
  expect((await runRayJob(await getConnection(customer, id), 1)).status).toBe('SUCCEEDED');
  for (const task of ['settle-usage', 'expire-clusters', 'reconcile-clusters']) {
    expect(await platform.invoke('clusters-schedules', { task })).toMatchObject({ failed: 0 });
  }
  for (const task of ['sweep-presence', 'retest-devices']) {
    expect(await platform.invoke('devices-schedules', { task })).toMatchObject({ failed: 0 });
  }
  const nodes = await listNodes(customer, id);
  await stopByBudget(stage(), id);
  await Promise.all(nodes.map((node) => untilNodeGone(node.id)));
  await expectBillToAgree(stage(), id);
  expect(await terminate(customer, unpaid)).toMatchObject({ status: 'destroyed' });
  await waitFor(
    "the supplier's statement",
    async () => {
      const list = listOf(ledgerTransferSchema);
      const { data } = await supplier.api.get('/v1/ledger/transfers', list);
      return data.find(({ cluster_id }) => cluster_id === id);
    },
    { seconds: 30 },
  );
  await expectNoRefusals();
});

it('is staked on and has an hour closed with those rights', async () => {
  const { platform, supplier } = stage();
  const agents = ['atlas', 'boreas'].map((name) => stage().agent(name));
  const wallet = await openWallet(platform, { io: 1_000n * oneIo });
  await registerPayoutWallet(supplier, wallet, 'io');
  await stakeByDeposit(platform, supplier, wallet, agents);
  const startMs = Math.floor((await platformNowMs(platform)) / hourMs) * hourMs;
  await moveClock(platform, hourMs + 12 * minuteMs);
  const epoch = await closeEpoch(platform, supplier, startMs);
  expect(epoch.statement?.head).toMatchObject({ entries: '2' });
  await checkStatement(platform, supplier, epoch.id, agents);
  const { deviceId } = stage().agent('atlas');
  const readiness = `/v1/rewards/readiness?device_id=${deviceId}`;
  await supplier.api.get(readiness, rewardReadinessSchema);
  await supplier.api.get(`/v1/rewards?device_id=${deviceId}`, rewardListSchema);
  await supplier.api.post(`/v1/stakes/${deviceId}/unstake`, {}, stakeSchema);
  for (const task of ['end-cooldowns', 'release-rewards']) {
    expect(await platform.invoke('rewards-schedules', { task })).toMatchObject({ failed: 0 });
  }
  await expectNoRefusals();
});

it('is paid on Solana with those rights, and two functions alone may sign', async () => {
  const roles = membersOf(await callIam({ Action: 'ListRoles', MaxItems: '1000' }), 'RoleName');
  const signing = (await rolesThatSign(roles)).toSorted();
  expect(signing).toEqual(
    [/PaymentsPayouts/, /TokenMint/].map((name) => expect.stringMatching(name)),
  );
  await usePayouts(stage(), await useDeposits(stage()));
  await expectNoRefusals();
});
