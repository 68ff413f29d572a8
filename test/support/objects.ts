/**
 * One object of every kind that a path can name, for the tests that ask each endpoint for what belongs to
 * somebody else. A new `{..._id}` parameter needs a maker here, or those tests fail and say so.
 */
import { commit } from '../../functions/kit/transaction.ts';
import type { StripePort } from '../../shared/adapters/stripe-port.ts';
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { putCluster } from '../../shared/clusters/cluster-store.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { type Id, type IdPrefix, newId } from '../../shared/core/ids.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { putNewDevice } from '../../shared/devices/device-store.ts';
import { putJoinToken } from '../../shared/devices/join-token-store.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { putPresence } from '../../shared/devices/presence-store.ts';
import { putSite } from '../../shared/devices/site-store.ts';
import { putApiKey } from '../../shared/identity/api-key-store.ts';
import { putWallet } from '../../shared/identity/wallet-store.ts';
import { putQuote } from '../../shared/market/quote-store.ts';
import { budgetIdOf } from '../../shared/payments/budgets/budget.ts';
import { getSpending, putBudget } from '../../shared/payments/budgets/budget-store.ts';
import { changedCardAccount, newCardAccount } from '../../shared/payments/cards/card-account.ts';
import { putCardAccount } from '../../shared/payments/cards/card-account-store.ts';
import { putRefund } from '../../shared/payments/cards/refund-store.ts';
import { newTopUp } from '../../shared/payments/cards/top-up.ts';
import { putTopUp } from '../../shared/payments/cards/top-up-store.ts';
import { newDepositRequest } from '../../shared/payments/deposits/deposit-request.ts';
import { putNewDepositRequest } from '../../shared/payments/deposits/deposit-request-store.ts';
import { invoiceIdOf } from '../../shared/payments/invoices/invoice.ts';
import { putInvoice } from '../../shared/payments/invoices/invoice-store.ts';
import { putPayout } from '../../shared/payments/payouts/payout-store.ts';
import { putPayoutWallet } from '../../shared/payments/payouts/payout-wallet-store.ts';
import { putNewProof } from '../../shared/proofs/proof-store.ts';
import { typescriptEngine } from '../../shared/proofs/protocol/typescript-engine.ts';
import { aDevice } from '../devices/builders.ts';
import { aPayout } from '../payments/payouts/builders.ts';
import { aProof } from '../proofs/builders.ts';
import { memoryObjects } from '../rewards/memory-objects.ts';
import type { TestRuntime } from './runtime.ts';
import { testSite, testWallet } from './wallet.ts';

type Make = (runtime: TestRuntime, organisationId: Id<'org'>) => Promise<string>;

const fresh = <P extends IdPrefix>(runtime: TestRuntime, prefix: P): Id<P> =>
  newId(prefix, runtime.clock.nowMs(), runtime.randomness);

const makeSite = async (runtime: TestRuntime, organisationId: Id<'org'>): Promise<Id<'site'>> => {
  const id = fresh(runtime, 'site');
  const createdAtMs = runtime.clock.ms;
  await commit(runtime, [
    putSite({ id, organisationId, name: 'cellar', region: 'eu-west', createdAtMs }),
  ]);
  return id;
};

const makeKey: Make = async (runtime, organisationId) => {
  const id = fresh(runtime, 'key');
  const key = {
    id,
    organisationId,
    name: 'key',
    role: 'member',
    scopes: [],
    secretHash: sha256Hex(id),
    lastFour: 'ABCD',
    createdAtMs: runtime.clock.ms,
    expiresAtMs: null,
    revokedAtMs: null,
    lastUsedAtMs: null,
  } as const;
  await commit(runtime, putApiKey(key));
  return id;
};

/** A wallet with which somebody signs in. */
const makeWallet: Make = async (runtime, organisationId) => {
  const { address } = testWallet(runtime.randomness);
  const id = fresh(runtime, 'wal');
  const createdAtMs = runtime.clock.ms;
  const wallet = { id, organisationId, address, role: 'member', payouts: [], createdAtMs } as const;
  await commit(runtime, putWallet(wallet));
  return id;
};

