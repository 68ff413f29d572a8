/**
 * What a function needs to speak with Solana: the secret with the addresses of the providers, which may hold
 * keys, and the mints of the stage's cluster. Made without a provider; the operator stores them.
 */
import { Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { EnvironmentName } from '../../shared/core/env.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { output, type PlatformStack } from './platform-stack.ts';
import { tokenEnvironment } from './token-environment.ts';

export class SolanaAccess {
  readonly environment: Partial<Record<EnvironmentName, string>>;
  private readonly secret: Secret;

  constructor(stack: PlatformStack) {
    const { solana, token } = stack.config;
    this.secret = new Secret(stack, 'SolanaRpc', {
      description: 'Providers of Solana as JSON: {"providers":["https://...","https://..."]}',
      generateSecretString: {
        secretStringTemplate: '{"providers":[]}',
        generateStringKey: 'replace_me',
      },
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'It is the providers’: the operator replaces it there and here.',
    });
    output(stack, 'SolanaRpcArn', this.secret.secretArn);
    this.environment = {
      SOLANA_RPC_SECRET_ARN: this.secret.secretArn,
      USDC_MINT: solana.usdcMint,
      // An own mint follows from the treasury's wallet.
      ...(token?.mode === 'own' ? {} : { IO_MINT: solana.ioMint }),
      ...tokenEnvironment(stack.config),
    };
  }

  /** Lets the function learn where the providers are. */
  allowReading(target: LambdaFunction): void {
    target.allow(['secretsmanager:GetSecretValue'], [this.secret.secretArn]);
  }
}
