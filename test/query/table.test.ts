import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnswerColumn, AnswerValue, QueryAnswer } from "../../cli/query/answer.ts";
import { chooseFrom } from "../../cli/query/chosen-answer.ts";
import { type TextFormat, writeAnswer } from "../../cli/query/formats.ts";
import { widthOf } from "../../cli/terminal.ts";
import { tries } from "../tries.ts";

const text = (name: string): AnswerColumn => ({ name, type: "VARCHAR", isNumber: false });
const number = (name: string): AnswerColumn => ({ name, type: "BIGINT", isNumber: true });
const time = (name: string): AnswerColumn => ({ name, type: "TIMESTAMP_MS", isNumber: false });

type Rows = readonly (readonly AnswerValue[])[];
const answerOf = (columns: readonly AnswerColumn[], rows: Rows): QueryAnswer => ({
  columns,
  rowCount: rows.length,
  rows: (async function* () {
    yield rows;
  })(),
});

async function print(answer: QueryAnswer, format: TextFormat, width: number | null, of?: number): Promise<string> {
  let printed = "";
  const people = { width, heading: (line: string) => `<${line}>` };
  await writeAnswer(
    answer,
    format,
    (piece) => {
      printed += piece;
    },
    { people, ...(of !== undefined && { of }) },
  );
  return printed;
}

const at = { timestamp: "2026-05-01 09:00:00.120" };

describe("a table on a terminal", () => {
  it("is left as it is where it fits", async () => {
    const answer = answerOf([text("who"), number("n")], [["ann@example.com", 5n]]);
    expect(await print(answer, "table", 80)).toBe("<who              n>\nann@example.com  5\n(1 row)\n");
  });

  it("has its widest texts cut, and says how many values that were and how to see them", async () => {
    const answer = answerOf(
      [time("at"), text("who"), text("what"), number("n")],
      [
        [at, "a".repeat(30), "w".repeat(40), 1_234_567n],
        [at, "b".repeat(30), "short", 1n],
      ],
    );
    expect(await print(answer, "table", 80)).toMatchInlineSnapshot(`
      "<at                       who                     what                          n>
      2026-05-01 09:00:00.120  aaaaaaaaaaaaaaaaaaaaa…  wwwwwwwwwwwwwwwwwwwww…  1234567
      2026-05-01 09:00:00.120  bbbbbbbbbbbbbbbbbbbbb…  short                         1
      (2 rows)
      3 values cut.
      --format line shows everything.
      "
    `);
  });

  it("leaves out columns from the right where cutting is not enough, and says how many", async () => {
    const columns = ["a", "b", "c", "d", "e"].map(text);
    const answer = answerOf(columns, [["1", "2", "3", "4", "5"].map((digit) => digit.repeat(16))]);
    expect(await print(answer, "table", 60)).toMatchInlineSnapshot(`
      "<a                 b                 c                 …>
      1111111111111111  2222222222222222  3333333333333333  …
      (1 row)
      2 of 5 columns left out.
      --columns a,b chooses columns; --format line shows everything.
      "
    `);
  });

  it("never cuts a number or a time, nor an id of 16 digits", async () => {
    const answer = answerOf(
      [time("at"), text("gid"), text("line"), number("n")],
      [[at, "1201234567890123", "x".repeat(500), 170_141_183_460n]],
    );
    const printed = await print(answer, "table", 75);
    for (const whole of [at.timestamp, "1201234567890123", "170141183460"]) expect(printed).toContain(whole);
  });

  it("keeps to the width whatever its values are", async () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.constantFrom("名前".repeat(30), "👩‍👩‍👧🇩🇪🫠".repeat(20), "\u001b[31m\n\u0000", "e\u0301\u200b".repeat(100)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 120 }),
        fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
        async (width, rows) => {
          const printed = await print(answerOf(["a", "b", "c", "d"].map(text), rows), "table", width);
          const [...lines] = printed.split("\n");
          const [footer] = lines.splice(rows.length + 1);
          expect(footer).toMatch(/^\(\d rows?\)$/);
          for (const line of lines) expect(widthOf(line.replace(/^<|>$/g, ""))).toBeLessThanOrEqual(width);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may reach a terminal.
          expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
        },
      ),
      tries(100, 1),
    );
  });

  it("has the same columns all the way down", async () => {
    const columns = [text("a"), text("b")];
    const rows = Array.from({ length: 1_001 }, (_, index) => [index === 0 ? "x".repeat(16) : "x", "y".repeat(16)]);
    const printed = await print(answerOf(columns, rows), "table", 20);
    expect(printed.match(/^<.*>$/gm)).toEqual(["<a                 …>", "<a  …>"]);
    expect(printed).toContain("(1,001 rows)\n1 of 2 columns left out.\n");
  });
});

it("one column a line shows every value whole, control characters as escapes", async () => {
  const answer = answerOf([text("gid"), text("long one"), time("at")], [["1\u001b[2J\n", "x".repeat(200), null]]);
  expect(await print(answer, "line", 40)).toBe(
    `<     gid => 1\\u001b[2J\\n\n<long one => ${"x".repeat(200)}\n<      at =>\n\n(1 row)\n`,
  );
});

describe("a part of an answer", () => {
  const whole = () =>
    answerOf(
      [text("a"), text("b"), number("n")],
      [1n, 2n, 3n].map((n) => [`a${n}`, `b${n}`, n]),
    );

  it("has the columns that were asked for, in that order, and the first rows, and says of how many", async () => {
    const part = chooseFrom(whole(), { columns: ["n", "a"], limit: 2 });
    expect(await print(part, "table", 80, 3)).toBe("<n  a>\n1  a1\n2  a2\n(2 of 3 rows)\n");
    expect(await print(chooseFrom(whole(), { limit: 0 }), "table", 80, 3)).toBe("<a  b  n>\n(0 of 3 rows)\n");
    expect(await print(chooseFrom(whole(), { limit: 5 }), "csv", 80, 3)).toBe("a,b,n\na1,b1,1\na2,b2,2\na3,b3,3\n");
  });

  it("is refused where the answer has no such column, and the error names those that it has", () => {
    expect(() => chooseFrom(whole(), { columns: ["a", "c"] })).toThrow(
      expect.objectContaining({ message: 'The answer has no column "c".', advice: "Its columns: a, b, n." }),
    );
  });

  it.each([
    ["creatd_at", "created_at"],
    ["Created_At", "created_at"],
    ["email", "actor_email or resource_email"],
    ["event_types", "event_type"],
    ["the_event_type", "event_type"],
  ])("named %s, which it does not have, is answered with: did you mean %s", (name, meant) => {
    const answer = answerOf(["created_at", "event_type", "actor_email", "resource_email"].map(text), []);
    expect(() => chooseFrom(answer, { columns: [name] })).toThrow(
      expect.objectContaining({ advice: expect.stringMatching(`^Did you mean ${meant}\\? Its columns: created_at, `) }),
    );
  });
});
