/** A server that answers as KMS does, with one key: it signs, or does what it is told to do instead. */
import { type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const kmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234';

export type KmsReply =
  | 'sign'
  | 'hang up'
  /** It takes the request and says nothing, or stops in the middle of its answer. */
  | 'silence'
  | 'half'
  /** It signs, and one bit of the signature turns. */
  | 'turned'
  | { readonly status: number; readonly type?: string };

interface KmsRequest {
  readonly action: string;
  readonly authorization: string;
  readonly body: Record<string, string>;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Replies are used up one by one; then it signs. */
export const startKms = async ({ publicKey, privateKey }: KeyPair) => {
  const received: KmsRequest[] = [];
  const replies: KmsReply[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const action = String(request.headers['x-amz-target']);
      received.push({ action, authorization: String(request.headers.authorization), body });
      const asksForKey = action.endsWith('GetPublicKey');
      // A bit turns where there is a signature.
      const reply = asksForKey && replies[0] === 'turned' ? 'sign' : (replies.shift() ?? 'sign');
      if (reply === 'hang up') return request.socket.destroy();
      if (reply === 'silence') return;
      if (reply === 'half') return response.writeHead(200).write('{"PublicKey":');
      if (typeof reply === 'object') {
        response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.1' });
        return response.end(JSON.stringify(reply.type === undefined ? {} : { __type: reply.type }));
      }
      if (asksForKey) {
        const der = publicKey.export({ format: 'der', type: 'spki' });
        return response.end(JSON.stringify({ PublicKey: der.toString('base64') }));
      }
      const signature = sign(null, Buffer.from(body.Message, 'base64'), privateKey);
      if (reply === 'turned') signature[0] = (signature[0] ?? 0) ^ 1;
      response.end(JSON.stringify({ Signature: signature.toString('base64') }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    received,
    /** What it does with the next requests. */
    replies,
    connection: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' },
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
