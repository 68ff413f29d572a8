/** Tells the operator's bootstrap key, which the deploy made and Secrets Manager keeps. */
import { timingSafeEqual } from 'node:crypto';
import type { SecretPort } from '../../shared/adapters/secrets.ts';
import { sha256Hex } from '../../shared/core/hash.ts';

/** Compares in constant time; a text of another form is never the key. */
export const bootstrapKeyCheck =
  (secrets: Pick<SecretPort, 'read'>, arn: string) =>
  async (text: string): Promise<boolean> => {
    const key = `rm_boot_${await secrets.read(arn)}`;
    return timingSafeEqual(Buffer.from(sha256Hex(text)), Buffer.from(sha256Hex(key)));
  };
