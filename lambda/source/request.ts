/** The URL of one page: `GET {base}/workspaces/{workspace}/audit_log_events` and its parameters. */
import { ArchiverError } from "../errors.ts";
import { type Instant, shiftInstant } from "../event/instant.ts";
import { isCount, isGid } from "../event/parse.ts";
import type { PageRequest } from "../ports.ts";
import { MAX_PAGE_LIMIT } from "../settings.ts";

/** The documented values of `actor_type`. Others are sent as they are: the list has no promise to stay. */
export const ACTOR_TYPES = ["user", "asana", "asana_support", "anonymous", "external_administrator"] as const;

/** The longest offset taken. Tokens seen have 150 to 250 characters; it must fit a URL and the checkpoint. */
export const MAX_OFFSET_BYTES = 4_096;

const MAX_FILTER_LENGTH = 256;

/**
 * Throws ArchiverError `misconfigured` for a request that cannot mean what it says: the service ignores what it does
 * not understand, and would answer with everything.
 */
export function pageUrl(base: URL, request: PageRequest): URL {
  checkGid("workspace", request.workspace);
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, "")}/workspaces/${request.workspace}/audit_log_events`;
  // URLSearchParams escapes all that has a meaning in a query, `+` included.
  for (const [name, value] of parameters(request)) url.searchParams.set(name, value);
  return url;
}

function* parameters(request: PageRequest): Generator<[name: string, value: string]> {
  const { startAt, endAt, eventType, actorType, actorGid, resourceGid, limit, offset } = request;
  if (startAt !== undefined) yield ["start_at", wholeMs(startAt)];
  if (endAt !== undefined) yield ["end_at", wholeMs(endAt) === endAt ? endAt : shiftInstant(endAt, 1)];
  if (eventType !== undefined) yield ["event_type", checkFilter("event type", eventType)];
  if (actorType !== undefined) yield ["actor_type", checkFilter("actor type", actorType)];
  if (actorGid !== undefined) yield ["actor_gid", checkGid("actor", actorGid)];
  if (resourceGid !== undefined) yield ["resource_gid", checkGid("resource", resourceGid)];
  if (limit !== undefined) yield ["limit", String(checkLimit(limit))];
  if (offset !== undefined) yield ["offset", checkOffset(offset)];
}

/**
 * Cut to the millisecond, the finest form the source is known to take. A start is thereby earlier and an end, raised
 * by one, later than asked: the window only grows.
 */
function wholeMs(instant: Instant): Instant {
  return `${instant.slice(0, 23)}Z` as Instant;
}

function checkGid(what: string, gid: string): string {
  if (isGid(gid)) return gid;
  const advice =
    what === "workspace"
      ? 'Give the workspace\'s gid, a number: it is the "Domain ID" in the settings of the admin console.'
      : `Give the ${what}'s gid, a number.`;
  throw misconfigured(`the ${what} gid is not a number`, advice);
}

function checkFilter(what: string, text: string): string {
  if (text !== "" && text.length <= MAX_FILTER_LENGTH) return text;
  throw misconfigured(`the ${what} is empty or too long`, `Give one ${what}, or leave it out.`);
}

function checkLimit(limit: number): number {
  if (isCount(limit, 1, MAX_PAGE_LIMIT)) return limit;
  throw misconfigured(`the limit is not a whole number from 1 to ${MAX_PAGE_LIMIT}`, "Give 1 to 100, or leave it out.");
}

/** Whether a text can be a pagination token: it is opaque, but it has to survive a URL and come back the same. */
export function isOffset(text: string): boolean {
  return text !== "" && Buffer.byteLength(text) <= MAX_OFFSET_BYTES && text.isWellFormed() && !/\p{Cc}/u.test(text);
}

function checkOffset(offset: string): string {
  if (isOffset(offset)) return offset;
  throw misconfigured(
    `the offset is empty, longer than ${MAX_OFFSET_BYTES} bytes or holds odd characters`,
    "Give the offset of an earlier page as it was, or leave it out.",
  );
}

const misconfigured = (message: string, advice: string) => new ArchiverError("misconfigured", message, { advice });
