/**
 * Shows every request to Stripe's own stripe-mock as well, which knows the parameters of the whole API
 * and nothing of the state. What the stand-in took and stripe-mock refuses is a violation: a request
 * that Stripe would not accept either.
 */

export interface Violation {
  readonly method: string;
  readonly path: string;
  readonly message: string;
}

export interface ValidatedRequest {
  readonly method: string;
  readonly path: string;
  /** The query, or the body of what changes something. */
  readonly form: string;
}

/**
 * Parameters of API version 2026-10-28.endive that the newest stripe-mock, which knows
 * 2026-08-26.dahlia, does not know yet; the stand-in alone checks them.
 */
const newer: readonly { readonly path: string; readonly name: string }[] = [
  { path: '/v1/checkout/sessions', name: 'allowed_payment_method_types' },
];

const known = ({ path, form }: ValidatedRequest): string => {
  const fields = new URLSearchParams(form);
  for (const { name } of newer.filter((each) => each.path === path)) {
    for (const key of [...fields.keys()]) {
      if (key === name || key.startsWith(`${name}[`)) fields.delete(key);
    }
  }
  return fields.toString();
};

export class Validator {
  readonly violations: Violation[] = [];
  readonly #url: string;

  /** `url` is where stripe-mock listens, without a slash at its end. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Asks stripe-mock about a request that the stand-in took; notes what it refuses. */
  async check(request: ValidatedRequest): Promise<void> {
    const { method, path } = request;
    const form = known(request);
    const changes = method === 'POST';
    const query = changes || form === '' ? '' : `?${form}`;
    const answer = await fetch(`${this.#url}${path}${query}`, {
      method,
      headers: {
        authorization: 'Bearer sk_test_123',
        'content-type': 'application/x-www-form-urlencoded',
      },
      ...(changes ? { body: form } : {}),
    });
    const text = await answer.text();
    if (answer.status < 400) return;
    let message = text;
    try {
      message = (JSON.parse(text) as { error: { message: string } }).error.message;
    } catch {
      // What is no JSON is reported as it is.
    }
    this.violations.push({ method, path, message });
  }
}
