/** The pages that a card's holder sees, as plain HTML forms without scripts. */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (each) => escapes[each] ?? each);

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: #f6f8fa; color: #1a1f36; }
main { max-width: 26rem; margin: 2rem auto; padding: 1.5rem; background: #fff; border: 1px solid #d5dbe1; border-radius: .5rem; }
label { display: block; margin: .75rem 0 .25rem; }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; border: 1px solid #697386; border-radius: .25rem; }
button { margin-top: 1rem; padding: .6rem 1rem; font: inherit; color: #fff; background: #4a3fcf; border: 0; border-radius: .25rem; cursor: pointer; }
button.second { color: #1a1f36; background: #e3e8ee; }
.error { padding: .5rem .75rem; background: #fde8e8; border-left: .25rem solid #b3093c; }
.test { font-size: .875rem; }
table { width: 100%; border-collapse: collapse; } th { text-align: left; font-weight: normal; } td { text-align: right; }
</style>
</head>
<body>
<main>
<p class="test">Stripe stand-in: no real card, no real money.</p>
<h1>${escaped(title)}</h1>
${content}
</main>
</body>
</html>
`;

/** Cents as a price. */
export const priceOf = (cents: number, currency: string): string =>
  `${(cents / 100).toFixed(2)} ${currency.toUpperCase()}`;

export interface Line {
  readonly label: string;
  readonly price: string;
}

export interface CardFormPage {
  readonly title: string;
  readonly button: string;
  readonly lines: readonly Line[];
  /** What was typed before. */
  readonly name: string;
  readonly email: string;
  readonly error: string | undefined;
  readonly cancelUrl: string | null;
}

const field = (
  name: string,
  label: string,
  rest: { autocomplete: string; value?: string; placeholder?: string; inputmode?: string },
): string => {
  const attributes = Object.entries(rest).map(([key, value]) => `${key}="${escaped(value)}"`);
  return `<label for="${name}">${label}</label>
<input id="${name}" name="${name}" required ${attributes.join(' ')}>`;
};

const linesOf = (lines: readonly Line[]): string => {
  const rows = lines.map(
    ({ label, price }) =>
      `<tr><th scope="row">${escaped(label)}</th><td>${escaped(price)}</td></tr>`,
  );
  return rows.length === 0 ? '' : `<table>${rows.join('')}</table>`;
};

const alertOf = (error: string | undefined): string =>
  error === undefined ? '' : `<p class="error" role="alert">${escaped(error)}</p>`;

/** Where the holder types a card. */
export const cardFormPage = (shown: CardFormPage): string =>
  page(
    shown.title,
    `${linesOf(shown.lines)}
${alertOf(shown.error)}
<form method="post">
${field('email', 'Email', { autocomplete: 'email', value: shown.email })}
${field('number', 'Card number', { autocomplete: 'cc-number', inputmode: 'numeric', placeholder: '4242 4242 4242 4242' })}
${field('expiry', 'Expires (MM / YY)', { autocomplete: 'cc-exp', placeholder: '12 / 34' })}
${field('cvc', 'Security code', { autocomplete: 'cc-csc', inputmode: 'numeric', placeholder: '123' })}
${field('name', 'Name on the card', { autocomplete: 'cc-name', value: shown.name })}
<button type="submit">${escaped(shown.button)}</button>
</form>
${shown.cancelUrl === null ? '' : `<p><a href="${escaped(shown.cancelUrl)}">Cancel</a></p>`}`,
  );

/** Where the holder's bank asks whether it is really them. */
export const authenticationPage = (what: string): string =>
  page(
    '3-D Secure',
    `<p>Your bank asks you to confirm ${escaped(what)}.</p>
<form method="post">
<button type="submit" name="outcome" value="complete">Complete authentication</button>
<button type="submit" name="outcome" value="fail" class="second">Fail authentication</button>
</form>`,
  );

/** A page that only says something. */
export const messagePage = (title: string, text: string, lines: readonly Line[] = []): string =>
  page(title, `<p>${escaped(text)}</p>\n${linesOf(lines)}`);
