/**
 * What AWS charges in us-east-1, as its public price pages list it, without free tiers and discounts, and
 * the few facts about billing that are no price. A private deal or another region changes these numbers
 * and nothing else.
 */

/** One price. `usdPerMillion` is for a million of the unit. */
interface ListPrice {
  readonly unit: string;
  readonly usdPerMillion: number;
  readonly source: string;
}

export const listPrices = {
  write: {
    unit: 'write request unit',
    usdPerMillion: 0.625,
    source: 'Amazon DynamoDB pricing, on-demand capacity, standard table class',
  },
  read: {
    unit: 'read request unit',
    usdPerMillion: 0.125,
    source: 'Amazon DynamoDB pricing, on-demand capacity, standard table class',
  },
  storedGibMonth: {
    unit: 'GiB stored for a month, with point-in-time recovery',
    usdPerMillion: 450_000,
    source: 'Amazon DynamoDB pricing, data storage (0.25) and continuous backups (0.20)',
  },
  socketMessage: {
    unit: 'WebSocket message of at most 32 KiB, up or down',
    usdPerMillion: 1,
    source: 'Amazon API Gateway pricing, WebSocket APIs, first thousand million messages',
  },
  connectionMinute: {
    unit: 'minute of an open WebSocket',
    usdPerMillion: 0.25,
    source: 'Amazon API Gateway pricing, WebSocket APIs, connection minutes',
  },
  httpRequest: {
    unit: 'HTTP API request of at most 512 KiB',
    usdPerMillion: 1,
    source: 'Amazon API Gateway pricing, HTTP APIs, first 300 million requests',
  },
  sentGib: {
    unit: 'GiB sent to the internet',
    usdPerMillion: 90_000,
    source: 'Amazon EC2 pricing, data transfer out to the internet, first 10 TB a month',
  },
  bucketPut: {
    unit: 'S3 PUT request',
    usdPerMillion: 5,
    source: 'Amazon S3 pricing, standard storage class, requests',
  },
  bucketGet: {
    unit: 'S3 GET request',
    usdPerMillion: 0.4,
    source: 'Amazon S3 pricing, standard storage class, requests',
  },
  stateTransition: {
    unit: 'state transition of a standard workflow',
    usdPerMillion: 25,
    source: 'AWS Step Functions pricing, standard workflows',
  },
  bucketGibMonth: {
    unit: 'GiB kept in S3 for a month',
    usdPerMillion: 23_000,
    source: 'Amazon S3 pricing, standard storage class, first 50 TB',
  },
  invocation: {
    unit: 'Lambda request',
    usdPerMillion: 0.2,
    source: 'AWS Lambda pricing, requests',
  },
  gibSecond: {
    unit: 'GiB-second of Lambda on arm64',
    usdPerMillion: 13.3334,
    source: 'AWS Lambda pricing, arm64, first tier',
  },
  loggedGib: {
    unit: 'GiB of log lines taken in',
    usdPerMillion: 500_000,
    source: 'Amazon CloudWatch pricing, logs, standard class',
  },
} as const satisfies Record<string, ListPrice>;

/** What the prices are for: numbers of units, which need not be whole. */
export type Consumption = Readonly<Partial<Record<keyof typeof listPrices, number>>>;

/** US dollars for so much. */
export const costUsd = (consumed: Consumption): number =>
  Object.entries(consumed).reduce(
    (sum, [name, count]) =>
      sum + (count * listPrices[name as keyof typeof listPrices].usdPerMillion) / 1_000_000,
    0,
  );

/** Facts of billing that measurement on another machine must be corrected by. */
export const lambdaFacts = {
  /** infra/constructs/lambda-function.ts gives each function this much unless told otherwise. */
  memoryMib: 512,
  /** infra/stacks/api-stack.ts gives those that answer requests so much. */
  endpointMemoryMib: 1_024,
  /** Memory at which a function has one whole processor (AWS Lambda developer guide, memory). */
  wholeProcessorMib: 1_769,
  /** Of one DynamoDB call as a function in the same region sees it: "single-digit milliseconds". */
  databaseCallMs: 5,
} as const;

/** A month of 30 days. */
export const monthMinutes = 43_200;
