/** Streams for one question each, made from a company's events with one thing changed. */
import { createCompany, eventsOf } from "../../feed/company.ts";
import { noOddities } from "../../feed/oddities.ts";

/** `large`: 50 KB per event, so that a page has 50 MB. */
export type StreamKind = "ascii" | "mixed-scripts" | "saml" | "escapes" | "large";

/** Those with pages of ordinary size. */
export const STREAMS: readonly StreamKind[] = ["ascii", "mixed-scripts", "saml", "escapes"];

interface Extent {
  readonly events: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seed: number;
}

/** Events in order, as the exact JSON of each. */
export function* streamLines(kind: StreamKind, extent: Extent): Generator<Buffer> {
  const company = createCompany({ ...extent, lateRate: 0, oddities: noOddities });
  let index = 0;
  for (const { line } of eventsOf(company)) yield change(kind, line, index++);
}

/** Names in scripts that UTF-8 writes with two, three and four bytes. */
const NAMES = ["Zoë Müller", "Олена Шевченко", "山田 太郎", "김민준", "👩🏽‍💻 Ada", "محمد علي"];

function change(kind: StreamKind, line: Buffer, index: number): Buffer {
  if (kind === "ascii") return line;
  const event = JSON.parse(line.toString());
  if (kind === "mixed-scripts" && index % 2 === 0) {
    event.actor = { ...event.actor, name: NAMES[index % NAMES.length] };
    event.resource = { ...event.resource, name: `${NAMES[(index + 3) % NAMES.length]} ${index}` };
  }
  if (kind === "saml" && index % 10 < 3) event.details = { ...event.details, saml_response: samlResponse(index, 4608) };
  if (kind === "large") event.details = { ...event.details, saml_response: samlResponse(index, 37_200) };
  if (kind === "escapes") {
    event.resource = { ...event.resource, name: `C:\\work\\"${index}" {"a":[1,2}]}\n\t\u2028 \\\\ "}],[{"` };
  }
  return Buffer.from(JSON.stringify(event));
}

/** `sizeBytes` bytes as base64, which is a third longer, and compresses as badly as signed base64 does. */
function samlResponse(index: number, sizeBytes: number): string {
  const bytes = Buffer.alloc(sizeBytes);
  let state = index * 2654435761 + 1;
  for (let at = 0; at < bytes.length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state | 0, at);
  }
  return bytes.toString("base64");
}
