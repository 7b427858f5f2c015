/**
 * Stands in for the SDK's whole credential chain in the bundle: a function finds its credentials in its environment and
 * nowhere else. Exports what the clients import from the package it replaces.
 */
import { fromEnv } from "@aws-sdk/credential-provider-env";

export const defaultProvider = (): ReturnType<typeof fromEnv> => fromEnv();
