/**
 * What tests and the demo may ask of the stand-in beside Stripe's API: webhooks and what happens to
 * them, what cards do next, disputes, faults of the connection, and the records to compare with.
 * `Commands` is the contract; `control-client.ts` speaks it from another process.
 */
import type { Violation } from '../validation/validator.ts';
import { authenticate, endProcessing, requireIntent } from '../world/authenticating.ts';
import { bookCharge } from '../world/charging.ts';
import {
  closeDispute,
  type DisputeOrder,
  escalateInquiry,
  moveFunds,
  openDispute,
  warnOfFraud,
} from '../world/disputes.ts';
import type { Charge, Dispute, FraudWarning, Refund, StoredEvent } from '../world/objects.ts';
import { failRefund } from '../world/refunding.ts';
import { required } from '../world/refusal.ts';
import type { Delivery, ForcedOutcome, RequestNote } from '../world/state.ts';
import { type Totals, type TotalsQuery, totals } from '../world/totals.ts';
import type { World } from '../world/world.ts';
import type { FaultOrder, Faults } from './faults.ts';
import type { Disguise, Webhooks } from './webhooks.ts';

/** Events by their names; `charge.*` for all of one kind, `*` for all. */
export interface EventRule {
  readonly types: readonly string[];
  /** To how many events it applies; to all unless told. */
  readonly events?: number;
}

/** An event that was not sent yet. */
export type HeldEvent = Pick<StoredEvent, 'id' | 'type'>;

/** Every command, with what it takes and answers. */
export interface Commands {
  /** Adds a webhook endpoint; all events unless told. A secret is made unless given. */
  addEndpoint(order: {
    readonly url: string;
    readonly events?: readonly string[];
    readonly secret?: string;
  }): { readonly id: string; readonly secret: string };
  removeEndpoint(order: { readonly id: string }): void;
  /** Rolls an endpoint's secret: both sign until `finishRoll`. Answers the new one. */
  rollSecret(order: { readonly id: string }): { readonly secret: string };
  /** The old secret signs no more. */
  finishRoll(order: { readonly id: string }): void;

  /** Keeps these events back until they are released. */
  hold(rule: EventRule): void;
  /** Never sends these events; the API still lists them. */
  drop(rule: EventRule): void;
  /** Sends each of these events so many times at once. */
  duplicate(rule: EventRule & { readonly copies: number }): void;
  /** Sends these events when the stand-in's clock has moved so far; see `sendDue`. */
  delay(rule: EventRule & { readonly byMs: number }): void;
  /** Ends all rules about events; what is held stays held. */
  clearRules(): void;
  /** The events that are kept back or delayed, in the order of their making. */
  held(): readonly HeldEvent[];
  /**
   * Sends what is held, in the order of its making, reversed, or exactly these ids in this order (an
   * id may stand there twice). Answers the ids in the order of sending; see `settled`.
   */
  release(order?: {
    readonly order?: 'as_made' | 'reversed' | readonly string[];
  }): readonly string[];
  /** Sends delayed events whose time has come. */
  sendDue(): void;
  /** Sends one event now, perhaps disguised. Answers each endpoint's status, null for no answer. */
  resend(order: Disguise & { readonly id: string }): Promise<readonly (number | null)[]>;
  /** Sends again what no endpoint has accepted. */
  retryFailed(): void;
  /** Resolves when no delivery is on its way. */
  settled(): Promise<void>;
  /** Every attempt to deliver, in the order of their ends. */
  deliveries(): readonly Delivery[];

  /** Decides the next confirmations of payments, whatever the card; the first given comes first. */
  setNextOutcomes(outcomes: readonly ForcedOutcome[]): void;
  /** The holder of a card authenticates a payment or setup intent, or fails to. */
  authenticate(order: { readonly intent: string; readonly succeeds: boolean }): void;
  /** A payment that is processing ends. */
  finishProcessing(order: { readonly paymentIntent: string; readonly succeeds: boolean }): void;
  /** New charges have no balance transaction until `bookCharges`. */
  holdBalances(): void;
  /** Books the charges that wait, and all later ones at once. */
  bookCharges(): void;

  /** Opens a dispute, or an inquiry, on a payment. */
  openDispute(order: DisputeOrder & { readonly paymentIntent: string }): Dispute;
  /** Makes a dispute of an inquiry. */
  escalateInquiry(order: { readonly id: string }): Dispute;
  /** Ends a dispute. */
  closeDispute(order: { readonly id: string; readonly won: boolean }): Dispute;
  /** Moves cents for a dispute, below 0 from us, whatever was moved before; `totals` do not know of it. */
  moveDisputeFunds(order: { readonly id: string; readonly amount: number }): Dispute;
  /** Raises an early fraud warning on a payment. */
  warnOfFraud(order: { readonly paymentIntent: string; readonly fraudType?: string }): FraudWarning;
  /** A refund comes back. */
  failRefund(order: { readonly id: string; readonly reason?: string }): Refund;

  /** Closes the connection of the next matching API requests after they took effect. */
  dropAnswers(order?: FaultOrder): void;
  /** Answers the next matching API requests with this status, without acting. */
  failRequests(order: FaultOrder & { readonly status: number }): void;

