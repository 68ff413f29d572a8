/** Synthesises the platform for a stage and makes its templates readable: all resources in one list. */
import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readConfig } from '../../infra/config.ts';
import { createPlatform } from '../../infra/platform.ts';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  /** Everything that CloudFormation gets: Properties, DeletionPolicy, DependsOn. */
  readonly declaration: Json;
}

export interface Synthesised {
  readonly stacks: readonly string[];
  readonly resources: readonly Resource[];
  /** Findings of cdk-nag that nobody acknowledged. */
  readonly findings: readonly string[];
  /** All templates as one text. */
  readonly text: string;
  ofType(type: string): readonly Resource[];
  /** A value with its references written out: `<LogicalId>`, `<LogicalId.Attribute>`, across stacks. */
  plain(value: Json): string;
}

/** The value at a path of names and positions; null where there is none. */
export const at = (value: Json, ...path: readonly (string | number)[]): Json => {
  let current: Json = value;
  for (const part of path) {
    if (current === null || typeof current !== 'object') return null;
    current = (current as { readonly [name: string]: Json })[part] ?? null;
  }
  return current;
};

/** A value that may stand alone or in a list, as a list. */
export const listed = (value: Json): readonly Json[] =>
  value === null ? [] : Array.isArray(value) ? value : [value];

const members = (value: Json): readonly (readonly [string, Json])[] =>
  value !== null && typeof value === 'object' ? Object.entries(value) : [];

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));

/** `cdk synth` with these context values, without bundles. */
export const synthesise = (values: Readonly<Record<string, string>>): Synthesised => {
  const app = new App({
    context: { ...context, code: 'inline', ...values },
    // A second for each synthesis; `cdk synth` does it.
    builtinCloudFormationValidation: false,
  });
  createPlatform(
    app,
    readConfig((name) => app.node.tryGetContext(name)),
  );
  const stacks = app.synth().stacks;
  const resources = stacks.flatMap(({ stackName, template }) =>
    members(at(template, 'Resources')).map(([id, declaration]) => ({
      stack: stackName,
      id,
      type: String(at(declaration, 'Type')),
      declaration,
    })),
  );
  const exported = new Map<Json, Json>(
    stacks.flatMap(({ template }) =>
      members(at(template, 'Outputs')).map(
        ([, output]) => [at(output, 'Export', 'Name'), at(output, 'Value')] as const,
      ),
    ),
  );
  const plain = (value: Json): string => {
    const [first] = members(value);
    if (first === undefined || typeof value === 'string') return String(value);
    const [name, argument] = first;
    if (name === 'Ref') return `<${argument}>`;
    if (name === 'Fn::GetAtt') return `<${at(argument, 0)}.${at(argument, 1)}>`;
    if (name === 'Fn::ImportValue') return plain(exported.get(argument) ?? null);
    if (name === 'Fn::Join') return listed(at(argument, 1)).map(plain).join('');
    return JSON.stringify(value);
  };
  return {
    stacks: stacks.map(({ stackName }) => stackName),
    resources,
    findings: new AwsSolutionsChecks(app)
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
      ),
    text: stacks.map(({ template }) => JSON.stringify(template)).join('\n'),
    ofType: (type) => resources.filter((resource) => resource.type === type),
    plain,
  };
};
