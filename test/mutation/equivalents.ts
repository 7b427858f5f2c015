/** A line whose mutants of these kinds change nothing that a test could notice. */
export interface Equivalent {
  readonly file: string;
  /** The line without its indentation; it stands in the file exactly once. */
  readonly line: string;
  /** Stryker's names of mutators. */
  readonly mutators: readonly string[];
  readonly reason: string;
}

/** Mutants that survive because they change nothing. `test/core/mutation-lists.test.ts` fails for an entry that fits no line. */
export const equivalents: readonly Equivalent[] = [
  {
    file: "lambda/archive/violation.ts",
    line: "key: plainText(key.slice(0, MAX_TEXT_LENGTH)),",
    mutators: ["MethodExpression"],
    reason: "plainText cuts shorter; this only spares it the work",
  },
  {
    file: "lambda/archive/violation.ts",
    line: "message: plainText(message.slice(0, MAX_TEXT_LENGTH)),",
    mutators: ["MethodExpression"],
    reason: "plainText cuts shorter; this only spares it the work",
  },
  {
    file: "lambda/event/instant.ts",
    line: "if (text.length > 40 + MAX_FRACTION_DIGITS) return null;",
    mutators: ["ConditionalExpression", "EqualityOperator"],
    reason: "a text of that length has too many digits, and is refused below as well",
  },
  {
    file: "lambda/event/instant.ts",
    line: "if (USUAL.test(text)) return text as Instant;",
    mutators: ["ConditionalExpression"],
    reason: "the short way; the code below reads the same texts as the same instants",
  },
  {
    file: "lambda/event/instant.ts",
    line: 'const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHours = "0", offsetMinutes = "0"] = match;',
    mutators: ["StringLiteral"],
    reason: "the number of an empty text is 0 too",
  },
  {
    file: "lambda/event/instant.ts",
    line: "if (a.length === b.length) return a < b ? -1 : 1;",
    mutators: ["ConditionalExpression"],
    reason: "the short way; texts of one length compare the same without their Z",
  },
  {
    file: "lambda/event/instant.ts",
    line: "return a.slice(0, -1) < b.slice(0, -1) ? -1 : 1; // without the Z, a shorter fraction sorts before a longer one",
    mutators: ["EqualityOperator"],
    reason: "texts of different lengths are never equal",
  },
  {
    file: "lambda/event/json-scanner.ts",
    line: "const CODES = Array.from({ length: MAX_SHORT + 1 }, (_, length) => new Array<number>(length).fill(0));",
    mutators: ["ObjectLiteral", "ArithmeticOperator", "ArrowFunction"],
    reason: "a length without a list is read the long way, which gives the same text",
  },
  {
    file: "lambda/event/json-scanner.ts",
    line: "if (codes === undefined) return null;",
    mutators: ["ConditionalExpression"],
    reason: "read the long way, which gives the same text",
  },
  {
    file: "lambda/event/json-scanner.ts",
    line: "if (code > 0x7f || code === BACKSLASH) return null;",
    mutators: ["ConditionalExpression", "EqualityOperator"],
    reason: "read the long way, which gives the same text",
  },
  {
    file: "lambda/event/strict-json.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text.
    line: 'const spell = (record: T): Buffer => Buffer.from(`${JSON.stringify(record, names)}${end}`, "utf8");',
    mutators: ["StringLiteral"],
    reason: "UTF-8 is the encoding where none is named",
  },
  {
    file: "lambda/segment/merkle.ts",
    line: "const leafScratch = Buffer.alloc(16 * 1024);",
    mutators: ["ArithmeticOperator"],
    reason: "with a scratch of another size, leaves are hashed the long way to the same digest",
  },
  {
    file: "lambda/segment/merkle.ts",
    line: "if (leaf.length >= leafScratch.length)",
    mutators: ["ConditionalExpression"],
    reason: "the long way for all leaves gives the same digests",
  },
  {
    file: "lambda/stores/key-rules.ts",
    line: "if (BEYOND_SURROGATES.test(a) || BEYOND_SURROGATES.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));",
    mutators: ["LogicalOperator"],
    reason: "where only one text has such a character, both orders are the same",
  },
  {
    file: "lambda/stores/key-rules.ts",
    line: "return a < b ? -1 : 1;",
    mutators: ["EqualityOperator"],
    reason: "equal texts have returned before",
  },
];
