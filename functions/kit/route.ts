/**
 * A route declares everything about one endpoint: who may call it, what it takes, what it answers,
 * what it can refuse. The same table drives the router, the OpenAPI document and the authorisation
 * tests, so nothing about an endpoint is written twice.
 */
import type * as z from 'zod';
import type { ErrorCode } from '../../shared/core/error-catalogue.ts';
import type { Id, IdPrefix } from '../../shared/core/ids.ts';
import type { Device } from '../../shared/devices/device.ts';
import type { Scope } from '../../shared/identity/permissions.ts';
import type {
  BootstrapPrincipal,
  DevicePrincipal,
  KeyPrincipal,
  Principal,
} from '../../shared/identity/principal.ts';

/** The key that signed a registration: nobody yet, but the holder of that key. */
export interface NewDevicePrincipal {
  readonly kind: 'new_device';
  /** Ed25519, 32 bytes as base64. */
  readonly publicKey: string;
}

/** The card provider, or who watches the chain for us, by what it signed or knows. */
export interface WebhookPrincipal {
  readonly kind: 'webhook';
}

/** Nobody in particular. */
export interface PublicPrincipal {
  readonly kind: 'public';
}

export type Caller =
  | Exclude<Principal, DevicePrincipal>
  | DeviceCaller
  | NewDevicePrincipal
  | WebhookPrincipal
  | PublicPrincipal;

/** A registered device, with its item as it was when the signature was checked. */
export interface DeviceCaller extends DevicePrincipal {
  readonly device: Device;
}

interface CallerOf {
  /** An API key. */
  readonly key: KeyPrincipal;
  /** An API key, or the bootstrap key where its function takes it. */
  readonly key_or_bootstrap: KeyPrincipal | BootstrapPrincipal;
  /** A registered device's signature. */
  readonly device: DeviceCaller;
  /** The signature of a key that is about to register. */
  readonly new_device: NewDevicePrincipal;
  /** The signature or the secret of who sends it. */
  readonly webhook: WebhookPrincipal;
  readonly public: PublicPrincipal;
}

export type Authentication = keyof CallerOf;

/** The query of every list, parsed. */
export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** One authenticated, parsed request. */
export interface Call<A extends Authentication, Params, Query, Body> {
  readonly caller: CallerOf[A];
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly requestId: string;
  readonly nowMs: number;
  /**
   * When the whole request was there: the later of API Gateway's time and the start of this invocation
   * (on a cold start, of the process), so that a cold start is nobody's loss and a slow body nobody's gain.
   */
  readonly arrivedAtMs: number;
  /** The address that the request came from. */
  readonly sourceIp: string;
  /** New ids; a resumed attempt of an idempotent request gets the same ones in the same order. */
  readonly newId: <P extends IdPrefix>(prefix: P) => Id<P>;
}

/** What a handler answers; the route says the status and the form. */
export type Handler<
  Needs,
  A extends Authentication,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> = (
  needs: Needs,
  call: Call<A, z.output<Params>, z.output<Query>, z.output<Body>>,
) => Promise<z.input<Answer>>;

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface RouteDeclaration<
  Needs,
  A extends Authentication,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> {
  /** Name of the operation in the API document, camelCase: verb, noun. */
  readonly name: string;
  readonly method: Method;
  /** With parameters in braces: `/v1/clusters/{cluster_id}`. */
  readonly path: `/v1/${string}`;
  /** One sentence for the API document. */
  readonly summary: string;
  readonly authentication: A;
  /** The scope that a key must have; null where no key is involved. */
  readonly scope: A extends 'key' | 'key_or_bootstrap' ? Scope : null;
  /** Whether a POST must carry an Idempotency-Key; every other key-authenticated POST may. */
  readonly idempotencyKeyRequired?: boolean;
  /** Whether a device that is blocked may call it all the same; only with authentication `device`. */
  readonly acceptsBlockedDevice?: boolean;
  /**
   * Whether nobody's requests are counted; only with authentication `public`, for what is the same for
   * everybody and may be cached: behind one address there may be any number of devices that need it at once.
   */
  readonly unlimited?: boolean;
  readonly params: Params;
  readonly query: Query;
  /** `octetsSchema` where it takes raw bytes. */
  readonly body: Body;
  /** 256 KiB unless told. */
  readonly bodyBytesMax?: number;
  /** `octetsSchema` where it answers raw bytes. */
  readonly answer: Answer;
  /** What the raw bytes of the answer are; octets unless told. */
  readonly answerType?: 'application/pdf' | 'text/csv; charset=utf-8';
  /** Headers beside the pipeline's own, by what is answered: how long it may be kept. */
  readonly answerHeaders?: (answer: z.input<Answer>) => Readonly<Record<string, string>>;
  /** 200 or 201. */
  readonly status: 200 | 201;
  /** Members of the answer that are shown once and never stored for a replay. */
  readonly secrets?: readonly string[];
  /** Codes beyond those that every endpoint can answer. */
  readonly errors: readonly ErrorCode[];
  readonly handle: Handler<Needs, A, Params, Query, Body, Answer>;
}

/** A route whose schemas and caller the compiler has forgotten; what tables of routes hold. */
export interface Route<Needs> {
  readonly name: string;
  readonly method: Method;
  readonly path: `/v1/${string}`;
  readonly summary: string;
  readonly authentication: Authentication;
  readonly scope: Scope | null;
  readonly idempotencyKeyRequired: boolean;
  readonly acceptsBlockedDevice: boolean;
  readonly unlimited: boolean;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly bodyBytesMax?: number;
  readonly answer: z.ZodType;
  readonly answerType?: string;
  readonly answerHeaders?: (answer: never) => Readonly<Record<string, string>>;
  readonly status: 200 | 201;
  readonly secrets: readonly string[];
  readonly errors: readonly ErrorCode[];
  readonly handle: (needs: Needs, call: never) => Promise<unknown>;
}

/** Declares one route; the handler's types follow from its schemas. */
export const route = <
  Needs,
  A extends Authentication,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
>(
  declaration: RouteDeclaration<Needs, A, Params, Query, Body, Answer>,
): Route<Needs> => ({
  idempotencyKeyRequired: false,
  acceptsBlockedDevice: false,
  unlimited: false,
  secrets: [],
  ...declaration,
});
