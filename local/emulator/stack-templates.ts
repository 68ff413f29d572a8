/**
 * Reads what was asked for: the synthesised templates of a cloud assembly, with references resolved as
 * far as the stacks' resources and exports tell. What they do not tell stands as `unknownPart`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { emulatorAccount, emulatorRegion } from './emulator.ts';

/** Stands in a resolved text for a piece that only the deploy knows, such as an attribute. */
export const unknownPart = '\uffff';

/** A deployed resource, and what its template asks for. */
export interface AskedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Record<string, unknown> }>
  >;
}

const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::AccountId': emulatorAccount,
  'AWS::Region': emulatorRegion,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

type Names = Readonly<Record<string, string>>;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value with every intrinsic function replaced by text. `references` and `exported` map names to text. */
export const resolve = (value: unknown, references: Names, exported: Names): unknown => {
  if (Array.isArray(value)) return value.map((item) => resolve(item, references, exported));
  if (!isRecord(value)) return value;
  const [name, ...more] = Object.keys(value);
  if (name === undefined || more.length > 0 || !(name === 'Ref' || name.startsWith('Fn::'))) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolve(item, references, exported)]),
    );
  }
  const argument = value[name];
  if (name === 'Ref') return references[String(argument)] ?? unknownPart;
  if (name === 'Fn::ImportValue') return exported[String(argument)] ?? unknownPart;
  if (name === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1]
      .map((item) => String(resolve(item, references, exported)))
      .join(String(argument[0]));
  }
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) {
    return references[argument.join('.')] ?? unknownPart;
  }
  return unknownPart;
};

/** All stacks that stand on the emulator. */
export const listStacks = async (client: CloudFormationClient): Promise<readonly Stack[]> => {
  const { Stacks, NextToken } = await client.send(new DescribeStacksCommand({}));
  if (NextToken !== undefined) throw new Error('more stacks than one page holds');
  return Stacks ?? [];
};

const physicalIds = async (client: CloudFormationClient, stack: string): Promise<Names> => {
  const ids: Record<string, string> = {};
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListStackResourcesCommand({ StackName: stack, NextToken: token }),
    );
    for (const { LogicalResourceId, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
      if (LogicalResourceId && PhysicalResourceId) ids[LogicalResourceId] = PhysicalResourceId;
    }
    token = page.NextToken;
  } while (token !== undefined);
  return ids;
};

/** The attributes that follow from a resource's name. */
const attributes = (template: Template, ids: Names): Names => {
  const place = `${emulatorRegion}:${emulatorAccount}`;
  const arnOf: Names = {
    'AWS::Logs::LogGroup': `arn:aws:logs:${place}:log-group:*:*`,
    'AWS::Lambda::Function': `arn:aws:lambda:${place}:function:*`,
  };
  const known: Record<string, string> = {};
  for (const [logicalId, { Type }] of Object.entries(template.Resources ?? {})) {
    const arn = arnOf[Type]?.replace('*', ids[logicalId] ?? unknownPart);
    if (arn !== undefined) known[`${logicalId}.Arn`] = arn;
  }
  return known;
};

/** Every resource of every deployed stack. Throws when one was asked for and does not exist. */
export const readAskedResources = async (
  client: CloudFormationClient,
  assembly: string,
): Promise<readonly AskedResource[]> => {
  const stacks = await listStacks(client);
  const exported: Record<string, string> = {};
  for (const { ExportName, OutputValue } of stacks.flatMap(({ Outputs }) => Outputs ?? [])) {
    if (ExportName && OutputValue) exported[ExportName] = OutputValue;
  }
  const perStack = stacks.map(async ({ StackName: stack = '' }) => {
    const template: Template = JSON.parse(
      readFileSync(join(assembly, `${stack}.template.json`), 'utf8'),
    );
    const ids = await physicalIds(client, stack);
    const references = { ...pseudoParameters, ...ids, ...attributes(template, ids) };
    return Object.entries(template.Resources ?? {}).map(([logicalId, resource]) => {
      const physicalId = ids[logicalId];
      if (physicalId === undefined) throw new Error(`${stack}: ${logicalId} was not deployed`);
      return {
        stack,
        logicalId,
        physicalId,
        type: resource.Type,
        properties: resolve(
          resource.Properties ?? {},
          references,
          exported,
        ) as AskedResource['properties'],
      };
    });
  });
  return (await Promise.all(perStack)).flat();
};
