/** The audit log of Asana as the archiver sees it: pages, or one clear reason why there is none. */
import { nextTick } from "node:process";
import { instantToMs } from "../event/instant.ts";
import type { Clock, EventSource, Logger, PageAnswer, PageRequest } from "../ports.ts";
import { type Answer, classifyAnswer, classifyNoAnswer } from "./answer.ts";
import { createChangeNotices } from "./asana-change.ts";
import { ASANA_BASE_URL, parseBaseUrl } from "./base-url.ts";
import { createPace } from "./pace.ts";
import { gaveUp, notBefore } from "./refusal.ts";
import { pageUrl } from "./request.ts";
import { type Retryable, retryDelay } from "./retry.ts";
import { createTokenHolder, type TokenProvider } from "./token.ts";
import { type Transport, TransportError } from "./transport.ts";

export type { TokenProvider } from "./token.ts";

export interface SourceDeps {
  readonly transport: Transport;
  readonly tokens: TokenProvider;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Told before each wait for another attempt. `isNamed`: the source asked for it, so it holds for every request. */
  readonly onWait?: (delayMs: number, isNamed: boolean) => void;
  /** Shared by sources of one process, so that each change is told once; a source's own by default. */
  readonly noticeChanges?: ReturnType<typeof createChangeNotices>;
}

export interface SourceSettings {
  /** https, or http on loopback; the path of the API without the operation. */
  readonly baseUrl: string;
  /** How often a page is asked for, by requests that do not say; a renewed token's first try does not count. */
  readonly maxAttempts: number;
  /** A `Retry-After` that is further away ends the run as unavailable. */
  readonly maxWaitMs: number;
  readonly requestsPerSecond: number;
  readonly maxInFlight: number;
  readonly userAgent: string;
}

/** The documented limits of a paid plan: 1,500 requests per minute and 50 at once, per token. */
export const defaultSourceSettings: SourceSettings = {
  baseUrl: ASANA_BASE_URL,
  maxAttempts: 6,
  maxWaitMs: 60_000,
  requestsPerSecond: 25,
  maxInFlight: 50,
  userAgent: "asana-audit-archive",
};

/** One source for one token: its requests share the pace, so make one for all that use the token. */
export function createAsanaSource(deps: SourceDeps, settings: SourceSettings): EventSource {
  const { transport, clock, random, log } = deps;
  const base = parseBaseUrl(settings.baseUrl);
  const pace = createPace(clock, settings);
  const tokens = createTokenHolder(deps.tokens);
  const noticeChanges = deps.noticeChanges ?? createChangeNotices(log);

  return { page, sent };

  async function page(request: PageRequest, signal: AbortSignal): Promise<PageAnswer> {
    const { maxBytes, attempts = settings.maxAttempts } = request;
    const url = pageUrl(base, request);
    let token = await tokens.current();
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const answer = await ask(url, token, maxBytes, signal);
      if (answer.kind === "failed") throw answer.error;
      if (answer.kind === "retryable") {
        await waitAfter(answer, attempt, attempts, signal);
        continue;
      }
      if (answer.kind !== "unauthorized") return answer;
      const next = renewed ? null : await tokens.after(token);
      if (next === null) throw answer.error;
      log("info", "the token was not accepted; trying with the renewed one");
      token = next;
      renewed = true;
      attempt = 0;
    }
  }

  /** Node writes to a socket in the tick after the request was made. */
  function sent(): Promise<void> {
    return new Promise((resolve) => nextTick(resolve));
  }

  /** One request, as soon as the pace allows. */
  async function ask(url: URL, token: string, maxBytes: number | undefined, signal: AbortSignal): Promise<Answer> {
    const entry = await pace.enter(signal);
    if (entry.kind === "closed") throw notBefore(entry.untilMs);
    const headers = { accept: "application/json", authorization: `Bearer ${token}`, "user-agent": settings.userAgent };
    try {
      const response = await transport({ url, headers, ...(maxBytes !== undefined && { maxBytes }) }, signal);
      const offset = url.searchParams.get("offset");
      noticeChanges(response.headers["asana-change"], offset === null ? [token] : [token, offset]);
      return classifyAnswer(response, offset, token);
    } catch (error) {
      if (error instanceof TransportError) return classifyNoAnswer(error);
      throw error;
    } finally {
      entry.leave();
    }
  }

  /** Returns when it is time for the next attempt; throws if there is none. */
  async function waitAfter(answer: Retryable, attempt: number, attempts: number, signal: AbortSignal): Promise<void> {
    const nowMs = clock.now();
    const sourceNowMs = answer.servedAt === null ? nowMs : instantToMs(answer.servedAt);
    const { delayMs, named } = retryDelay(attempt, answer.retryAfter, sourceNowMs, random());
    if (named) pace.closeUntil(nowMs + delayMs);
    if (attempt >= attempts) throw gaveUp(answer, attempt, named ? nowMs + delayMs : undefined);
    const { what, status, phrase } = answer;
    log(status === 429 ? "info" : "warn", `the source ${what}; asking again`, { status, phrase, attempt, delayMs });
    deps.onWait?.(delayMs, named);
    if (!named) await clock.sleep(delayMs, signal);
  }
}
