import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ArchiverError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { TokenProvider } from "../source/asana-source.ts";
import { awsError, awsFault } from "../stores/aws-errors.ts";

/**
 * The token from a secret in Secrets Manager; its value is the token alone or `{"token": "..."}`.
 *
 * While a token is being replaced, there are two: the current version of the secret and the one before, and either may be
 * the one that works. So a refused token is followed by whichever of the two has not been refused yet. No error holds a
 * token or a part of one.
 */
export function createSecretTokens(
  settings: { readonly secretId: string },
  client: SecretsManagerClient,
  clock: Pick<Clock, "now">,
): TokenProvider {
  const { secretId } = settings;
  let held: { readonly token: string; readonly fetchedAt: number } | null = null;
  const refused = new Set<string>();

  function hold(token: string): string {
    held = { token, fetchedAt: clock.now() };
    return token;
  }

  async function current(): Promise<string> {
    if (held !== null && clock.now() - held.fetchedAt < HOLD_MS) return held.token;
    const token = await fetchToken(client, secretId, "AWSCURRENT");
    if (token === null) throw noToken(secretId);
    refused.clear();
    return hold(token);
  }

  async function renew(): Promise<string | null> {
    if (held !== null) refused.add(held.token);
    for (const stage of ["AWSCURRENT", "AWSPREVIOUS"] as const) {
      const token = await fetchToken(client, secretId, stage);
      if (token !== null && !refused.has(token)) return hold(token);
    }
    return null;
  }

  return { current, renew };
}

/** Short, so that a new token is used by the next run; a run that begins in a warm function mostly asks again. */
const HOLD_MS = 5 * 60_000;

/** Null: the secret has no version of that stage, or no token in it. */
async function fetchToken(client: SecretsManagerClient, secretId: string, stage: string): Promise<string | null> {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }));
    return parseSecret(answer.SecretString ?? "");
  } catch (error) {
    // Also said of a secret that does not exist: in both cases there is no token to be had.
    if (awsFault(error).code === "ResourceNotFoundException") return null;
    throw awsError(error, "get the token", `secret ${secretId}`);
  }
}

function parseSecret(value: string): string | null {
  const token = value.trimStart().startsWith("{") ? tokenOfJson(value) : value.trim();
  return token === null || PLACEHOLDER.test(token) ? null : token;
}

function tokenOfJson(value: string): string | null {
  try {
    const { token } = JSON.parse(value);
    return typeof token === "string" ? token.trim() : null;
  } catch {
    return null; // the parser's own message would show a part of the value
  }
}

/** What people and templates write where the token will be. */
const PLACEHOLDER = /^(|<.*>|\.{3}|(replace|paste|put|insert|change|your|todo|token|placeholder|example)([-_ ].*)?)$/i;

const noToken = (secretId: string): ArchiverError =>
  new ArchiverError("misconfigured", `The secret ${secretId} holds no token.`, {
    advice: 'Put the service account\'s token into it: alone, or as {"token": "..."}.',
  });