const makePayoutWallet: Make = async (runtime, organisationId) => {
  const { address } = testWallet(runtime.randomness);
  const nowMs = runtime.clock.ms;
  const wallet = { id: fresh(runtime, 'wal'), organisationId, address, role: null } as const;
  const named = {
    id: fresh(runtime, 'pwl'),
    organisationId,
    asset: 'usdc',
    address,
    walletId: wallet.id,
    actor: 'key_owner',
    createdAtMs: nowMs,
    payableFromMs: nowMs + hourMs,
    ended: null,
  } as const;
  await commit(runtime, [
    ...putWallet({ ...wallet, payouts: ['usdc'], createdAtMs: nowMs }),
    ...putPayoutWallet(named, undefined),
  ]);
  return named.id;
};

const makeJoinToken: Make = async (runtime, organisationId) => {
  const id = fresh(runtime, 'jtk');
  const token = {
    id,
    organisationId,
    siteId: await makeSite(runtime, organisationId),
    name: 'token',
    secretHash: sha256Hex(id),
    lastFour: 'ABCD',
    usesMax: 1,
    uses: 0,
    createdAtMs: runtime.clock.ms,
    expiresAtMs: runtime.clock.ms + hourMs,
    revokedAtMs: null,
  };
  await commit(runtime, putJoinToken(token));
  return id;
};

const makeDevice: Make = async (runtime, organisationId) => {
  const id = fresh(runtime, 'dev');
  const siteId = await makeSite(runtime, organisationId);
  const device = aDevice(1, { id, organisationId, siteId, publicKey: sha256Hex(id) });
  const presence = putPresence(id, undefined, firstPresence(null, runtime.clock.ms));
  await commit(runtime, [...putNewDevice(device), presence]);
  return id;
};

const terms = {
  lineId: 'head',
  role: 'head',
  schedulable: true,
  model: 'x86-64 CPU',
  processors: 1,
  rateUnitsPerHour: 10_000n,
} as const;

const makeQuote: Make = async (runtime, organisationId) => {
  const id = fresh(runtime, 'quo');
  const nowMs = runtime.clock.ms;
  const quote = {
    id,
    organisationId,
    order: {
      items: [{ model: terms.model, count: 1 }],
      head: 'shared',
      customerOrganisationId: organisationId,
      stage: 'test',
      regions: [],
      siteId: null,
      isolationMin: 'process',
      tierMin: 0,
      image: { ray: null, python: null },
      unitsPerHourMax: null,
    },
    hours: 1,
    proofConsent: true,
    terms: { region: 'eu-west', rayVersion: '2.60.0', pythonMinor: '3.12' },
    lines: [{ ...terms, amountUnits: 10_000n }],
    unitsPerHour: 10_000n,
    totalUnits: 10_000n,
    holdUnits: 10_000n,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 15 * minuteMs,
    clusterId: null,
  } as const;
  await commit(runtime, [putQuote(quote)]);
  return id;
};

const makeCluster: Make = async (runtime, organisationId) => {
  const id = fresh(runtime, 'clu');
  const nowMs = runtime.clock.ms;
  const cluster: Cluster = {
    id,
    organisationId,
    name: 'cluster',
    status: 'deployment_requested',
    reason: 'customer_request',
    version: 1,
    quoteId: fresh(runtime, 'quo'),
    lines: [terms],
    assignments: [
      {
        nodeId: fresh(runtime, 'nod'),
        lineId: terms.lineId,
        deviceId: fresh(runtime, 'dev'),
        supplierId: organisationId,
        rateUnitsPerHour: terms.rateUnitsPerHour,
        linked: true,
        state: 'active',
        fault: null,
      },
    ],
    siteId: fresh(runtime, 'site'),
    region: 'eu-west',
    rayVersion: '2.60.0',
    pythonVersion: '3.12',
    authToken: 'ray-token',
    orderedMs: hourMs,
    proofConsent: true,
    createdAtMs: nowMs,
    provisionUntilMs: nowMs + 10 * minuteMs,
    orderedBy: null,
    payUntilMs: null,
    headEndpoint: null,
    acceptance: null,
    runningAtMs: null,
    paidUntilMs: null,
    stoppedAtMs: null,
    closedAtMs: null,
    terminatedByCustomer: false,
  };
  const event = {
    kind: 'cluster.deployment_requested',
    status: cluster.status,
    reasonCode: cluster.reason,
    actor: 'platform',
    evidence: null,
    atMs: nowMs,
  } as const;
  await commit(runtime, putCluster(cluster, event));
  return id;
};

