/**
 * Somebody at the pay page without a browser: follows its forms and redirects as far as the address
 * that the platform gave. For tests and the demo.
 */

export interface Visit {
  /** The card; 4242… unless told. */
  readonly number?: string;
  /** What the holder answers to 3-D Secure; completes it unless told. */
  readonly authenticate?: 'complete' | 'fail';
  readonly name?: string;
  readonly email?: string;
  readonly expiry?: string;
  readonly cvc?: string;
}

export interface Visited {
  /** Where the browser was sent at last, outside of the stand-in; null when it stayed. */
  readonly location: string | null;
  /** What the page says went wrong. */
  readonly error: string | null;
  readonly status: number;
}

const stepsMax = 8;

const postTo = (url: string, fields: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

const alertIn = (html: string): string | null =>
  /role="alert">([^<]*)</.exec(html)?.[1]?.replaceAll('&#39;', "'") ?? null;

/** Pays, or saves a card, at the address of a Checkout Session or of a 3-D Secure step. */
export const visitPayPage = async (url: string, visit: Visit = {}): Promise<Visited> => {
  const origin = new URL(url).origin;
  const card = {
    number: visit.number ?? '4242424242424242',
    expiry: visit.expiry ?? '12 / 34',
    cvc: visit.cvc ?? '123',
    name: visit.name ?? 'Jo Doe',
    email: visit.email ?? 'jo@example.com',
  };
  let at = url;
  let typed = false;
  for (let step = 0; step < stepsMax; step += 1) {
    const authenticates = new URL(at).pathname.startsWith('/authenticate/');
    const form = authenticates ? { outcome: visit.authenticate ?? 'complete' } : card;
    const answer: Response =
      authenticates || !typed ? await postTo(at, form) : await fetch(at, { redirect: 'manual' });
    typed ||= !authenticates;
    const location: string | null = answer.headers.get('location');
    if (location === null) {
      return { location: null, error: alertIn(await answer.text()), status: answer.status };
    }
    await answer.arrayBuffer();
    if (new URL(location).origin !== origin) {
      return { location, error: null, status: answer.status };
    }
    at = location;
  }
  throw new Error(`The pay page at ${url} sends its visitor in a circle.`);
};
