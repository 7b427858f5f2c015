/** What an HTTP answer of the source means: status first, and the message only where nothing else distinguishes. */
import type { ArchiverError } from "../errors.ts";
import { type Instant, msToInstant } from "../event/instant.ts";
import { MalformedError } from "../event/json-scanner.ts";
import { plainText } from "../event/plain-text.ts";
import type { OffsetRefused, Page, PageAnswer } from "../ports.ts";
import { scanPage } from "./page.ts";
import { headersTooLarge, notSecure, redirect, refusal } from "./refusal.ts";
import { parseHttpDate, type Retryable } from "./retry.ts";
import type { HttpResponse, TransportError, TransportFault } from "./transport.ts";

export type Answer =
  | PageAnswer
  | Retryable
  /** The token was not accepted; it may have been renewed meanwhile. */
  | { readonly kind: "unauthorized"; readonly error: ArchiverError }
  /** Asking again would not help. */
  | { readonly kind: "failed"; readonly error: ArchiverError };

/** `offset` and `token` are those of the request. They are not repeated in any message, whatever the answer holds. */
export function classifyAnswer(response: HttpResponse, offset: string | null, token: string): Answer {
  const { status } = response;
  const secrets = offset === null ? [token] : [token, offset];
  if (status === 200) return classifyPage(response);
  if (status < 300) return notAPage(response, `status ${status}`);
  if (status < 400) return { kind: "failed", error: redirect(status) };
  const errors = readErrors(response.body);
  if (status === 429 || status === 408 || status >= 500) return classifyFailure(response, errors, secrets);
  const message = plainText(errors[0]?.message ?? "", secrets);
  if (status === 401) return { kind: "unauthorized", error: refusal(status, message) };
  const reason = status === 400 && offset !== null ? offsetFault(errors) : null;
  if (reason !== null) return { kind: "offset-refused", reason };
  return { kind: "failed", error: refusal(status, message) };
}

function classifyPage(response: HttpResponse): Page | Retryable {
  try {
    const { events, offset } = scanPage(response.body);
    return { kind: "page", events, offset, servedAt: servedAt(response) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return notAPage(response, error.message);
  }
}

function notAPage(response: HttpResponse, why: string): Retryable {
  return {
    kind: "retryable",
    errorKind: "invalid-response",
    what: `answered something that is not a page (${why})`,
    status: response.status,
    retryAfter: undefined,
    servedAt: servedAt(response),
  };
}

function classifyFailure(response: HttpResponse, errors: readonly ErrorItem[], secrets: readonly string[]): Retryable {
  const { status, headers } = response;
  const phrase = errors.find((error) => error.phrase !== undefined)?.phrase;
  return {
    kind: "retryable",
    errorKind: "unavailable",
    what: status === 429 ? "asks for fewer requests (429)" : `failed (${status})`,
    status,
    ...(phrase !== undefined && { phrase: plainText(phrase, secrets) }),
    retryAfter: headers["retry-after"],
    servedAt: servedAt(response),
  };
}

/** No complete answer at all. */
export function classifyNoAnswer(error: TransportError): Answer {
  if (error.fault === "too-large") return { kind: "too-large" };
  const what = `${NO_ANSWER[error.fault]} (${plainText(error.message)})`;
  if (error.fault === "headers-too-large") return { kind: "failed", error: headersTooLarge(what) };
  if (error.fault === "tls") return { kind: "failed", error: notSecure(what) };
  return { kind: "retryable", errorKind: "unavailable", what, retryAfter: undefined, servedAt: null };
}

const NO_ANSWER: Readonly<Record<Exclude<TransportFault, "too-large">, string>> = {
  refused: "could not be reached",
  "no-such-host": "has a host name that does not exist",
  proxy: "could not be reached through the proxy",
  reset: "broke the connection off",
  timeout: "did not answer in time",
  truncated: "sent an answer that is cut or damaged",
  "headers-too-large": "sent headers beyond the size limit",
  tls: "could not be reached securely",
};

/** The source's clock when it answered; null when it did not say. */
function servedAt({ headers }: HttpResponse): Instant | null {
  const ms = parseHttpDate(headers["date"]);
  return ms === null ? null : msToInstant(ms);
}

/**
 * What Asana says of a pagination token, all as 400 and in words only: "offset: Your pagination token has expired.",
 * "offset: Your pagination token is invalid.", and that a very long result was truncated.
 */
function offsetFault(errors: readonly ErrorItem[]): OffsetRefused["reason"] | null {
  const messages = errors.map((error) => error.message ?? "");
  if (messages.some((text) => /truncated/i.test(text))) return "truncated";
  const message = messages.find((text) => /pagination token/i.test(text)) ?? "";
  if (/expired/i.test(message)) return "expired";
  return /invalid/i.test(message) ? "invalid" : null;
}

/** Asana's error answers: `{"errors":[{"message": string, "help"?: string, "phrase"?: string}]}`. */

export interface ErrorItem {
  readonly message?: string;
  readonly phrase?: string;
}

const MAX_ERROR_BYTES = 65_536;

/** None if the body is anything else, such as a proxy's HTML. */
export function readErrors(body: Buffer): readonly ErrorItem[] {
  if (body.length > MAX_ERROR_BYTES) return [];
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch {
    return [];
  }
  const errors = isRecord(json) ? json["errors"] : undefined;
  return Array.isArray(errors) ? errors.filter(isRecord).map(errorItem) : [];
}

function errorItem({ message, phrase }: Record<string, unknown>): ErrorItem {
  return { ...(typeof message === "string" && { message }), ...(typeof phrase === "string" && { phrase }) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
