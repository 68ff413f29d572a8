/**
 * In Lambda the credentials are always in the environment. Bundled instead of the SDK's default chain
 * (SSO, INI, IMDS, process, web identity): a third less code and init time.
 */
import { fromEnv } from '@aws-sdk/credential-provider-env';

export const defaultProvider = () => fromEnv();
