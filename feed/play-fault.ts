import {
  errorAnswer,
  type FeedAnswer,
  proxyAnswer,
  rateLimitAnswer,
  serverErrorAnswer,
  type WireFault,
} from "./answers.ts";
import type { FeedFault } from "./faults.ts";

/** The answer that a fault puts in place of the right one; null if the fault does not replace the answer. */
export function replacedAnswer(fault: FeedFault | null, request: number): FeedAnswer | null {
  switch (fault?.kind) {
    case "server-error":
      return serverErrorAnswer(request, fault.phrase ?? true);
    case "status": {
      const status = fault.status ?? 503;
      if ((fault.body ?? "html") !== "json") return proxyAnswer(status, fault.body === "empty" ? "empty" : "html");
      return fault.message === undefined
        ? serverErrorAnswer(request, false, status)
        : errorAnswer(status, fault.message);
    }
    case "rate-limited":
      return rateLimitAnswer(fault.retryAfter === undefined ? "1" : fault.retryAfter);
    case "errors-envelope":
      return { ...serverErrorAnswer(request, true), status: 200 };
    case "redirect":
      return {
        status: 302,
        body: Buffer.alloc(0),
        events: 0,
        headers: { location: fault.location ?? "https://attacker.example/login" },
      };
    case "text":
      return {
        status: 200,
        body: Buffer.from(fault.text ?? "<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n"),
        events: 0,
        headers: { "content-type": fault.contentType ?? "text/html" },
      };
    default:
      return null;
  }
}

/** What a fault makes of a page. Anything but a page with events in it stays as it is, except that `data` may go. */
export function damagedPage(fault: FeedFault | null, answer: FeedAnswer): FeedAnswer {
  if (answer.status !== 200) return answer;
  const text = answer.body;
  const tail = text.lastIndexOf('],"next_page":');
  switch (fault?.kind) {
    case "no-data":
      return { ...answer, events: 0, body: Buffer.concat([OPEN, text.subarray(tail + 2)]) };
    case "null-data":
      return { ...answer, events: 0, body: Buffer.concat([NULL_DATA, text.subarray(tail + 1)]) };
    case "broken-json":
      return { ...answer, events: 0, body: putBeforeEvent(text, tail, '{"gid":},') };
    case "broken-event":
      return { ...answer, events: 0, body: putBeforeEvent(text, tail, "7,") };
    default:
      return answer;
  }
}

const OPEN = Buffer.from("{");
const NULL_DATA = Buffer.from('{"data":null');
const DATA = '{"data":[';
const NEXT_EVENT = ',{"gid":"';

/** Puts text before an event near the middle of the page, or in its empty `data`. */
function putBeforeEvent(body: Buffer, tail: number, text: string): Buffer {
  const border = body.indexOf(NEXT_EVENT, Math.floor(body.length / 2));
  const at = border === -1 || border > tail ? DATA.length : border + 1;
  const inserted = at === tail ? text.replace(/,$/, "") : text;
  return Buffer.concat([body.subarray(0, at), Buffer.from(inserted), body.subarray(at)]);
}

const TEN_MINUTES_MS = 600_000;
const HALF = 0.5;

/** How the transport plays the fault; null if the answer arrives normally. */
export function wireFault(fault: FeedFault | null): WireFault | null {
  switch (fault?.kind) {
    case "reset":
      return { kind: "reset" };
    case "cut":
      return { kind: "cut", share: fault.share ?? HALF, clean: fault.clean ?? false };
    case "stall":
      return { kind: "stall", share: fault.share ?? HALF, ms: fault.ms ?? TEN_MINUTES_MS };
    default:
      return null;
  }
}