const makeInvoice: Make = async (runtime, organisationId) => {
  const clusterId = fresh(runtime, 'clu');
  const nowMs = runtime.clock.ms;
  const invoice = {
    id: invoiceIdOf(clusterId),
    number: '2026-000001',
    seller: null,
    buyer: null,
    tax: { lines: [], note: null },
    organisation: organisationId,
    clusterId,
    clusterName: 'cluster',
    runningAtMs: nowMs - hourMs,
    stoppedAtMs: nowMs,
    lines: [],
    totalUnits: 0n,
    issuedAtMs: nowMs,
  };
  await commit(runtime, [putInvoice(invoice)]);
  return invoice.id;
};

const makeBudget: Make = async (runtime, organisationId) => {
  const asRead = await getSpending(runtime.database, organisationId);
  const id = budgetIdOf(organisationId);
  const nowMs = runtime.clock.ms;
  await commit(
    runtime,
    putBudget(asRead, {
      id,
      organisationId,
      targetId: organisationId,
      hourlyUnits: null,
      monthlyUnits: 1_000_000n,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    }),
  );
  return id;
};

const makeProof: Make = async (runtime, organisationId) => {
  const deviceId = (await makeDevice(runtime, organisationId)) as Id<'dev'>;
  const proof = aProof({ deviceId, organisationId, t0Ms: runtime.clock.ms });
  await commit(runtime, [putNewProof(proof)]);
  return proof.id;
};

/** A top-up that was paid. */
const makeTopUp: Make = async (runtime, organisationId) => {
  const id = fresh(runtime, 'top');
  const order = {
    id,
    organisation: organisationId,
    source: 'checkout',
    units: 5_000_000n,
  } as const;
  const made = newTopUp({ ...order, nowMs: runtime.clock.ms, expiresAtMs: null });
  const paid = { status: 'succeeded', paymentId: `pi_${id}` } as const;
  await commit(runtime, [putTopUp({ ...made, ...paid })]);
  return id;
};

const makeRefund: Make = async (runtime, organisationId) => {
  const id = fresh(runtime, 'rfd');
  const refund = {
    id,
    organisation: organisationId,
    topUpId: fresh(runtime, 'top'),
    paymentId: 'pi_1',
    units: 1_000_000n,
    status: 'succeeded',
    providerRefundId: 're_1',
    reason: null,
    createdAtMs: runtime.clock.ms,
    version: 1,
  } as const;
  await commit(runtime, putRefund(refund));
  return id;
};

/** A card that the organisation has saved: `everyNeed`'s provider knows it as that customer's. */
const makeSavedCard: Make = async (runtime, organisationId) => {
  const account = newCardAccount(organisationId);
  const saved = changedCardAccount(account, { customerId: cardCustomer });
  await commit(runtime, [putCardAccount(saved)]);
  return savedCardId;
};

const cardCustomer = 'cus_owner';
const savedCardId = 'pm_0000';

const makePayout: Make = async (runtime, organisationId) => {
  const payout = aPayout({ id: fresh(runtime, 'pay'), organisation: organisationId });
  await commit(runtime, putPayout(payout, undefined));
  return payout.id;
};

