import { DAY_MS } from "../lambda/event/instant.ts";
import { errorAnswer, type FeedAnswer, pageAnswer } from "./answers.ts";
import type { FeedFault } from "./faults.ts";
import type { EventLog } from "./log.ts";
import type { Offset, OffsetBook } from "./offset.ts";
import type { FeedSwitches } from "./options.ts";
import { matcherOf, parseQuery, type Query, sameFilters } from "./query.ts";
import { createRandom } from "./random.ts";

/** The audit log began here; older queries return nothing. */
const FIRST_MS = Date.parse("2021-10-08T00:00:00Z");

/** An allowed request for a page. */
export interface PageAsked {
  readonly number: number;
  readonly nowMs: number;
  readonly workspace: string;
  /** As sent, `offset` included. */
  readonly parameters: URLSearchParams;
  readonly fault: FeedFault | null;
}

export interface PageDeps {
  readonly seed: string | number;
  readonly log: EventLog;
  readonly book: OffsetBook;
  readonly switches: FeedSwitches;
}

/** Answers a request that may be answered: a page, or a 400. */
export function answerPage(deps: PageDeps, asked: PageAsked): FeedAnswer {
  const { switches } = deps;
  const query = parseQuery(asked.parameters, switches.maxLimit);
  if (typeof query === "string") return errorAnswer(400, query);
  const offset = resumeAt(deps, asked, query);
  if (typeof offset === "string") return errorAnswer(400, `offset: Your pagination token ${offset}.`);
  if (switches.truncateAfter !== null && offset.served >= switches.truncateAfter) {
    return errorAnswer(400, "The result set has been truncated. Please query a smaller set of objects.");
  }

  const found = readEvents(deps, asked, offset, limitOf(deps, asked, query));
  const anything = found.count > 0 || readEvents(deps, asked, { ...offset, after: null }, 1).count > 0;
  return pageAnswer(found.parts, found.count, anything ? nextPage(deps, asked, offset, found) : "null");
}

/** Where to go on, by the offset if one was sent. A string says what is wrong with it. */
function resumeAt(deps: PageDeps, asked: PageAsked, query: Query): Offset | "has expired" | "is invalid" {
  const { workspace, nowMs, fault } = asked;
  if (query.offset === null) return { workspace, after: null, filters: query.filters, served: 0 };
  if (fault?.kind === "refuse-offset") return fault.reason === "invalid" ? "is invalid" : "has expired";
  const offset = deps.book.read(query.offset, nowMs);
  if (offset === "invalid") return "is invalid";
  if (offset === "expired") return "has expired";
  if (offset.workspace !== workspace) return "is invalid";
  const repeated = Object.keys(query.filters).length === 0 || sameFilters(query.filters, offset.filters);
  return repeated || deps.switches.filterMismatch === "ignore" ? offset : "is invalid";
}

function limitOf(deps: PageDeps, asked: PageAsked, query: Query): number {
  const limit = query.limit ?? deps.switches.defaultLimit;
  if (deps.switches.shortPageRate === 0 || limit === 1) return limit;
  const random = createRandom(deps.seed, "short", asked.number);
  return random.chance(deps.switches.shortPageRate) ? 1 + random.int(limit - 1) : limit;
}

function readEvents(deps: PageDeps, asked: PageAsked, offset: Offset, limit: number) {
  const { startMs = Number.NEGATIVE_INFINITY, endMs = Number.POSITIVE_INFINITY } = offset.filters;
  const oldestMs = Math.max(FIRST_MS, asked.nowMs - deps.switches.retentionDays * DAY_MS);
  return deps.log.read({
    after: offset.after,
    fromMs: Math.max(startMs, oldestMs),
    toMs: endMs,
    limit,
    nowMs: asked.nowMs,
    matches: matcherOf(offset.filters),
  });
}

/** `next_page` as JSON: a new token, and the query echoed with it. */
function nextPage(deps: PageDeps, asked: PageAsked, offset: Offset, found: ReturnType<EventLog["read"]>): string {
  const { switches } = deps;
  const behind = { ...offset, after: found.last ?? offset.after, served: offset.served + found.count };
  const token = deps.book.issue(behind, asked.number, asked.nowMs, switches.offsetLifeMs);
  const echoed = new URLSearchParams(asked.parameters);
  echoed.delete("offset");
  echoed.append("offset", token);
  const path = `/workspaces/${asked.workspace}/audit_log_events?${echoed}`;
  return JSON.stringify({ offset: token, path, uri: switches.baseUrl + path });
}
