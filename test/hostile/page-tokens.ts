/** Documents to read, and whether the scanner reads one exactly as the reference does, and as JSON.parse. */
import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { scanPage } from "../../lambda/source/page.ts";
import { damaged, jsonTexts, notUtf8, orRefused } from "../event/json-text.ts";
import { referencePage } from "./token-reference.ts";

/** Texts that grammars do not make by chance, put into a page where an event, a value or an offset stands. */
const ODD_TEXTS = [
  ...["\\ud800", "\\udfff\\ud800", "\\u0000", "\ufeff", "\u2028", "\u0085", "\u202e", "\u007f", "\\x41", "\u0000"],
  ...["\n", '"', "\\", "\\u12", "\u{10ffff}", "\ufffd", "\\u000a", "\\/", "'", "\u0001", "\t", "\r\n"],
];
const ODD_VALUES = [
  ...["1e999", "-0", "0.0", "01", "1.", ".5", "+1", "-", "1e", "0x10", "NaN", "Infinity", "1_000", "1".repeat(400)],
  ...["nul", "nulll", "True", "undefined", "{}{}", "[1,]", "{,}", "[,1]", '{"a" 1}', '{"a":1,}', "{a:1}", "/**/1"],
  ...['{"__proto__":{"gid":"1"}}', '{"gid":"a","gid":"b"}', "[".repeat(990) + "]".repeat(990), '"\\u0067"', "\u00a01"],
  ...["[".repeat(1100) + "]".repeat(1100), "{".repeat(40), `${'{"a":'.repeat(990)}1${"}".repeat(990)}`, "\f1"],
];
const WRAPPERS: readonly ((text: string) => string)[] = [
  (text) => `{"data":[{"gid":"1","name":"${text}"}],"next_page":null}`,
  (text) => `{"data":[{"${text}":1}],"next_page":null}`,
  (text) => `{"data":[],"next_page":{"offset":"${text}"}}`,
  (text) => `{"data":[{"gid":"${text}"}],"next_page":null}`,
  (text) => `{"data":[{"created_at":"2026-05-01T00:00:00.000Z${text}"}],"next_page":null}`,
  (text) => `{"data":[{"gid":"1"}]${text},"next_page":null}`,
  (text) => `${text}{"data":[],"next_page":null}${text}`,
  (text) => `{"data":[{"gid":"1","details":${text}}],"next_page":null}`,
  (text) => `{"data":[${text}],"next_page":null}`,
  (text) => `{"data":[{}],"next_page":${text}}`,
  (text) => `{"data":[\n  {\n    "a": ${text},\n\r\t"b":\n${text}\n  }\n],"next_page":null}`,
];
const odd = fc
  .tuple(fc.constantFrom(...WRAPPERS), fc.constantFrom(...ODD_TEXTS, ...ODD_VALUES))
  .map(([wrap, text]) => Buffer.from(wrap(text)));

/** Pages in every spelling, damaged ones, odd ones, and odd ones damaged. */
export const documents: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: jsonTexts.page.map((text) => Buffer.from(text)) },
  { weight: 4, arbitrary: damaged(jsonTexts.page) },
  { weight: 1, arbitrary: notUtf8(jsonTexts.page) },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: damaged(odd.map(String)) },
);

export type Verdict = "accepted" | "refused";

/** Throws if scanner, reference and JSON.parse differ, or if the scanner fails otherwise than by refusing. */
export function compareReadings(body: Buffer): Verdict {
  const expected = referencePage(body);
  const scanned = orRefused(() => scanPage(body));
  const [a, b] = [scanned, expected].map((page) => JSON.stringify(page));
  if (a !== b) throw new Error(`${JSON.stringify(body.toString())} is read as ${a}, and should be as ${b}`);
  if (scanned === null) return "refused";
  const { data, next_page: next } = JSON.parse(body.toString());
  deepStrictEqual(
    scanned.events.map(({ line }) => JSON.parse(line.toString())),
    data,
  );
  deepStrictEqual(scanned.offset, next?.offset ?? null);
  return "accepted";
}
