/**
 * Replaces the SDK's credential chain in the bundle: a function finds its credentials only in its environment. Exports what
 * the clients import from the replaced package.
 */
import { fromEnv } from "@aws-sdk/credential-provider-env";

export const defaultProvider = (): ReturnType<typeof fromEnv> => fromEnv();
