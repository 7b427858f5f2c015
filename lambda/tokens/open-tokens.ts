import type { Clock } from "../ports.ts";
import type { TokenProvider } from "../source/asana-source.ts";
import { type AwsClientSettings, createSecretsManagerClient, createSsmClient } from "../stores/aws-clients.ts";
import { createParameterTokens, type ParameterClient } from "./parameter-store.ts";
import { createSecretTokens } from "./secrets-manager.ts";

/** Opens the token of an ARN, which is that of a secret of Secrets Manager or of a parameter of Systems Manager. */
export function createTokenOpener(
  clock: Pick<Clock, "now">,
  settings: AwsClientSettings = {},
): (arn: string) => TokenProvider {
  const secrets = createSecretsManagerClient(settings);
  let parameters: Promise<ParameterClient> | null = null;
  const openParameters = (): Promise<ParameterClient> => {
    parameters ??= createSsmClient(settings);
    return parameters;
  };
  return (arn) => {
    const parameter = /^arn:[\w-]+:ssm:[^:]*:[^:]*:parameter(\/.+)$/.exec(arn)?.[1];
    if (parameter === undefined) return createSecretTokens({ secretId: arn }, secrets, clock);
    return createParameterTokens({ parameter }, openParameters, clock);
  };
}
