/** How the transport plays an answer that does not simply arrive. */
export type WireFault =
  | { readonly kind: "reset" }
  | { readonly kind: "cut"; readonly share: number; readonly clean: boolean }
  | { readonly kind: "stall"; readonly share: number; readonly ms: number };

/** One answer, before compression. */
export interface FeedResponse {
  readonly status: number;
  /** Names in lower case. A list is sent as several headers of the name. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
  /** Events in the body. */
  readonly events: number;
  /** From the request to the first byte. */
  readonly latencyMs: number;
  readonly wire: WireFault | null;
}

/** An answer before the usual headers are added. */
export interface FeedAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly events: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const HELP =
  "For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors";
const PHRASES = ["6 sad squid snuggle softly", "12 hungry otters wave politely", "3 loud llamas nap calmly"];

/** Deprecations as a live check found them: there are several, and one affects the caller. */
const ASANA_CHANGE = [
  "name=new_memberships;info=https://forum.asana.com/t/1;affected=true",
  "name=new_user_task_lists;info=https://forum.asana.com/t/2,name=new_goal_memberships;info=https://forum.asana.com/t/3",
];

export function errorAnswer(status: number, message: string, headers?: Readonly<Record<string, string>>): FeedAnswer {
  const body = Buffer.from(JSON.stringify({ errors: [{ message, help: HELP }] }));
  return { status, body, events: 0, ...(headers === undefined ? {} : { headers }) };
}

export const rateLimitAnswer = (retryAfter: string | null): FeedAnswer =>
  errorAnswer(
    429,
    "You have exceeded your rate limit. Please retry after the time specified in the Retry-After header.",
    retryAfter === null ? {} : { "retry-after": retryAfter },
  );

/** The documented 500; Asana's support can find the error by its phrase. */
export function serverErrorAnswer(request: number, phrase: boolean, status = 500): FeedAnswer {
  const error = phrase
    ? { message: "Server Error", phrase: PHRASES[request % PHRASES.length] }
    : { message: "Server Error" };
  return { status, body: Buffer.from(JSON.stringify({ errors: [error] })), events: 0 };
}

/** What a load balancer in front of the service answers. */
export function proxyAnswer(status: number, kind: "html" | "empty"): FeedAnswer {
  const body =
    kind === "empty" ? "" : `<html>\r\n<head><title>${status}</title></head>\r\n<body>nginx</body>\r\n</html>\r\n`;
  return { status, body: Buffer.from(body), events: 0, headers: { "content-type": "text/html" } };
}

/** A page of event texts; a part may hold several texts, joined by commas. */
export function pageAnswer(parts: readonly Buffer[], events: number, nextPage: string): FeedAnswer {
  const pieces: Buffer[] = [OPEN];
  parts.forEach((part, index) => {
    if (index > 0) pieces.push(COMMA);
    pieces.push(part);
  });
  pieces.push(Buffer.from(`],"next_page":${nextPage}}`));
  return { status: 200, body: Buffer.concat(pieces), events };
}

const OPEN = Buffer.from('{"data":[');
const COMMA = Buffer.from(",");

/** The headers of every answer. The date has whole seconds, as HTTP requires. */
export function usualHeaders(nowMs: number): Record<string, string | readonly string[]> {
  return {
    "content-type": "application/json; charset=UTF-8",
    date: new Date(nowMs).toUTCString(),
    server: "nginx",
    "cache-control": "no-store",
    pragma: "no-cache",
    "x-robots-tag": "none",
    "x-asana-api-version": "1.1",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "asana-change": ASANA_CHANGE,
  };
}
