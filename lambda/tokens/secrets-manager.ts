import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ArchiverError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { TokenProvider } from "../source/asana-source.ts";
import { awsError, awsFault } from "../stores/aws-errors.ts";
import { createHeldTokens } from "./held-tokens.ts";

const STAGES = { current: "AWSCURRENT", previous: "AWSPREVIOUS" } as const;

/** The token from a secret in Secrets Manager: from its current version, or the one before. */
export function createSecretTokens(
  { secretId }: { readonly secretId: string },
  client: SecretsManagerClient,
  clock: Pick<Clock, "now">,
): TokenProvider {
  async function read(which: keyof typeof STAGES): Promise<string | null> {
    try {
      const answer = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: STAGES[which] }));
      return answer.SecretString ?? null;
    } catch (error) {
      // Also said of a secret that does not exist: in both cases there is no token to be had.
      if (awsFault(error).code === "ResourceNotFoundException") return null;
      throw awsError(error, "get the token", `secret ${secretId}`);
    }
  }
  return createHeldTokens({ read, noToken: () => noToken(secretId) }, clock);
}

const noToken = (secretId: string): ArchiverError =>
  new ArchiverError("misconfigured", `The secret ${secretId} holds no token.`, {
    advice: 'Put the service account\'s token into it: alone, or as {"token": "..."}.',
  });