const makeDeposit: Make = async (runtime, organisationId) => {
  const id = fresh(runtime, 'dep');
  const payTo = { wallet: 'wallet', mint: 'mint' };
  const order = { id, organisation: organisationId, token: 'usdc', expectedUnits: null } as const;
  const request = newDepositRequest({
    ...order,
    payTo,
    stakeDeviceId: null,
    lock: null,
    createdAtMs: runtime.clock.ms,
  });
  await commit(runtime, putNewDepositRequest(request));
  return id;
};

/** By path parameter: makes an object of the organisation, and answers its id. */
export const makers: Readonly<Record<string, Make>> = {
  organisation_id: async (_, organisationId) => organisationId,
  key_id: makeKey,
  wallet_id: makeWallet,
  payout_wallet_id: makePayoutWallet,
  site_id: makeSite,
  join_token_id: makeJoinToken,
  device_id: makeDevice,
  quote_id: makeQuote,
  cluster_id: makeCluster,
  invoice_id: makeInvoice,
  budget_id: makeBudget,
  proof_id: makeProof,
  top_up_id: makeTopUp,
  refund_id: makeRefund,
  payout_id: makePayout,
  payment_method_id: makeSavedCard,
  deposit_id: makeDeposit,
};

/** By the route's name: a body that gets as far as the handler, where an empty one does not. */
export const bodies: Readonly<Record<string, object>> = {
  renameDevice: { name: 'attic' },
  confirmTopUp: { success_url: 'https://console.test/paid' },
  unstake: {},
};

/** By the route's name: bodies that name an object, for the same question. */
export const references: Readonly<
  Record<string, { readonly parameter: string; readonly bodyWith: (id: string) => object }>
> = {
  createApiKey: {
    parameter: 'organisation_id',
    bodyWith: (id) => ({ name: 'key', role: 'member', organisation_id: id }),
  },
  createJoinToken: {
    parameter: 'site_id',
    bodyWith: (id) => ({ site_id: id }),
  },
  createQuote: {
    parameter: 'site_id',
    bodyWith: (id) => ({
      items: [{ model: terms.model, count: 1 }],
      head: 'shared',
      hours: 1,
      site: id,
    }),
  },
  createStake: {
    parameter: 'device_id',
    bodyWith: (id) => ({ device_id: id, amount: { amount: '1', currency: 'io' } }),
  },
  createDeposit: {
    parameter: 'device_id',
    bodyWith: (id) => ({ token: 'io', stake_device_id: id }),
  },
  createBudget: {
    parameter: 'key_id',
    bodyWith: (id) => ({ api_key_id: id, monthly_limit: { amount: '1', currency: 'usd' } }),
  },
  createCluster: {
    parameter: 'quote_id',
    bodyWith: (id) => ({ quote_id: id }),
  },
  createRefund: {
    parameter: 'top_up_id',
    bodyWith: (id) => ({ top_up_id: id, amount: { amount: '1000000', currency: 'usd' } }),
  },
};

/** Everything that any noun's function needs, with nothing outside the platform called. */
export const everyNeed = (runtime: TestRuntime) => ({
  ...runtime,
  keyMode: 'test' as const,
  site: testSite,
  signUp: 'closed' as const,
  payoutCooldownMs: hourMs,
  socketUrl: 'wss://socket.raymesh.test',
  workflows: { start: async () => {}, wake: async () => {} },
  sockets: { push: async () => true },
  poison: { send: async () => {} },
  engine: typescriptEngine,
  secrets: { read: async () => 'secret', readPrevious: async () => undefined },
  receiptSecretArn: 'arn:secret',
  transcripts: { put: async () => {} },
  statements: memoryObjects(),
  events: { send: async () => {} },
  stripe: async () => ownersCards,
});

/** Of the card provider: what is asked about saved cards; everything else fails. */
const ownersCards = {
  removeSavedCard: async (customer: string, card: string) =>
    customer === cardCustomer && card === savedCardId,
} as unknown as StripePort;
