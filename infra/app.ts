/** Where `cdk` starts: bundles the functions, builds the stacks of one stage, checks them with cdk-nag. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleFunctions } from './bundle.ts';
import { readConfig } from './config.ts';
import { createPlatform } from './platform.ts';

const app = new App();
const config = readConfig((name) => app.node.tryGetContext(name));
if (config.code === 'bundles') await bundleFunctions();
createPlatform(app, config);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
