/** A function that is given the verifier's layer has it, and nothing else changes for the others. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readConfig } from '../../infra/config.ts';
import { LambdaFunction } from '../../infra/constructs/lambda-function.ts';
import { PlatformStack } from '../../infra/constructs/platform-stack.ts';
import { VerifierLayer } from '../../infra/constructs/verifier-layer.ts';

const values: Readonly<Record<string, string>> = { stage: 'dev', code: 'inline' };

const synthesiseOne = (withLayer: boolean) => {
  const app = new App();
  const config = readConfig((name) => values[name]);
  const stack = new PlatformStack({ app, config, clock: [] }, 'layered');
  new LambdaFunction(stack, {
    name: 'devices-http',
    tables: [],
    timeoutSeconds: 10,
    ...(withLayer ? { layers: [new VerifierLayer(stack)] } : {}),
  });
  return { app, template: Template.fromStack(Stack.of(stack)) };
};

it('gives a function the layer of this deployment, for any architecture', () => {
  const { app, template } = synthesiseOne(true);
  const [[id = '', layer] = []] = Object.entries(
    template.findResources('AWS::Lambda::LayerVersion'),
  );
  expect(layer?.['Properties']).toMatchObject({ CompatibleRuntimes: ['nodejs24.x'] });
  expect(layer?.['Properties']).not.toHaveProperty('CompatibleArchitectures');
  template.hasResourceProperties('AWS::Lambda::Function', { Layers: [{ Ref: id }] });
  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
});

it('gives no layer to a function that asks for none', () => {
  const { template } = synthesiseOne(false);
  template.resourceCountIs('AWS::Lambda::LayerVersion', 0);
  const [lambda] = Object.values(template.findResources('AWS::Lambda::Function'));
  expect(lambda?.['Properties']).not.toHaveProperty('Layers');
});
