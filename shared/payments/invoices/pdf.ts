/**
 * A writer for simple PDF documents (ISO 32000-1): pages of text in Helvetica and of thin lines. The same
 * content makes the same bytes. It embeds no font, so it writes Latin script alone; a character outside
 * of it becomes a question mark. Pure.
 */
import { assert } from '../../core/assert.ts';
import { isoOf } from '../../core/time.ts';

/** A4, in points; the origin is at the lower left. */
export const pageWidth = 595;
export const pageHeight = 842;

export interface PdfText {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly bold?: boolean;
  /** Whether `x` is where it ends; for numbers alone, whose widths are known. */
  readonly rightAligned?: boolean;
  readonly text: string;
}

/** A horizontal line. */
export interface PdfRule {
  readonly y: number;
  readonly fromX: number;
  readonly toX: number;
}

export interface PdfPage {
  readonly texts: readonly PdfText[];
  readonly rules: readonly PdfRule[];
}

/** Of Helvetica, in thousandths of its size: what amounts, rates and hours are made of. */
const widthOf = (character: string): number => {
  if (/[0-9$]/.test(character)) return 556;
  if (character === '-') return 333;
  assert(/[ .,]/.test(character), `no width is known of ${character}`);
  return 278;
};

const startOf = ({ x, size, rightAligned, text }: PdfText): number => {
  if (!rightAligned) return x;
  const width = [...text].reduce((sum, character) => sum + widthOf(character), 0);
  return x - (width * size) / 1000;
};

/** Characters of WinAnsiEncoding that stand elsewhere in Unicode. */
const winAnsi: Readonly<Record<string, number>> = {
  '€': 0x80,
  '‘': 0x91,
  '’': 0x92,
  '“': 0x93,
  '”': 0x94,
  '–': 0x96,
  '—': 0x97,
  Š: 0x8a,
  š: 0x9a,
  Ž: 0x8e,
  ž: 0x9e,
  Œ: 0x8c,
  œ: 0x9c,
  Ÿ: 0x9f,
};

/** One byte per character, as a literal string of PDF; octal wherever it is not plain. */
const literal = (text: string): string => {
  const characters = [...text.normalize('NFC')].map((character) => {
    const point = character.codePointAt(0) ?? 0;
    if (character === '(' || character === ')' || character === '\\') return `\\${character}`;
    if (point >= 0x20 && point <= 0x7e) return character;
    const byte = point >= 0xa0 && point <= 0xff ? point : winAnsi[character];
    return byte === undefined ? '?' : `\\${byte.toString(8)}`;
  });
  return `(${characters.join('')})`;
};

const place = (value: number): string => String(Math.round(value * 100) / 100);

const contentOf = ({ texts, rules }: PdfPage): string =>
  [
    ...texts.map(
      (each) =>
        `BT /${each.bold ? 'F2' : 'F1'} ${place(each.size)} Tf ` +
        `${place(startOf(each))} ${place(each.y)} Td ${literal(each.text)} Tj ET`,
    ),
    ...rules.map(
      ({ y, fromX, toX }) => `0.5 w ${place(fromX)} ${place(y)} m ${place(toX)} ${place(y)} l S`,
    ),
  ].join('\n');

const fontOf = (name: string): string =>
  `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`;

/** Catalogue, pages and fonts stand first; then two objects per page; then the information. */
const objectsOf = (pages: readonly PdfPage[], info: string): readonly string[] => {
  const firstPage = 5;
  const pageNumbers = pages.map((_, index) => firstPage + 2 * index);
  const resources = '<< /Font << /F1 3 0 R /F2 4 0 R >> >>';
  return [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pageNumbers.map((n) => `${n} 0 R`).join(' ')}] >>`,
    fontOf('Helvetica'),
    fontOf('Helvetica-Bold'),
    ...pages.flatMap((page, index) => {
      const content = contentOf(page);
      const number = firstPage + 2 * index;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${pageWidth} ${pageHeight}] ` +
          `/Resources ${resources} /Contents ${number + 1} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
    info,
  ];
};

/** The document's bytes. `atMs`: when it was made, as it says of itself. */
export const writePdf = (
  pages: readonly PdfPage[],
  about: { readonly title: string; readonly atMs: number },
): Uint8Array => {
  assert(pages.length > 0, 'a document without a page');
  const date = isoOf(about.atMs).replaceAll(/[-:T]/g, '').slice(0, 14);
  const info = `<< /Title ${literal(about.title)} /CreationDate (D:${date}Z) >>`;
  const objects = objectsOf(pages, info);
  // All of it is ASCII, so characters count as bytes.
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
  const size = objects.length + 1;
  const end =
    `xref\n0 ${size}\n0000000000 65535 f \n${entries.join('')}` +
    `trailer\n<< /Size ${size} /Root 1 0 R /Info ${objects.length} 0 R >>\n` +
    `startxref\n${body.length}\n%%EOF\n`;
  return new TextEncoder().encode(body + end);
};
