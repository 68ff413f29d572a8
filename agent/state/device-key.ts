/**
 * The device's Ed25519 key: made on this machine, kept in one file of mode 0600, never sent anywhere.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AgentError, messageOf } from '../problem.ts';

export interface DeviceKey {
  /** PKCS #8. Secret: never logged. */
  readonly privateKeyPem: string;
  /** 32 bytes as base64, 44 characters. */
  readonly publicKey: string;
}

/** Where the key lies. */
export const keyPath = (stateFolder: string): string => join(stateFolder, 'device-key.pem');

const publicKeyOf = (privateKeyPem: string): string => {
  const jwk = createPublicKey(createPrivateKey(privateKeyPem)).export({ format: 'jwk' });
  if (jwk.crv !== 'Ed25519' || !jwk.x) throw new Error('it holds no Ed25519 key');
  return Buffer.from(jwk.x, 'base64url').toString('base64');
};

/** The stored key. Throws AgentError (exit code 3) when it is missing or unreadable. */
export const readDeviceKey = (stateFolder: string): DeviceKey => {
  const path = keyPath(stateFolder);
  try {
    const privateKeyPem = readFileSync(path, 'utf8');
    return { privateKeyPem, publicKey: publicKeyOf(privateKeyPem) };
  } catch (thrown) {
    throw new AgentError({
      what: `The device's key ${path} cannot be used.`,
      why: messageOf(thrown),
      next: 'Restore the file from a backup, or terminate the device, remove the folder and join again.',
      exitCode: 3,
    });
  }
};

/** The stored key, or a new one when there is none; a second call answers the same key. */
export const makeDeviceKey = (stateFolder: string): DeviceKey => {
  const path = keyPath(stateFolder);
  if (existsSync(path)) return readDeviceKey(stateFolder);
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  chmodSync(stateFolder, 0o700);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(path, pem, { mode: 0o600, flag: 'wx' });
  return readDeviceKey(stateFolder);
};

/** The file's permission bits, or undefined when there is no key. */
export const keyMode = (stateFolder: string): number | undefined => {
  const found = statSync(keyPath(stateFolder), { throwIfNoEntry: false });
  return found ? found.mode & 0o777 : undefined;
};

/** Removes the key for ever. */
export const forgetDeviceKey = (stateFolder: string): void =>
  rmSync(keyPath(stateFolder), { force: true });
