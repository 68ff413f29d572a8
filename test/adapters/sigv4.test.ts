/** Signature Version 4: the example of the service's own documentation, and what must change it. */
import { signedHeaders } from '../../shared/adapters/sigv4.ts';

/** "Example: PUT Object" of the Amazon S3 API Reference, "Signature Calculations for the Authorization Header". */
const example = {
  method: 'PUT',
  url: new URL('https://examplebucket.s3.amazonaws.com/test%24file.text'),
  body: 'Welcome to Amazon S3.',
  headers: {
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  },
} as const;
const scope = {
  region: 'us-east-1',
  service: 's3',
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  nowMs: Date.UTC(2013, 4, 24),
} as const;

describe('signedHeaders', () => {
  it('signs the example of the documentation as the documentation says', () => {
    expect(signedHeaders(example, scope)).toEqual({
      ...example.headers,
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-date': '20130524T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
        'SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,' +
        'Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    });
  });

  it('signs the token of temporary credentials', () => {
    const credentials = { ...scope.credentials, sessionToken: 'token' };
    const headers = signedHeaders(example, { ...scope, credentials });
    expect(headers['x-amz-security-token']).toBe('token');
    expect(headers['authorization']).toContain('x-amz-date;x-amz-security-token;x-amz-storage');
  });

  it('signs another body, path, host, region and time otherwise', () => {
    const signatureOf = (request: Parameters<typeof signedHeaders>[0], in_: typeof scope = scope) =>
      String(signedHeaders(request, in_)['authorization']).split('Signature=')[1];
    const others = [
      signatureOf({ ...example, body: 'Welcome to Amazon S3!' }),
      signatureOf({ ...example, url: new URL('https://examplebucket.s3.amazonaws.com/test') }),
      signatureOf({ ...example, url: new URL('https://other.s3.amazonaws.com/test%24file.text') }),
      signatureOf(example, { ...scope, region: 'eu-west-1' as 'us-east-1' }),
      signatureOf(example, { ...scope, nowMs: scope.nowMs + 1_000 }),
    ];
    expect(new Set([signatureOf(example), ...others]).size).toBe(6);
  });
});
