/** Lines against JSON.parse. Whole pages are read against it, and against a second reading, in test/hostile/page-tokens.ts. */
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createEvent } from "../../lambda/event/event.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { scanPage } from "../../lambda/source/page.ts";
import { tries } from "../tries.ts";
import { damaged, jsonTexts, notUtf8, orRefused } from "./json-text.ts";

const parameters = tries(1_000, 20_260_501);
const bytes = (texts: fc.Arbitrary<string>) => texts.map((text) => Buffer.from(text));

it.each([
  ["an object like an event", bytes(jsonTexts.event)],
  ["a damaged object like an event", damaged(jsonTexts.event)],
  ["any value", bytes(jsonTexts.value)],
  ["a damaged value", damaged(jsonTexts.value)],
])("%s is accepted as a line if and only if it is one value on one line, with the same gid and time", (_, lines) => {
  const property = (line: Buffer) => void expect(orRefused(() => scanEvent(line))).toEqual(parsedLine(line));
  fc.assert(fc.property(lines, property), parameters);
});

it("an event of a page, scanned as a line, is the same event", () => {
  const pages = fc.oneof(bytes(jsonTexts.page), notUtf8(jsonTexts.page));
  const property = (body: Buffer) => {
    for (const event of orRefused(() => scanPage(body))?.events ?? []) expect(scanEvent(event.line)).toEqual(event);
  };
  fc.assert(fc.property(pages, property), parameters);
});

/** The event that JSON.parse finds; bytes that are not UTF-8 are U+FFFD to it, which changes no token. Null: refused. */
function parsedLine(line: Buffer) {
  if (/^[ \t]|[ \t]$|[\r\n]/.test(line.toString("latin1"))) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(line));
  } catch {
    return null;
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const text = (key: string): string | null => {
    const own =
      isObject && isUtf8(line) && Object.hasOwn(value as object, key) && (value as Record<string, unknown>)[key];
    return typeof own === "string" ? own : null;
  };
  return createEvent(text("gid"), text("created_at"), line);
}
