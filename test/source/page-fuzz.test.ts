import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEvent, type SourceEvent } from "../../lambda/event/event.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { MalformedError } from "../../lambda/event/json-scanner.ts";
import { scanPage } from "../../lambda/source/page.ts";
import { damaged, jsonTexts, notUtf8 } from "../event/json-text.ts";
import { tries } from "../tries.ts";
import { parsedLine, parsedPage } from "./page-oracle.ts";

const parameters = tries(1_000, 20_260_501);

const pages = jsonTexts.page.map((text) => Buffer.from(text));
const events = jsonTexts.event.map((text) => Buffer.from(text));

describe("against JSON.parse", () => {
  it("a page is accepted if and only if JSON.parse and the shape accept it, with the same events", () => {
    let accepted = 0;
    const property = (body: Buffer) => {
      if (agreesOnPage(body)) accepted++;
    };
    fc.assert(fc.property(pages, property), parameters);
    expect(accepted).toBeGreaterThan(parameters.numRuns / 3);
  });

  it("a damaged page is refused, unless what is left of it is a page", () => {
    fc.assert(
      fc.property(damaged(jsonTexts.page), (body) => void agreesOnPage(body)),
      parameters,
    );
  });

  it("a page with bytes that are no UTF-8 is accepted if all of them are in elements of data", () => {
    const verdicts = { accepted: 0, refused: 0 };
    const property = (body: Buffer) => {
      fc.pre(!isUtf8(body));
      verdicts[agreesOnPage(body) ? "accepted" : "refused"]++;
    };
    fc.assert(fc.property(notUtf8(jsonTexts.page), property), parameters);
    expect(verdicts.accepted).toBeGreaterThan(parameters.numRuns / 20);
    expect(verdicts.refused).toBeGreaterThan(parameters.numRuns / 20);
  });

  it("a line is accepted if and only if it is one value on one line, with the same gid and time", () => {
    fc.assert(fc.property(events, agreesOnLine), parameters);
    fc.assert(fc.property(damaged(jsonTexts.event), agreesOnLine), parameters);
    fc.assert(fc.property(jsonTexts.value.map(Buffer.from), agreesOnLine), parameters);
    fc.assert(fc.property(damaged(jsonTexts.value), agreesOnLine), parameters);
  });

  it("an event of a page, scanned as a line, is the same event", () => {
    fc.assert(
      fc.property(fc.oneof(pages, notUtf8(jsonTexts.page)), (body) => {
        for (const event of orRefused(() => scanPage(body))?.events ?? []) expect(scanEvent(event.line)).toEqual(event);
      }),
      parameters,
    );
  });
});

function agreesOnPage(body: Buffer): boolean {
  const expected = parsedPage(body);
  const scanned = orRefused(() => scanPage(body));
  expect(scanned === null).toBe(expected === null);
  if (scanned === null || expected === null) return false;
  expect(scanned.offset).toBe(expected.offset);
  expect(scanned.events.length).toBe(expected.values.length);
  for (const [i, value] of expected.values.entries()) {
    const event = scanned.events[i] as SourceEvent;
    const { gid, createdAt } = parsedLine(event.line)!;
    expect(JSON.parse(event.line.toString())).toEqual(value);
    expect(event).toEqual(createEvent(gid, createdAt, event.line));
    expect(event.line.includes("\n") || event.line.includes("\r")).toBe(false);
  }
  if (!body.includes("\n") && !body.includes("\r")) expectNeighbours(body, scanned.events);
  return true;
}

/** The lines follow one another in the body with nothing but a comma and white space in between. */
function expectNeighbours(body: Buffer, scanned: readonly SourceEvent[]): void {
  let end: number | null = null;
  for (const { line } of scanned) {
    const start: number = line.byteOffset - body.byteOffset;
    expect(line.buffer).toBe(body.buffer);
    expect(body.subarray(start, start + line.length)).toEqual(line);
    const gap =
      end === null ? body.subarray(0, start).toString("latin1") : body.subarray(end, start).toString("latin1");
    expect(gap).toMatch(end === null ? /\[[ \t]*$/ : /^[ \t]*,[ \t]*$/);
    end = start + line.length;
  }
}

function agreesOnLine(line: Buffer): void {
  const expected = parsedLine(line);
  const event = orRefused(() => scanEvent(line));
  expect(event).toEqual(expected === null ? null : createEvent(expected.gid, expected.createdAt, line));
}

/** Null for a refusal; any other error is a fault of the scanner and fails the test. */
function orRefused<T>(scan: () => T): T | null {
  try {
    return scan();
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
