/**
 * The drift check: compares every property of every deployed template with what the emulator made of
 * it, sets what was dropped, and fails on a dropped property that cannot be set. So nothing that the
 * templates ask for is silently missing on one machine, except what the table below names.
 */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { type Emulator, emulatorCredentials, emulatorRegion } from './emulator.ts';
import type { ResourceKind } from './resource-kind.ts';
import { resourceKinds } from './resource-kinds.ts';
import { type AskedResource, readAskedResources, unknownPart } from './stack-templates.ts';

/** Types and properties that we know to be without effect on one machine, and why that does no harm. */
export const withoutEffect: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'says which constructs were used; makes nothing',
  'AWS::CloudWatch::Alarm': 'nobody is on call here; the template assertions cover alarms',
  'AWS::IAM::Role': 'enforcement is off; a test compares recorded calls with the policies',
  'AWS::IAM::Policy': 'as AWS::IAM::Role',
  'AWS::IAM::ManagedPolicy': 'as AWS::IAM::Role',
  'AWS::Lambda::Permission': 'as AWS::IAM::Role',
  'AWS::SQS::QueuePolicy': 'as AWS::IAM::Role',
  'AWS::S3::BucketPolicy': 'as AWS::IAM::Role; it refuses what is not sent over TLS',
  'AWS::DynamoDB::Table.SSESpecification': 'the emulator keeps everything in memory, unencrypted',
  'AWS::Lambda::LayerVersion.Content': 'as AWS::Lambda::Function.Code',
  'AWS::Lambda::Function.Code': 'only its digest could be read back; the journeys run the code',
};

export interface Drift {
  /** `<stack>/<resource>.<property>` of what was dropped and is set now. */
  readonly set: readonly string[];
  /** The same of what was dropped and cannot be set. */
  readonly missing: readonly string[];
}

const escapeForPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const textAgrees = (asked: string, found: string): boolean =>
  asked === found ||
  (asked.includes(unknownPart) &&
    new RegExp(`^${asked.split(unknownPart).map(escapeForPattern).join('.+')}$`, 's').test(found));

/** Whether what was found holds all that was asked for; more may be there. Numbers may come as text. */
export const agrees = (asked: unknown, found: unknown): boolean => {
  if (Array.isArray(asked)) {
    return (
      Array.isArray(found) &&
      found.length === asked.length &&
      asked.every((item, index) => agrees(item, found[index]))
    );
  }
  if (typeof asked === 'object' && asked !== null) {
    const there = (found ?? {}) as Readonly<Record<string, unknown>>;
    return Object.entries(asked).every(([key, value]) => agrees(value, there[key]));
  }
  return textAgrees(String(asked), String(found));
};

const compare = async (resource: AskedResource, kind: ResourceKind | undefined): Promise<Drift> => {
  const { type, properties, physicalId } = resource;
  const name = (property: string): string =>
    `${resource.stack}/${resource.logicalId}.${property} (${type})`;
  if (withoutEffect[type] !== undefined) return { set: [], missing: [] };
  if (kind === undefined) return { set: [], missing: [name('*')] };
  const dropped = async (): Promise<readonly string[]> => {
    const found = await kind.read(physicalId, properties);
    return Object.keys(properties).filter(
      (property) =>
        withoutEffect[`${type}.${property}`] === undefined &&
        !agrees(properties[property], found[property]),
    );
  };
  const before = await dropped();
  for (const property of before) {
    await kind.set?.[property]?.(physicalId, properties[property] as never, properties);
  }
  const after = before.length === 0 ? [] : await dropped();
  return {
    set: before.filter((property) => !after.includes(property)).map(name),
    missing: after.map(name),
  };
};

/** Compares and sets; answers with what it had to set. Throws when something stays missing. */
export const mendDrift = async (
  emulator: Emulator,
  assembly: string,
): Promise<readonly string[]> => {
  const client = new CloudFormationClient({
    endpoint: emulator.endpoint,
    region: emulatorRegion,
    credentials: emulatorCredentials,
  });
  const kinds = resourceKinds(emulator.endpoint);
  const resources = await readAskedResources(client, assembly);
  const drifts = await Promise.all(
    resources.map((resource) => compare(resource, kinds[resource.type])),
  );
  const missing = drifts.flatMap((drift) => drift.missing);
  if (missing.length > 0) {
    throw new Error(
      `The emulator dropped what the templates ask for, and it cannot be set:\n${missing.join('\n')}\n` +
        'Teach local/emulator/resource-kinds.ts to set it, or name it in drift.ts with the reason.',
    );
  }
  return drifts.flatMap((drift) => drift.set);
};
