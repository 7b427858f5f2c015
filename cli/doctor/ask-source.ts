/** One small request to the source, as the archiver makes it, without a second try: what it says, and what time it has. */
import { classifyAnswer } from "../../lambda/source/answer.ts";
import { defaultSourceSettings } from "../../lambda/source/asana-source.ts";
import { parseBaseUrl } from "../../lambda/source/base-url.ts";
import { createHttpsTransport, defaultTransportSettings } from "../../lambda/source/https-transport.ts";
import { pageUrl } from "../../lambda/source/request.ts";
import { TransportError } from "../../lambda/source/transport.ts";
import type { Session } from "../command.ts";
import { readProxy } from "../proxy.ts";
import { readDate, type TwoClocks } from "./clock.ts";
import { endOfToken, type Reached, type TokenUse } from "./token.ts";

/** Whoever waits for a doctor does not wait longer. */
const WAIT_MS = 20_000;

export interface Asked {
  readonly reached: Reached;
  /** Null: there was no answer, or none with a time. */
  readonly clocks: TwoClocks | null;
  /** Null: nobody was named, or there was no answer. */
  readonly use: TokenUse | null;
}

/** With a workspace and a token, its audit log is asked for one event; else only whether anybody answers. */
export async function askSource(
  baseUrl: string,
  asking: { readonly workspace: string; readonly token: string } | null,
  { clock, environment, signal }: Pick<Session, "clock" | "environment" | "signal">,
): Promise<Asked> {
  const base = parseBaseUrl(baseUrl);
  const url = asking === null ? base : pageUrl(base, { workspace: asking.workspace, limit: 1 });
  const proxyEnv = readProxy(environment);
  const transport = createHttpsTransport({
    ...defaultTransportSettings,
    attemptMs: WAIT_MS,
    ...(proxyEnv !== null && { proxyEnv }),
  });
  const headers = {
    accept: "application/json",
    "user-agent": defaultSourceSettings.userAgent,
    ...(asking !== null && { authorization: `Bearer ${asking.token}` }),
  };
  const sentAt = clock.now();
  const through = proxyEnv === null || url.protocol === "http:" ? null : hostOf(proxyEnv.HTTPS_PROXY);
  const reached = (error: TransportError | null): Reached => ({
    host: url.host,
    through,
    tookMs: clock.now() - sentAt,
    error,
  });
  try {
    const response = await transport({ url, headers }, signal);
    const theirs = readDate(response.headers["date"]);
    const now = clock.now();
    return {
      reached: reached(null),
      clocks: theirs === null ? null : { whose: "the source", ours: (sentAt + now) / 2, theirs },
      use: asking && {
        kind: "asked",
        workspace: asking.workspace,
        answer: classifyAnswer(response, null, asking.token),
        endsAt: endOfToken(asking.token),
        now,
      },
    };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { reached: reached(error), clocks: null, use: null };
  } finally {
    transport.close();
  }
}

/** Host and port of a proxy, never its password; null: there is none. */
export const hostOf = (proxy: string | undefined): string | null => (proxy === undefined ? null : new URL(proxy).host);
