/** The signature profile of agents: RFC 9421's own key, our golden vectors, and every way to tamper. */
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  readSignature,
  type SignedParts,
  signatureHeaders,
  skewSecondsMax,
  verifySignature,
  withinSkew,
} from '../../shared/core/http-signature.ts';

interface Vector {
  readonly parts: SignedParts;
  readonly keyid: string;
  readonly now_ms: number;
  readonly nonce: string;
  readonly headers: Readonly<Record<string, string>>;
}

const golden = JSON.parse(
  readFileSync(new URL('../contracts/http-signature.json', import.meta.url), 'utf8'),
) as {
  readonly private_key_pem: string;
  readonly public_key_base64: string;
  readonly vectors: Readonly<Record<string, Vector>>;
};

const signed = (vector: Vector) =>
  signatureHeaders(
    vector.parts,
    { privateKeyPem: golden.private_key_pem, keyid: vector.keyid },
    { nowMs: vector.now_ms, nonce: vector.nonce },
  );

/** Whether the platform would believe these headers for these parts. */
const verifies = (
  parts: SignedParts,
  headers: Readonly<Record<string, string | undefined>>,
  publicKey = golden.public_key_base64,
): boolean => {
  const read = readSignature(headers);
  return read !== undefined && verifySignature(parts, read, publicKey);
};

describe('http signature', () => {
  it('uses the key of RFC 9421 as the RFC does (appendix B.2.6)', () => {
    const base = [
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@method": POST',
      '"@path": /foo',
      '"@authority": example.com',
      '"content-type": application/json',
      '"content-length": 18',
      '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    ].join('\n');
    const value = sign(null, Buffer.from(base), createPrivateKey(golden.private_key_pem));
    expect(value.toString('base64')).toBe(
      'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    );
  });

  it.each(Object.entries(golden.vectors))('makes and accepts the golden %s', (_, vector) => {
    expect(signed(vector)).toEqual(vector.headers);
    expect(verifies(vector.parts, vector.headers)).toBe(true);
  });

  const vector = golden.vectors['request_with_body'] as Vector;

  it('takes method and authority in any case, as HTTP does', () => {
    const parts = { ...vector.parts, method: 'post', authority: 'EXAMPLE.com' };
    expect(verifies(parts, vector.headers)).toBe(true);
  });

  it.each(['method', 'authority', 'path', 'body'] as const)('refuses another %s', (part) => {
    const parts = { ...vector.parts, [part]: `${vector.parts[part]}x` };
    expect(verifies(parts, vector.headers)).toBe(false);
  });

  it('counts a text as its UTF-8 bytes, and takes bytes that are no text', () => {
    const body = new Uint8Array(Buffer.from(String(vector.parts.body)));
    expect(verifies({ ...vector.parts, body }, vector.headers)).toBe(true);
    const octets = { ...vector, parts: { ...vector.parts, body: Uint8Array.of(0xff, 0, 0xc3) } };
    const headers = signed(octets);
    expect(verifies(octets.parts, headers)).toBe(true);
    const other = Uint8Array.of(0xfe, 0, 0xc3);
    expect(verifies({ ...octets.parts, body: other }, headers)).toBe(false);
  });

  it.each([
    ['created', 'created=1618884473', 'created=1618884474'],
    ['nonce', 'b3k2pp5k7z', 'b3k2pp5k7Z'],
    ['keyid', 'dev_01KA', 'dev_01KB'],
  ])('refuses another %s', (_, from, to) => {
    const input = vector.headers['signature-input']?.replace(from, to);
    expect(verifies(vector.parts, { ...vector.headers, 'signature-input': input })).toBe(false);
  });

  it('refuses a digest of another body, though it were signed for this one', () => {
    const digest = golden.vectors['request_without_body']?.headers['content-digest'];
    expect(verifies(vector.parts, { ...vector.headers, 'content-digest': digest })).toBe(false);
  });

  it('refuses one flipped bit of the signature', () => {
    const bytes = Buffer.from((vector.headers['signature'] ?? '').slice(5, -1), 'base64');
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    const signature = `sig=:${bytes.toString('base64')}:`;
    expect(verifies(vector.parts, { ...vector.headers, signature })).toBe(false);
  });

  it.each([
    ['another key', `A${golden.public_key_base64.slice(1)}`],
    ['another spelling of the key', golden.public_key_base64.replace('=', '')],
    ['the key with other unused bits', golden.public_key_base64.replace('s=', 't=')],
    ['a key that is too short', 'AAAA'],
    ['no key', ''],
  ])('refuses %s', (_, publicKey) => {
    expect(verifies(vector.parts, vector.headers, publicKey)).toBe(false);
  });

  const input = vector.headers['signature-input'] ?? '';
  it.each([
    ['no signature-input', { 'signature-input': undefined }],
    ['no signature', { signature: undefined }],
    ['another label', { 'signature-input': input.replace('sig=', 'sig1=') }],
    ['fewer parts covered', { 'signature-input': input.replace(' "content-digest"', '') }],
    [
      'parts in another order',
      {
        'signature-input': input.replace('"@method" "@authority"', '"@authority" "@method"'),
      },
    ],
    ['a parameter more', { 'signature-input': `${input};alg="ed25519"` }],
    ['a short nonce', { 'signature-input': input.replace('b3k2pp5k7z-50gnwp_yemd', 'short') }],
    ['a second line', { 'signature-input': `${input}\n${input}` }],
    ['a short signature', { signature: 'sig=:AAAA:' }],
  ])('does not read %s', (_, change) => {
    expect(readSignature({ ...vector.headers, ...change })).toBeUndefined();
  });

  it('accepts a clock up to 60 seconds off, and no further', () => {
    const read = readSignature(vector.headers);
    const createdMs = read?.createdMs ?? 0;
    const within = (ms: number) => read !== undefined && withinSkew(read, createdMs + ms);
    const edge = skewSecondsMax * 1000;
    expect([within(edge), within(-edge)]).toEqual([true, true]);
    expect([within(edge + 1), within(-edge - 1)]).toEqual([false, false]);
  });
});
