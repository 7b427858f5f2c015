/** Texts that would change what a query means if they were ever spliced into it. The same seed gives the same. */
import { createRandom } from "../../feed/random.ts";

const PIECES = [
  ...[
    "'",
    "''",
    '"',
    "\\",
    "\\'",
    "`",
    ";",
    "--",
    "/*",
    "*/",
    "%",
    "_",
    "?",
    ":since",
    "$since",
    "$1",
    "{",
    "}",
    "(",
    ")",
  ],
  ...[
    "' OR '1'='1",
    "'); DROP VIEW events; --",
    "' UNION SELECT line FROM events --",
    "\n",
    "\r\n",
    "\t",
    "\u0000",
    "\u0001",
  ],
  ...[
    "\u2028",
    "\u00a0",
    "\ufeff",
    "\u202e",
    "é",
    "e\u0301",
    "𠮷",
    "👩‍👩‍👧",
    "ʼ",
    "’",
    "＇",
    "NULL",
    "null",
    "true",
    "0x27",
    "1e5",
    "-1",
  ],
  ...[
    "chr(39)",
    "USING",
    "EXECUTE IMMEDIATE",
    "U&'\\0027'",
    "E'\\''",
    "a",
    "A",
    " ",
    "",
    "2026-05-01",
    "1201",
    "x'27'",
    "|| ''",
  ],
];

/** All different. */
export function hostileTexts(count: number, seed = "texts"): readonly string[] {
  const random = createRandom(seed);
  const texts = new Set<string>(PIECES.filter((piece) => piece !== ""));
  while (texts.size < count) {
    texts.add(Array.from({ length: 1 + random.int(6) }, () => random.pick(PIECES)).join(random.pick(["", "", " "])));
  }
  texts.delete("");
  return [...texts].slice(0, count);
}

/** Events whose resource has one of these texts for its gid, each. */
export const eventsAbout = (texts: readonly string[]): object[] =>
  texts.map((text, index) => ({
    gid: `about-${index}`,
    created_at: "2026-05-01T12:00:00.000Z",
    resource: { resource_type: "task", gid: text },
    details: {},
  }));
