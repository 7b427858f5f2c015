/** The audit log of Asana as the archiver sees it: pages, or one clear reason why there is none. */
import { nextTick } from "node:process";
import { instantToMs } from "../event/instant.ts";
import type { Clock, EventSource, Log, OffsetRefused, Page, PageRequest } from "../ports.ts";
import { type Answer, type Fault, judgeAnswer, judgeNoAnswer } from "./answer.ts";
import { createChangeNotices } from "./asana-change.ts";
import { ASANA_BASE_URL, parseBaseUrl } from "./base-url.ts";
import { createPace } from "./pace.ts";
import { gaveUp, notBefore } from "./refusal.ts";
import { pageUrl } from "./request.ts";
import { retryDelay } from "./retry.ts";
import { createTokenHolder, type TokenProvider } from "./token.ts";
import { type Transport, TransportError } from "./transport.ts";

export type { TokenProvider } from "./token.ts";

export interface SourceDeps {
  readonly transport: Transport;
  readonly tokens: TokenProvider;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

export interface SourceSettings {
  /** https, or http on loopback; the path of the API without the operation. */
  readonly baseUrl: string;
  /** How often one page is asked for before the run ends; a renewed token's first try does not count. */
  readonly maxAttempts: number;
  /** A `Retry-After` that is further away ends the run as unavailable. */
  readonly maxWaitMs: number;
  readonly requestsPerSecond: number;
  readonly maxInFlight: number;
  readonly userAgent: string;
}

/** The documented limits of a paid plan: 1,500 requests a minute and 50 at once, for each token. */
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
  const noticeChanges = createChangeNotices(log);

  return { page, sent };

  async function page(request: PageRequest, signal: AbortSignal): Promise<Page | OffsetRefused> {
    const url = pageUrl(base, request);
    let token = await tokens.current();
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const answer = await ask(url, token, signal);
      if (answer.kind === "page" || answer.kind === "offset-refused") return answer;
      if (answer.kind === "failed") throw answer.error;
      if (answer.kind === "fault") {
        await waitAfter(answer, attempt, signal);
        continue;
      }
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
  async function ask(url: URL, token: string, signal: AbortSignal): Promise<Answer> {
    const entry = await pace.enter(signal);
    if (entry.kind === "closed") throw notBefore(entry.untilMs);
    const headers = { accept: "application/json", authorization: `Bearer ${token}`, "user-agent": settings.userAgent };
    try {
      const response = await transport({ url, headers }, signal);
      const offset = url.searchParams.get("offset");
      noticeChanges(response.headers["asana-change"], offset === null ? [token] : [token, offset]);
      return judgeAnswer(response, offset, token);
    } catch (error) {
      if (error instanceof TransportError) return judgeNoAnswer(error);
      throw error;
    } finally {
      entry.leave();
    }
  }

  /** Returns when it is time for the next attempt, or throws if there shall be none. */
  async function waitAfter(fault: Fault, attempt: number, signal: AbortSignal): Promise<void> {
    const nowMs = clock.now();
    const sourceNowMs = fault.servedAt === null ? nowMs : instantToMs(fault.servedAt);
    const { delayMs, named } = retryDelay(attempt, fault.retryAfter, sourceNowMs, random());
    if (named) pace.closeUntil(nowMs + delayMs);
    if (attempt >= settings.maxAttempts) throw gaveUp(fault, attempt, named ? nowMs + delayMs : undefined);
    const { what, status, phrase } = fault;
    log(status === 429 ? "info" : "warn", `the source ${what}; asking again`, { status, phrase, attempt, delayMs });
    if (!named) await clock.sleep(delayMs, signal);
  }
}
