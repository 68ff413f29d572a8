/** What lies outside the platform: the keys of devices, and a record of what leaves for AWS. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { Command } from '../../shared/clusters/agent-protocol.ts';

/** An Ed25519 key that follows from the seed. */
export const keyPair = (seed: string) => {
  const secret = createHash('sha256').update(seed).digest();
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    privateKeyPem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: spki.subarray(-32).toString('base64'),
  };
};

/** Records what leaves the platform. */
export const outside = () => {
  const started: { arn: string; name: string; input: object }[] = [];
  const woken: string[] = [];
  const pushed: { connectionId: string; message: { commands: readonly Command[] } }[] = [];
  const poisoned: unknown[] = [];
  return {
    started,
    woken,
    pushed,
    poisoned,
    workflows: {
      start: async (arn: string, name: string, input: object) => {
        // A name is used once, as Step Functions has it.
        if (started.some((each) => each.arn === arn && each.name === name)) return;
        started.push({ arn, name, input });
      },
      wake: async (token: string) => {
        woken.push(token);
      },
    },
    sockets: {
      push: async (connectionId: string, message: object) => {
        pushed.push({ connectionId, message: message as { commands: readonly Command[] } });
        return true;
      },
    },
    poison: {
      send: async (message: unknown) => {
        poisoned.push(message);
      },
    },
  };
};
