import type { Command } from "commander";
import type { EventSource } from "../lambda/ports.ts";
import { createAsanaSource, defaultSourceSettings } from "../lambda/source/asana-source.ts";
import { ASANA_BASE_URL } from "../lambda/source/base-url.ts";
import { createHttpsTransport, defaultTransportSettings } from "../lambda/source/https-transport.ts";
import { readInteger, readSourceUrl } from "./arguments.ts";
import type { Session } from "./command.ts";
import { createTokenProvider } from "./token.ts";

export interface SourceOptions {
  readonly source: string;
  readonly tokenFile?: string;
  readonly attempts: number;
}

export const withSource = (command: Command): Command =>
  command
    .option("--source <url>", "base URL of the API", readSourceUrl, ASANA_BASE_URL)
    .option("--token-file <file>", "file with the service account token (default: ASANA_TOKEN is used)")
    .option(
      "--attempts <n>",
      "attempts per page before a run fails as unavailable",
      readInteger(1, 100),
      defaultSourceSettings.maxAttempts,
    );

export function openSource(options: SourceOptions, session: Session): EventSource {
  const tokens = createTokenProvider(options.tokenFile, session.environment, session.log);
  const transport = createHttpsTransport(defaultTransportSettings);
  const deps = { transport, tokens, clock: session.clock, random: Math.random, log: session.log };
  const { source: baseUrl, attempts: maxAttempts } = options;
  return createAsanaSource(deps, { ...defaultSourceSettings, baseUrl, maxAttempts });
}
