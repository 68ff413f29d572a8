/**
 * Buckets of the emulator: what it keeps of their configuration, and setting what its CloudFormation drops.
 * Spoken in S3's own XML: three documents of a few tags do not need the service's client.
 */
import type { ResourceKind } from './resource-kind.ts';

interface AskedEncryption {
  readonly ServerSideEncryptionConfiguration: readonly {
    readonly ServerSideEncryptionByDefault: { readonly SSEAlgorithm: string };
  }[];
}

interface AskedLifecycle {
  readonly Rules: readonly {
    /** Absent: objects stay. */
    readonly ExpirationInDays?: number;
    readonly AbortIncompleteMultipartUpload: { readonly DaysAfterInitiation: number };
    readonly Status: string;
  }[];
}

/** The text of the first tag of this name. */
const tag = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];

const publicAccess = [
  'BlockPublicAcls',
  'BlockPublicPolicy',
  'IgnorePublicAcls',
  'RestrictPublicBuckets',
] as const;

/** Buckets at this endpoint. */
export const bucketKind = (endpoint: string): ResourceKind => {
  const call = async (method: 'GET' | 'PUT', path: string, body?: string): Promise<string> => {
    const answer = await fetch(`${endpoint}/${path}`, {
      method,
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none',
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    // What was never configured is answered with 404.
    if (!answer.ok && !(method === 'GET' && answer.status === 404)) {
      throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    }
    return text;
  };
  return {
    async read(bucket) {
      const [encryption, lifecycle, access] = await Promise.all(
        ['encryption', 'lifecycle', 'publicAccessBlock'].map((part) =>
          call('GET', `${bucket}?${part}`),
        ),
      );
      return {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: tag(encryption ?? '', 'SSEAlgorithm'),
              },
            },
          ],
        },
        LifecycleConfiguration: {
          Rules: [
            {
              ExpirationInDays: tag(lifecycle ?? '', 'Days'),
              AbortIncompleteMultipartUpload: {
                DaysAfterInitiation: tag(lifecycle ?? '', 'DaysAfterInitiation'),
              },
              Status: tag(lifecycle ?? '', 'Status'),
            },
          ],
        },
        PublicAccessBlockConfiguration: Object.fromEntries(
          publicAccess.map((name) => [name, tag(access ?? '', name)]),
        ),
      };
    },
    set: {
      BucketEncryption: (bucket, asked: AskedEncryption) => {
        const [rule] = asked.ServerSideEncryptionConfiguration;
        const algorithm = rule?.ServerSideEncryptionByDefault.SSEAlgorithm;
        const byDefault = `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault>`;
        const xml = `<ServerSideEncryptionConfiguration><Rule>${byDefault}</Rule></ServerSideEncryptionConfiguration>`;
        return call('PUT', `${bucket}?encryption`, xml);
      },
      LifecycleConfiguration: (bucket, { Rules }: AskedLifecycle) => {
        const rules = Rules.map(
          ({ Status, ExpirationInDays: days, AbortIncompleteMultipartUpload: unfinished }, index) =>
            `<Rule><ID>${index}</ID><Filter><Prefix></Prefix></Filter><Status>${Status}</Status>` +
            (days === undefined ? '' : `<Expiration><Days>${days}</Days></Expiration>`) +
            '<AbortIncompleteMultipartUpload>' +
            `<DaysAfterInitiation>${unfinished.DaysAfterInitiation}</DaysAfterInitiation>` +
            '</AbortIncompleteMultipartUpload></Rule>',
        );
        const xml = `<LifecycleConfiguration>${rules.join('')}</LifecycleConfiguration>`;
        return call('PUT', `${bucket}?lifecycle`, xml);
      },
    },
  };
};
