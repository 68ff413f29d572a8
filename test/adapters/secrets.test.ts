/** Secrets: kept for some minutes, read before and after a rotation, and while nobody answers. */
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { secrets } from '../../shared/adapters/secrets.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';

const arn = 'arn:secret';

const setup = () => {
  const client = mockClient(SecretsManagerClient);
  const clock = { ms: 0, nowMs: () => clock.ms };
  const asked = (stage: string) =>
    client.on(GetSecretValueCommand, { SecretId: arn, VersionStage: stage });
  return { clock, client, asked, port: secrets(clock) };
};

describe('a secret', () => {
  it('is read once in five minutes', async () => {
    const { clock, client, asked, port } = setup();
    asked('AWSCURRENT').resolves({ SecretString: 'first' });
    expect(await port.read(arn)).toBe('first');
    asked('AWSCURRENT').resolves({ SecretString: 'second' });
    clock.ms = 5 * minuteMs - 1;
    expect(await port.read(arn)).toBe('first');
    clock.ms += 1;
    expect(await port.read(arn)).toBe('second');
    expect(client.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  it('shows what it was before its rotation, or that it never was another', async () => {
    const { clock, asked, port } = setup();
    const missing = new ResourceNotFoundException({ message: 'no such stage', $metadata: {} });
    asked('AWSPREVIOUS').rejects(missing);
    expect(await port.readPrevious(arn)).toBeUndefined();
    clock.ms = 5 * minuteMs;
    asked('AWSPREVIOUS').resolves({ SecretString: 'older' });
    expect(await port.readPrevious(arn)).toBe('older');
    asked('AWSCURRENT').rejects(missing);
    await expect(port.read(arn)).rejects.toThrow('no such stage');
  });

  it('is used for an hour while nobody answers, and no longer', async () => {
    const { clock, asked, port } = setup();
    asked('AWSCURRENT').resolves({ SecretString: 'known' });
    await port.read(arn);
    asked('AWSCURRENT').rejects(new Error('away'));
    clock.ms = hourMs - 1;
    expect(await port.read(arn)).toBe('known');
    clock.ms += 1;
    await expect(port.read(arn)).rejects.toThrow('away');
  });
});
