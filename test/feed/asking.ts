import type { FeedResponse } from "../../feed/answers.ts";
import type { Feed } from "../../feed/feed.ts";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";

/** Noon of a Friday; what tests call now. */
export const NOON_MS = Date.parse("2026-05-29T12:00:00Z");

export interface Asking {
  readonly nowMs?: number;
  readonly token?: string | null;
  readonly workspace?: string;
  readonly method?: string;
  /** In place of the operation's path. */
  readonly path?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the body of any answer, looked at by tests.
export type Answered = FeedResponse & { readonly json: any; readonly gids: string[]; readonly offset: string | null };

/** Sends one request to a feed and reads the answer. `json` is null when the body is not JSON. */
export function ask(feed: Feed, query: Readonly<Record<string, string | number>> = {}, asking: Asking = {}): Answered {
  const { token = FEED_TOKEN, workspace = FEED_WORKSPACE, method = "GET", nowMs = NOON_MS } = asking;
  const texts = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  const path = asking.path ?? `/api/1.0/workspaces/${workspace}/audit_log_events`;
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const response = feed.handle({ method, url: `${path}?${new URLSearchParams(texts)}`, headers }, nowMs);
  const json = parse(response.body);
  return {
    ...response,
    json,
    gids: (json?.data ?? []).map((event: { gid: string }) => event.gid),
    offset: json?.next_page?.offset ?? null,
  };
}

/** Asks page after page until an empty one; the gids of each page. */
export function drainPages(
  feed: Feed,
  query: Readonly<Record<string, string | number>> = {},
  asking: Asking = {},
): string[][] {
  const pages: string[][] = [];
  for (let answer = ask(feed, query, asking); answer.gids.length > 0; ) {
    pages.push(answer.gids);
    answer = ask(feed, { ...query, offset: answer.offset ?? "" }, asking);
  }
  return pages;
}

export const messageOf = (answer: Answered): string => answer.json.errors[0].message;

// biome-ignore lint/suspicious/noExplicitAny: see above.
function parse(body: Buffer): any {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}
