/** HTML of the local chain's pages: plain, without scripts, and with nothing in it that is not escaped. */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A piece of HTML that is safe as it stands. */
export interface Html {
  readonly html: string;
}

type Shown = Html | string | number | bigint | readonly Html[];

const htmlOf = (shown: Shown): string => {
  if (Array.isArray(shown)) return shown.map((each: Html) => each.html).join('\n');
  if (typeof shown === 'object') return (shown as Html).html;
  return String(shown).replaceAll(/[&<>"']/g, (each) => escapes[each] ?? each);
};

/** HTML with values in it; texts are escaped. */
export const html = (strings: TemplateStringsArray, ...values: readonly Shown[]): Html => ({
  html: strings.reduce((text, part, at) => `${text}${htmlOf(values[at - 1] ?? '')}${part}`),
});

const style = `body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: #f6f8fa; color: #1a1f36; }
main { max-width: 60rem; margin: 2rem auto; padding: 1.5rem; background: #fff; border: 1px solid #d5dbe1; border-radius: .5rem; }
h1, td, th { overflow-wrap: anywhere; } h1 { font-size: 1.1rem; }
table { width: 100%; border-collapse: collapse; } th { text-align: left; font-weight: normal; color: #697386; } td, th { padding: .25rem .5rem .25rem 0; vertical-align: top; }
a { color: #4a3fcf; } .test { font-size: .875rem; }`;

/** A whole page. */
export const page = (title: string, content: readonly Html[]): string =>
  `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ html: style }}</style>
</head>
<body>
<main>
<p class="test">Local Solana: no real chain, no real money.</p>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.html
  }`;

/** Lines of a name and a value. */
export const facts = (lines: readonly (readonly [string, Shown])[]): Html =>
  html`<table>
${lines.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`)}
</table>`;

/** A table with a heading and columns. */
export const list = (
  heading: string,
  columns: readonly string[],
  rows: readonly (readonly Shown[])[],
): Html =>
  html`<h2>${heading}</h2>
<table>
<tr>${columns.map((column) => html`<th>${column}</th>`)}</tr>
${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}
</table>`;
