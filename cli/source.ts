import type { Command } from "commander";
import type { EventSource } from "../lambda/ports.ts";
import { createChangeNotices } from "../lambda/source/asana-change.ts";
import { createAsanaSource, defaultSourceSettings, type SourceDeps } from "../lambda/source/asana-source.ts";
import { ASANA_BASE_URL } from "../lambda/source/base-url.ts";
import { createHttpsTransport, defaultTransportSettings } from "../lambda/source/https-transport.ts";
import { readInteger, readSourceUrl } from "./arguments.ts";
import type { Session } from "./command.ts";
import { readProxy } from "./proxy.ts";
import { createTokenProvider } from "./token.ts";

export interface SourceOptions {
  readonly source: string;
  readonly tokenFile?: string;
  readonly attempts: number;
}

export const withSource = (command: Command): Command =>
  withToken(command).option(
    "--attempts <n>",
    "attempts per page before a run fails as unavailable",
    readInteger(1, 100),
    defaultSourceSettings.maxAttempts,
  );

export const withToken = (command: Command): Command =>
  command
    .option("--source <url>", "base URL of the API", readSourceUrl, ASANA_BASE_URL)
    .option("--token-file <file>", "file with the service account token (default: ASANA_TOKEN is used)");

/** A large page over a slow link takes minutes; one of which no byte comes is given up long before. */
const PAGE_MS = 300_000;

export const openSource = (options: SourceOptions, session: Session): EventSource => openSources(options, session)();

/**
 * Gives a source for each run: what was refused once may be taken again, and the token file may have been replaced. All
 * of them share connections. The token is read now, so that a missing one is found before anything is done.
 */
export function openSources(options: SourceOptions, session: Session): (onWait?: SourceDeps["onWait"]) => EventSource {
  const tokens = createTokenProvider(options.tokenFile, session.environment, session.log);
  const proxyEnv = readProxy(session.environment);
  const transport = createHttpsTransport({
    ...defaultTransportSettings,
    attemptMs: PAGE_MS,
    ...(proxyEnv !== null && { proxyEnv }),
  });
  const noticeChanges = createChangeNotices(session.log);
  const { source: baseUrl, attempts: maxAttempts } = options;
  let isFirst = true;
  return (onWait) => {
    if (!isFirst) tokens.reread();
    isFirst = false;
    const { clock, log } = session;
    const hooks = { noticeChanges, ...(onWait !== undefined && { onWait }) };
    const deps = { transport, tokens, clock, random: Math.random, log, ...hooks };
    return createAsanaSource(deps, { ...defaultSourceSettings, baseUrl, maxAttempts });
  };
}
