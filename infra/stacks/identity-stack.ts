/** Organisations, API keys, audit events, and the secret from which the first key is made. */
import { Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { output, PlatformStack } from '../constructs/platform-stack.ts';
import { NounTable, readWrite } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';

export class IdentityStack extends PlatformStack {
  readonly identity: NounTable<'identity'>;

  constructor(api: ApiStack) {
    super(api, 'identity');
    this.identity = new NounTable(this, 'identity');
    const bootstrapKey = this.bootstrapKey();
    const http = api.addEndpoints(this, {
      name: 'identity-http',
      segments: [
        'organisations',
        'api-keys',
        'audit-events',
        'logins',
        'wallets',
        'wallet-messages',
        'openapi.json',
        'health',
      ],
      identity: undefined,
      // The API document is in it, which grows with every endpoint.
      bundleKibMax: 900,
      tables: [readWrite(this.identity, 'by_owner')],
      environment: {
        BOOTSTRAP_SECRET_ARN: bootstrapKey.secretArn,
        SIGN_IN_ORIGIN: api.signInOrigin,
        SIGN_IN_CHAIN: this.config.solanaCluster,
        SIGN_UP: this.config.signUp,
      },
    });
    http.allow(['secretsmanager:GetSecretValue'], [bootstrapKey.secretArn]);
  }

  /** With it the operator makes the first organisation and an API key; see docs/deploy.md. */
  private bootstrapKey(): Secret {
    const secret = new Secret(this, 'BootstrapKey', {
      description: 'Secret part of the operator bootstrap key, rm_boot_<secret>',
      generateSecretString: { passwordLength: 48, excludePunctuation: true, includeSpace: false },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Used once, to make the first API key; the operator replaces it by hand at will.',
    });
    output(this, 'BootstrapSecretArn', secret.secretArn);
    return secret;
  }
}
