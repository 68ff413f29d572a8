/**
 * Invoices, billing details, budgets, and money by card: what speaks with the card provider has a function of its own, for it alone
 * may read the provider's key.
 */
import { Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { FailureQueue } from '../constructs/failure-queue.ts';
import { LambdaFunction } from '../constructs/lambda-function.ts';
import { output, PlatformStack } from '../constructs/platform-stack.ts';
import { QueueConsumer } from '../constructs/queue-consumer.ts';
import { ScheduledTask } from '../constructs/scheduled-task.ts';
import { SolanaAccess } from '../constructs/solana-access.ts';
import {
  NounTable,
  read,
  readItem,
  readPut,
  readPutUpdate,
  readWrite,
} from '../constructs/table.ts';
import { tokenEnvironment } from '../constructs/token-environment.ts';
import { TreasuryKey } from '../constructs/treasury-key.ts';
import { Workflow } from '../constructs/workflow.ts';
import type { ApiStack } from './api-stack.ts';
import type { DevicesStack } from './devices-stack.ts';
import type { IdentityStack } from './identity-stack.ts';
import type { LedgerStack } from './ledger-stack.ts';
import { mintEmission } from './mint-emission.workflow.ts';
import { paySuppliers } from './pay-suppliers.workflow.ts';
import type { RewardsStack } from './rewards-stack.ts';

/** With Stripe's client, which is as large as everything else together. */
const cardBundleKibMax = 700;

interface PaymentsNeeds {
  readonly api: ApiStack;
  readonly identity: IdentityStack;
  readonly ledger: LedgerStack;
  readonly devices: DevicesStack;
  readonly rewards: RewardsStack;
}

export class PaymentsStack extends PlatformStack {
  readonly payments: NounTable<'payments'>;
  /** What mints IO. */
  readonly minting: Workflow;
  private readonly solana: SolanaAccess;
  private readonly treasuryKey: TreasuryKey;

  constructor(stacks: PaymentsNeeds) {
    const { api } = stacks;
    const { identity } = stacks.identity;
    const { ledger } = stacks.ledger;
    const { devices } = stacks.devices;
    const { rewards } = stacks.rewards;
    super(api, 'payments');
    this.payments = new NounTable(this, 'payments');
    this.solana = new SolanaAccess(this);
    this.treasuryKey = new TreasuryKey(this);
    api.addEndpoints(this, {
      name: 'payments-http',
      segments: [
        'invoices',
        'billing-details',
        'budgets',
        'card-freezes',
        'token-prices',
        'payout-wallets',
        'treasury',
        'payouts',
        'payout-approvals',
        'payout-controls',
        'auto-payout',
        'denied-wallets',
        'deposits',
        'deposit-claims',
        'suspense',
      ],
      identity,
      // Audit events are put, and payout wallets are registered; payouts hold what they pay. Who asks to be
      // paid a stake is told whether the device takes it.
      tables: [
        readWrite(this.payments, 'by_owner'),
        readWrite(ledger),
        readPut(identity),
        readItem(devices),
        readItem(rewards),
      ],
      environment: {
        ...tokenEnvironment(this.config),
        PAYOUT_COOLDOWN_HOURS: String(this.config.payoutCooldownHours),
      },
    });
    const key = this.providerSecret('StripeKey', 'API key of Stripe, sk_ or rk_');
    const signing = this.providerSecret('StripeWebhookSecret', 'Signing secret of Stripe, whsec_');
    const { keyMode, stripeAddress } = this.config;
    // Whose card paid is noted there.
    const tables = [readWrite(this.payments, 'by_owner'), readWrite(ledger), readPut(identity)];
    const environment = {
      KEY_MODE: keyMode,
      STRIPE_KEY_SECRET_ARN: key.secretArn,
      ...(stripeAddress === undefined ? {} : { STRIPE_ADDRESS: stripeAddress }),
    };
    const common = { tables, environment, bundleKibMax: cardBundleKibMax, memoryMib: 1024 };
    const cards = api.addEndpoints(this, {
      ...common,
      name: 'payments-cards',
      segments: ['top-ups', 'payment-methods', 'auto-top-up', 'refunds'],
      identity,
    });
    const events = new QueueConsumer(this, {
      ...common,
      name: 'payments-events',
      timeoutSeconds: 120,
      atOnceMax: 8,
      batchSize: 2,
    });
    const paying = this.addPayouts(ledger);
    this.minting = this.addMinting(stacks);
    const schedules = new LambdaFunction(this, {
      ...common,
      environment: {
        ...environment,
        ...tokenEnvironment(this.config),
        PAY_STATE_MACHINE_ARN: paying.arn,
      },
      name: 'payments-schedules',
      timeoutSeconds: 300,
    });
    for (const speaker of [cards, events.consumer, schedules]) {
      speaker.allow(['secretsmanager:GetSecretValue'], [key.secretArn]);
    }
    new ScheduledTask(schedules, { task: 'top-up-automatically', everyMinutes: 5 });
    new ScheduledTask(schedules, { task: 'finish-refunds', everyMinutes: 5 });
    new ScheduledTask(schedules, { task: 'backfill-events', everyMinutes: 60 });
    new ScheduledTask(schedules, { task: 'compare-card-money', everyMinutes: 24 * 60 });
    new ScheduledTask(schedules, { task: 'request-daily-payouts', everyMinutes: 24 * 60 });
    new ScheduledTask(schedules, { task: 'start-payouts', everyMinutes: 1 });
    schedules.allow(['states:StartExecution'], [paying.arn]);
    const hints = this.addDeposits(stacks);
    const hintSecret = this.providerSecret('SolanaWebhookSecret', 'What hints are sent with');
    const webhook = api.addEndpoints(this, {
      name: 'payments-webhook',
      segments: ['webhooks'],
      identity: undefined,
      // It keeps events, and looks whether one is worked off; it changes nothing that is there.
      tables: [readPut(this.payments)],
      bundleKibMax: cardBundleKibMax,
      environment: {
        STRIPE_WEBHOOK_SECRET_ARN: signing.secretArn,
        PROVIDER_EVENTS_QUEUE_URL: events.queue.queueUrl,
        SOLANA_WEBHOOK_SECRET_ARN: hintSecret.secretArn,
        HINTS_QUEUE_URL: hints.queueUrl,
      },
    });
    const secretArns = [signing.secretArn, hintSecret.secretArn];
    webhook.allow(['secretsmanager:GetSecretValue'], secretArns);
    webhook.allow(['sqs:SendMessage'], [events.queue.queueArn, hints.queueArn]);
  }

  /** The function that has the treasury's key sign payouts, and the state machine that it works for. */
  private addPayouts(ledger: NounTable<'ledger'>): Workflow {
    const { payoutNonceAccount } = this.config;
    const payouts = new LambdaFunction(this, {
      name: 'payments-payouts',
      tables: [readWrite(this.payments), readWrite(ledger)],
      environment: {
        ...this.solana.environment,
        ...this.treasuryKey.environment,
        ...(payoutNonceAccount === undefined ? {} : { PAYOUT_NONCE_ACCOUNT: payoutNonceAccount }),
      },
      timeoutSeconds: 110,
    });
    this.solana.allowReading(payouts);
    this.treasuryKey.allowReading(payouts);
    this.treasuryKey.allowSigning(payouts);
    return new Workflow(this, {
      name: 'pay-suppliers',
      outputName: 'Pay',
      steps: payouts,
      define: paySuppliers,
    });
  }

  /**
   * The function that has the key sign mints, where IO is our own, and its state machine. Here, because the key's
   * policy names who may sign.
   */
  private addMinting({ ledger, rewards }: PaymentsNeeds): Workflow {
    const minter = new LambdaFunction(this, {
      name: 'token-mint',
      tables: [readWrite(this.payments), readWrite(ledger.ledger), read(rewards.rewards)],
      environment: { ...this.solana.environment, ...this.treasuryKey.environment },
      timeoutSeconds: 110,
    });
    this.solana.allowReading(minter);
    this.treasuryKey.allowReading(minter);
    if (this.config.token?.mode === 'own') this.treasuryKey.allowSigning(minter);
    return new Workflow(this, {
      name: 'mint-emission',
      outputName: 'Mint',
      steps: minter,
      define: mintEmission,
    });
  }

  /** What happens on the chain, and what tokens are worth. Answers where hints are sent to. */
  private addDeposits(stacks: PaymentsNeeds): Queue {
    const { identity } = stacks.identity;
    const { ledger } = stacks.ledger;
    // What came to be staked is put on its device.
    const staking = [readItem(stacks.devices.devices), readPutUpdate(stacks.rewards.rewards)];
    const priceKey = new Secret(this, 'PythKey', {
      description: 'Key of the price source Pyth as JSON: {"api_key":"..."}',
      generateSecretString: { secretStringTemplate: '{}', generateStringKey: 'replace_me' },
    });
    this.replacedByOperator(priceKey);
    const { fixedPrices, ioPositionLimit } = this.config;
    const unreadable = new FailureQueue(this, 'UnreadableDeposits');
    unreadable.ring(this, 'DepositUnreadable', {
      runbook: 'deposit-unreadable',
      says: 'A transaction at the treasury cannot be read, or must not be.',
    });
    const common = {
      // Who sent something is looked up and noted, and what it brought is posted.
      tables: [
        readWrite(this.payments, 'by_owner'),
        readWrite(ledger),
        readPut(identity),
        ...staking,
      ],
      environment: {
        ...this.solana.environment,
        UNREADABLE_DEPOSITS_QUEUE_URL: unreadable.queueUrl,
        IO_POSITION_LIMIT: ioPositionLimit,
      },
    };
    const deposits = new LambdaFunction(this, {
      ...common,
      name: 'payments-deposits',
      // Who owes is listed there, too.
      tables: [
        readWrite(this.payments, 'by_owner'),
        readWrite(ledger, 'by_maturity'),
        readPut(identity),
        ...staking,
      ],
      environment: {
        ...common.environment,
        PYTH_KEY_SECRET_ARN: priceKey.secretArn,
        ...(fixedPrices === undefined ? {} : { FIXED_TOKEN_PRICES: fixedPrices }),
        ...this.treasuryKey.environment,
      },
      timeoutSeconds: 300,
    });
    const hints = new QueueConsumer(this, {
      ...common,
      name: 'payments-hints',
      timeoutSeconds: 150,
      atOnceMax: 2,
      batchSize: 1,
    });
    for (const finder of [deposits, hints.consumer]) {
      this.solana.allowReading(finder);
      finder.allow(['sqs:SendMessage'], [unreadable.queueArn]);
    }
    this.treasuryKey.allowReading(deposits);
    deposits.allow(['secretsmanager:GetSecretValue'], [priceKey.secretArn]);
    new ScheduledTask(deposits, { task: 'check-treasury', everyMinutes: 60 });
    new ScheduledTask(deposits, { task: 'read-prices', everyMinutes: 1 });
    new ScheduledTask(deposits, { task: 'poll-deposits', everyMinutes: 1 });
    new ScheduledTask(deposits, { task: 'check-custody', everyMinutes: 60 });
    new ScheduledTask(deposits, { task: 'rescan-deposits', everyMinutes: 24 * 60 });
    return hints.queue;
  }

  /** Made with a value that is none of the provider's; the operator stores the real one. */
  private providerSecret(id: string, description: string): Secret {
    const secret = new Secret(this, id, {
      description,
      generateSecretString: { passwordLength: 32, excludePunctuation: true, includeSpace: false },
    });
    this.replacedByOperator(secret);
    return secret;
  }

  private replacedByOperator(secret: Secret): void {
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'It is the provider’s: the operator replaces it there and here.',
    });
    output(this, `${secret.node.id}Arn`, secret.secretArn);
  }
}
