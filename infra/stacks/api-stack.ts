/** What every endpoint shares: the HTTP API, and the table of the pipelines' caches. */
import { addAlarm, sumOf } from '../constructs/alarm.ts';
import { PlatformHttpApi } from '../constructs/http-api.ts';
import { LambdaFunction, type LambdaFunctionProps } from '../constructs/lambda-function.ts';
import { PlatformStack, type PlatformStackProps } from '../constructs/platform-stack.ts';
import { NounTable, readItem, readUpdate, readWrite } from '../constructs/table.ts';

export interface EndpointsProps extends Omit<LambdaFunctionProps, 'timeoutSeconds'> {
  /** First segments of the paths that it answers. */
  readonly segments: readonly string[];
  /** Single paths beside them, without /v1/; their first segment may be somebody else's. */
  readonly paths?: readonly string[];
  /** The table of identity, where API keys are looked up and their last use is noted. */
  readonly identity: NounTable<'identity'> | undefined;
}

export class ApiStack extends PlatformStack {
  readonly requests: NounTable<'requests'>;
  private readonly httpApi: PlatformHttpApi;

  constructor(props: Pick<PlatformStackProps, 'app' | 'config'>) {
    super({ ...props, clock: [] }, 'api');
    this.requests = new NounTable(this, 'requests');
    if (this.config.stage === 'local') this.clock = [readItem(this.requests)];
    this.httpApi = new PlatformHttpApi(this);
    addAlarm(this, 'FunctionsThrottled', {
      runbook: 'functions-throttled',
      says: 'Lambda refuses calls: the account runs too many functions at once.',
      metric: sumOf('AWS/Lambda', 'Throttles', {}),
      threshold: 1,
    });
  }

  /** Where people sign in: the configured page, or the API itself where there is none. */
  get signInOrigin(): string {
    const { stage, signInOrigin } = this.config;
    return signInOrigin ?? (stage === 'local' ? 'http://localhost' : this.httpApi.origin);
  }

  /** A noun's function for HTTP, in the noun's stack, with what its pipeline needs. */
  addEndpoints(stack: PlatformStack, props: EndpointsProps): LambdaFunction {
    const { segments, paths, identity, ...rest } = props;
    const endpoints = new LambdaFunction(stack, {
      ...rest,
      tables: [
        ...rest.tables,
        ...(identity === undefined ? [] : [readUpdate(identity)]),
        readWrite(this.requests),
      ],
      environment: { ...rest.environment, KEY_MODE: stack.config.keyMode },
      // API Gateway gives up after 30 s.
      timeoutSeconds: 29,
      memoryMib: 1024,
    });
    this.httpApi.serve(endpoints, segments, paths);
    return endpoints;
  }
}
