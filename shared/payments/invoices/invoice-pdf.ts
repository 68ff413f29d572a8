/** An invoice on paper: the same figures as its JSON, laid out on as many pages as its lines need. Pure. */
import { formatUsd } from '../../core/money.ts';
import { hourMs, isoOf } from '../../core/time.ts';
import type { BillingDetails } from './billing.ts';
import type { Invoice, InvoiceLine } from './invoice.ts';
import { type PdfPage, type PdfRule, type PdfText, writePdf } from './pdf.ts';

const left = 50;
const right = 545;
const buyerX = 300;
/** Where a line's columns begin or, of numbers, end. */
const columns = { node: left, model: 225, hours: 395, rate: 470, amount: right };
const lineHeight = 16;
const bottom = 220;
const firstLineY = 560;
const nextLineY = 740;

/** Longer names are cut: they would run into the next column. */
const cut = (text: string, charactersMax: number): string => {
  const characters = [...text];
  return characters.length <= charactersMax
    ? text
    : `${characters.slice(0, charactersMax - 3).join('')}...`;
};

const partyLines = (party: BillingDetails): readonly string[] =>
  [
    party.name,
    party.line1,
    party.line2,
    `${party.postalCode} ${party.city}`,
    [party.region, party.country].filter((part) => part !== null).join(', '),
    party.taxId === null ? null : `Tax ID ${party.taxId}`,
  ].filter((line) => line !== null);

const column = (x: number, title: string, lines: readonly string[]): readonly PdfText[] =>
  [title, ...lines].map((text, index) => ({
    x,
    y: 730 - index * 14,
    size: index === 0 ? 9 : 10,
    bold: index === 0,
    text: cut(text, 44),
  }));

const headOf = (invoice: Invoice): readonly PdfText[] => {
  const { seller, buyer, organisation } = invoice;
  const day = (ms: number) => isoOf(ms).slice(0, 10);
  const minute = (ms: number) => isoOf(ms).slice(0, 16).replace('T', ' ');
  const facts = [
    `Cluster ${invoice.clusterId} (${cut(invoice.clusterName, 40)})`,
    `From ${minute(invoice.runningAtMs)} to ${minute(invoice.stoppedAtMs)} UTC`,
  ];
  return [
    { x: left, y: 790, size: 18, bold: true, text: `Invoice ${invoice.number ?? invoice.id}` },
    { x: left, y: 770, size: 10, text: `Issued ${day(invoice.issuedAtMs)}. ${invoice.id}` },
    ...column(left, 'SELLER', seller ? partyLines(seller) : ['The operator of this platform']),
    ...column(buyerX, 'BUYER', buyer ? partyLines(buyer) : [organisation]),
    ...facts.map((text, index) => ({ x: left, y: 620 - index * 14, size: 10, text })),
  ];
};

const titleOf = (y: number): readonly PdfText[] => {
  const title = { y, size: 9, bold: true };
  return [
    { ...title, x: columns.node, text: 'NODE' },
    { ...title, x: columns.model, text: 'MODEL' },
    { ...title, x: columns.hours - 32, text: 'HOURS' },
    { ...title, x: columns.rate - 44, text: 'PER HOUR' },
    { ...title, x: columns.amount - 40, text: 'AMOUNT' },
  ];
};

/** Hours with four places, rounded down: the amount follows from the milliseconds, not from them. */
const hoursOf = (milliseconds: number): string => {
  const places = Math.floor((milliseconds * 10_000) / hourMs);
  return `${Math.floor(places / 10_000)}.${String(places % 10_000).padStart(4, '0')}`;
};

const lineTexts = (line: InvoiceLine, y: number): readonly PdfText[] => {
  const number = { y, size: 9, rightAligned: true };
  const hours = hoursOf(line.provenMs + line.minimumMs);
  return [
    { x: columns.node, y, size: 9, text: line.nodeId },
    { x: columns.model, y, size: 9, text: cut(line.model, 24) },
    { ...number, x: columns.hours, text: hours },
    { ...number, x: columns.rate, text: formatUsd(line.rateUnitsPerHour) },
    { ...number, x: columns.amount, text: formatUsd(line.units) },
  ];
};

const percentOf = (basisPoints: number): string => String(basisPoints / 100);

const noteCharactersMax = 100;

/** The words in lines that fit between the margins. */
const wrapped = (text: string): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > noteCharactersMax && line !== '') {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, cut(line, noteCharactersMax)];
};

const sumsOf = (invoice: Invoice, y: number): readonly PdfText[] => {
  const taxUnits = invoice.tax.lines.reduce((sum, { units }) => sum + units, 0n);
  const minimumUnits = invoice.lines.reduce((sum, line) => sum + line.minimumUnits, 0n);
  const rows = [
    ['Without tax', invoice.totalUnits - taxUnits],
    ...invoice.tax.lines.map(
      ({ label, basisPoints, units }) => [`${label}, ${percentOf(basisPoints)} %`, units] as const,
    ),
    ['Total in US dollars, paid from credit', invoice.totalUnits],
  ] as const;
  const notes = [
    ...(invoice.tax.note === null ? [] : wrapped(invoice.tax.note)),
    ...(minimumUnits === 0n
      ? []
      : [`${formatUsd(minimumUnits)} of it is for the minimum of one hour.`]),
  ];
  const sums = rows.flatMap(([label, units], index): PdfText[] => {
    const bold = index === rows.length - 1;
    const at = { y: y - index * lineHeight, size: 10, bold };
    return [
      { ...at, x: buyerX, text: cut(label, 36) },
      { ...at, x: right, rightAligned: true, text: formatUsd(units) },
    ];
  });
  const noteTexts = notes.map((text, index) => ({
    x: left,
    y: y - (rows.length + index) * lineHeight - 6,
    size: 9,
    text,
  }));
  return [...sums, ...noteTexts];
};

/** The invoice's document; the same invoice gives the same bytes. */
export const renderInvoice = (invoice: Invoice): Uint8Array => {
  const pages: { texts: PdfText[]; rules: PdfRule[] }[] = [];
  let page = { texts: [...headOf(invoice)], rules: [] as PdfRule[] };
  let y = firstLineY;
  const begin = () => {
    page.texts.push(...titleOf(y));
    page.rules.push({ y: y - 5, fromX: left, toX: right });
    y -= lineHeight + 2;
  };
  pages.push(page);
  begin();
  for (const line of invoice.lines) {
    if (y < bottom) {
      page = { texts: [], rules: [] };
      pages.push(page);
      y = nextLineY;
      begin();
    }
    page.texts.push(...lineTexts(line, y));
    y -= lineHeight;
  }
  page.rules.push({ y: y + 8, fromX: left, toX: right });
  page.texts.push(...sumsOf(invoice, y - lineHeight + 4));
  const numbered: readonly PdfPage[] = pages.map(({ texts, rules }, index) => ({
    texts: [...texts, { x: left, y: 40, size: 8, text: `Page ${index + 1} of ${pages.length}` }],
    rules,
  }));
  return writePdf(numbered, {
    title: `Invoice ${invoice.number ?? invoice.id}`,
    atMs: invoice.issuedAtMs,
  });
};