  /** The oracle: what was captured, refunded, disputed and taken as fees. */
  totals(query?: TotalsQuery): Totals;
  /** Every request to the API, in order. */
  requests(): readonly RequestNote[];
  /** Requests that stripe-mock refuses and the stand-in does not; empty without stripe-mock. */
  violations(): readonly Violation[];
}

export interface Parts {
  readonly world: World;
  readonly webhooks: Webhooks;
  readonly faults: Faults;
  readonly violations: () => readonly Violation[];
}

const chargeOf = (world: World, intentId: string): Charge => {
  const intent = required(world.state.paymentIntents.get(intentId), 'payment_intent', intentId);
  const chargeId = intent.latest_charge ?? '';
  return required(world.state.charges.get(chargeId), 'charge', chargeId);
};

const endpointOf = (world: World, id: string) =>
  required(world.state.endpoints.get(id), 'endpoint', id);

const webhookCommands = ({ world, webhooks }: Parts) =>
  ({
    addEndpoint: ({ url, events = ['*'], secret = world.newId('whsec_', 32) }) => {
      const id = world.newId('we_');
      world.state.endpoints.set(id, { id, url, events, secret, previousSecret: null });
      return { id, secret };
    },
    removeEndpoint: ({ id }) => void world.state.endpoints.delete(id),
    rollSecret: ({ id }) => {
      const endpoint = endpointOf(world, id);
      endpoint.previousSecret = endpoint.secret;
      endpoint.secret = world.newId('whsec_', 32);
      return { secret: endpoint.secret };
    },
    finishRoll: ({ id }) => {
      endpointOf(world, id).previousSecret = null;
    },
    hold: ({ types, events = Infinity }) =>
      webhooks.rule({ types, act: 'hold', value: 0, left: events }),
    drop: ({ types, events = Infinity }) =>
      webhooks.rule({ types, act: 'drop', value: 0, left: events }),
    duplicate: ({ types, copies, events = Infinity }) =>
      webhooks.rule({ types, act: 'duplicate', value: copies, left: events }),
    delay: ({ types, byMs, events = Infinity }) =>
      webhooks.rule({ types, act: 'delay', value: byMs, left: events }),
    clearRules: () => webhooks.clearRules(),
    held: () => webhooks.held().map(({ id, type }) => ({ id, type })),
    release: ({ order = 'as_made' } = {}) => {
      const made = webhooks.held().map(({ id }) => id);
      const ids = order === 'as_made' ? made : order === 'reversed' ? made.toReversed() : order;
      webhooks.release(ids);
      return ids;
    },
    sendDue: () => webhooks.sendDue(),
    resend: ({ id, ...disguise }) =>
      webhooks.resend(required(world.state.events.get(id), 'event', id), disguise),
    retryFailed: () => webhooks.retryFailed(),
    settled: () => webhooks.settled(),
    deliveries: () => world.state.deliveries,
  }) satisfies Partial<Commands>;

const paymentCommands = ({ world }: Parts) =>
  ({
    setNextOutcomes: (outcomes) => void world.state.forced.push(...outcomes),
    authenticate: ({ intent, succeeds }) =>
      void authenticate(world, requireIntent(world, intent), succeeds),
    finishProcessing: ({ paymentIntent: id, succeeds }) =>
      endProcessing(
        world,
        required(world.state.paymentIntents.get(id), 'payment_intent', id),
        succeeds,
      ),
    holdBalances: () => {
      world.state.holdsBalances = true;
    },
    bookCharges: () => {
      world.state.holdsBalances = false;
      for (const charge of world.state.charges.values()) {
        const waits = charge.status === 'succeeded' && charge.balance_transaction === null;
        if (waits) bookCharge(world, charge);
      }
    },
    openDispute: ({ paymentIntent, ...order }) =>
      openDispute(world, chargeOf(world, paymentIntent), order),
    escalateInquiry: ({ id }) =>
      escalateInquiry(world, required(world.state.disputes.get(id), 'dispute', id)),
    moveDisputeFunds: ({ id, amount }) =>
      moveFunds(world, required(world.state.disputes.get(id), 'dispute', id), amount),
    closeDispute: ({ id, won }) =>
      closeDispute(world, required(world.state.disputes.get(id), 'dispute', id), won),
    warnOfFraud: ({ paymentIntent, fraudType = 'made_with_stolen_card' }) =>
      warnOfFraud(world, chargeOf(world, paymentIntent), fraudType),
    failRefund: ({ id, reason = 'expired_or_canceled_card' }) =>
      failRefund(world, required(world.state.refunds.get(id), 'refund', id), reason),
  }) satisfies Partial<Commands>;

/** The commands of one stand-in. */
export const commandsOf = (parts: Parts): Commands => ({
  ...webhookCommands(parts),
  ...paymentCommands(parts),
  dropAnswers: (order = {}) => parts.faults.dropAnswers(order),
  failRequests: (order) => parts.faults.failRequests(order),
  totals: (query) => totals(parts.world, query),
  requests: () => parts.world.state.requests,
  violations: () => parts.violations(),
});
