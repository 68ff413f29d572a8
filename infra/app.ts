/** Where `cdk` starts: bundles functions, builds their layer and the stacks, checks them with cdk-nag. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleFunctions } from './bundle.ts';
import { readConfig } from './config.ts';
import { createPlatform } from './platform.ts';
import { buildVerifierLayer } from './verifier-layer.ts';

const app = new App();
const config = readConfig((name) => app.node.tryGetContext(name));
if (config.code === 'bundles') await Promise.all([bundleFunctions(), buildVerifierLayer()]);
createPlatform(app, config);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
