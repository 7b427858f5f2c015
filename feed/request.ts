/** The path in front of `/workspaces`. */
export const BASE_PATH = "/api/1.0";

/** A request as a feed takes it. */
export interface FeedRequest {
  readonly method: string;
  /** A whole URL, or path and query. */
  readonly url: string;
  /** Names in any case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Other requests in flight, where the caller knows (a server does). */
  readonly open?: number;
}

/** A request taken apart. */
export interface ParsedRequest {
  readonly path: string;
  readonly parameters: URLSearchParams;
  /** From the path, digits or not; null when the path is not the operation's. */
  readonly workspace: string | null;
  /** The access token; null when there is none. */
  readonly token: string | null;
}

export function parseRequest(request: FeedRequest): ParsedRequest {
  const url = new URL(request.url, "http://feed.invalid");
  const start = `${BASE_PATH}/workspaces/`;
  const end = "/audit_log_events";
  const inside = url.pathname.startsWith(start) && url.pathname.endsWith(end);
  const gid = inside ? url.pathname.slice(start.length, -end.length) : "";
  return {
    path: url.pathname,
    parameters: url.searchParams,
    workspace: gid === "" || gid.includes("/") ? null : gid,
    token: bearerOf(request.headers),
  };
}

function bearerOf(headers: FeedRequest["headers"]): string | null {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === "authorization") return /^bearer (.+)$/i.exec(value ?? "")?.[1] ?? null;
  }
  return null;
}
