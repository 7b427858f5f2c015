import { ArchiverError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { TokenProvider } from "../source/asana-source.ts";
import { awsError, awsFault } from "../stores/aws-errors.ts";
import { createHeldTokens } from "./held-tokens.ts";

/** The part of `SSM` of `@aws-sdk/client-ssm` that is used, in types of our own: whoever uses no parameters need not have that package. */
export interface ParameterClient {
  getParameter(input: { readonly Name: string; readonly WithDecryption: boolean }): Promise<{
    readonly Parameter?:
      | {
          readonly Type?: string | undefined;
          readonly Value?: string | undefined;
          readonly Version?: number | undefined;
        }
      | undefined;
  }>;
}

/**
 * The token from a parameter of Systems Manager: from its current version, or the one before. It has to be a SecureString,
 * because any other type is not encrypted, and whoever may describe the account's parameters could have it shown.
 */
export function createParameterTokens(
  { parameter }: { readonly parameter: string },
  /** Called for each look. */
  openClient: () => Promise<ParameterClient>,
  clock: Pick<Clock, "now">,
): TokenProvider {
  /** `version` null: the newest. */
  async function get(version: number | null) {
    try {
      const Name = version === null ? parameter : `${parameter}:${version}`;
      const client = await openClient();
      const { Parameter: found } = await client.getParameter({ Name, WithDecryption: true });
      if (found?.Type === "SecureString") return { value: found.Value ?? "", version: found.Version ?? 0 };
    } catch (error) {
      if (MISSING.has(awsFault(error).code)) return null;
      throw awsError(error, "get the token", `parameter ${parameter}`);
    }
    throw notSecure(parameter);
  }

  async function read(which: "current" | "previous"): Promise<string | null> {
    const current = await get(null);
    if (which === "current" || current === null) return current?.value ?? null;
    // Versions are numbered from 1 without a gap, and the last hundred are kept.
    return current.version > 1 ? ((await get(current.version - 1))?.value ?? null) : null;
  }
  return createHeldTokens({ read, noToken: () => noToken(parameter) }, clock);
}

const MISSING = new Set(["ParameterNotFound", "ParameterVersionNotFound"]);

const noToken = (parameter: string): ArchiverError =>
  new ArchiverError("misconfigured", `The parameter ${parameter} holds no token.`, {
    advice: 'Put the service account\'s token into it, as a SecureString: alone, or as {"token": "..."}.',
  });

const notSecure = (parameter: string): ArchiverError =>
  new ArchiverError("misconfigured", `The parameter ${parameter} is not a SecureString, so it is not encrypted.`, {
    advice: "Delete it, and put a new token there, as a SecureString: others may have seen the old one.",
  });
