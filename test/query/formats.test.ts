import { expect, it } from "vitest";
import type { AnswerValue, QueryAnswer } from "../../cli/query/answer.ts";
import { openArchiveSql } from "../../cli/query/engine.ts";
import { type TextFormat, writeAnswer } from "../../cli/query/formats.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";

const COLUMNS = [
  { name: "gid", type: "VARCHAR", isNumber: false },
  { name: "n", type: "BIGINT", isNumber: true },
  { name: "at", type: "TIMESTAMP_MS", isNumber: false },
];
const answerOf = (...rows: (readonly AnswerValue[])[]): QueryAnswer => ({
  columns: COLUMNS,
  rowCount: rows.length,
  rows: (async function* () {
    for (const row of rows) yield [row];
  })(),
});
const at = { timestamp: "2026-05-01 09:00:00.120" };

async function print(answer: QueryAnswer, format: TextFormat): Promise<string> {
  let text = "";
  await writeAnswer(answer, format, (piece) => {
    text += piece;
  });
  return text;
}

it("a table is aligned, numbers to the right, and ends with the number of rows", async () => {
  expect(await print(answerOf(["1", 5n, at], ["long one", 12_345n, null]), "table")).toMatchInlineSnapshot(`
    "gid           n  at
    1             5  2026-05-01 09:00:00.120
    long one  12345
    (2 rows)
    "
  `);
  expect(await print(answerOf(), "table")).toBe("gid  n  at\n(no rows)\n");
});

it("a table shows control characters as escapes, and cuts long values", async () => {
  const text = await print(
    answerOf(["a\u001b[31m\nb\u202e\u0000\u009b", 1n, null], ["é".repeat(100), 2n, null]),
    "table",
  );
  expect(text).toContain("a\\u001b[31m\\nb\\u202e\\u0000\\u009b");
  expect(text).toContain(`${"é".repeat(79)}…`);
  expect(text).toContain("(2 rows)\n1 value cut.\n--format line shows everything.\n");
});

it("CSV quotes what needs it, and tells an empty text from null", async () => {
  expect(await print(answerOf(['a,"b"\nc', 1n, at], ["", null, null], ["=1+1", 2n, null]), "csv")).toBe(
    'gid,n,at\n"a,""b""\nc",1,2026-05-01 09:00:00.120\n"",,\n\'=1+1,2,\n',
  );
});

it("JSON is one array, NDJSON one object a line; no digit is lost, and timestamps are ISO", async () => {
  const rows = [
    ['"\u2028', 9_007_199_254_740_993n, at],
    [null, -1n, null],
  ] as const;
  expect(JSON.parse(await print(answerOf(...rows), "json"))).toHaveLength(2);
  expect(await print(answerOf(...rows), "ndjson")).toBe(
    '{"gid":"\\"\u2028","n":9007199254740993,"at":"2026-05-01T09:00:00.120Z"}\n{"gid":null,"n":-1,"at":null}\n',
  );
  expect(await print(answerOf(), "json")).toBe("[]\n");
  expect(await print(answerOf(), "ndjson")).toBe("");
});

it("every type that SQL can give has a text", async () => {
  const sql = await openArchiveSql({ archive: createMemoryArchive() });
  const text = `SELECT 170141183460469231731687303715884105727 AS huge, 1.50 AS dec, 0.1::DOUBLE AS dbl, 'nan'::DOUBLE AS nan, true AS b,
    DATE '2026-05-01' AS d, TIME '09:00:00' AS t, TIMESTAMP '2026-05-01 09:00:00.123456' AS us, TIMESTAMPTZ '2026-05-01 09:00:00+02' AS tz,
    INTERVAL 1 DAY AS i, [1, NULL] AS l, {'a': 'x', 'at': TIMESTAMP '2026-05-01 09:00:00'} AS s, MAP {'k': 1} AS m, 'ab'::BLOB AS bl, uuid() IS NULL AS u`;
  expect(await print(await sql.query(text), "ndjson")).toBe(
    '{"huge":170141183460469231731687303715884105727,"dec":"1.50","dbl":0.1,"nan":null,"b":true,"d":"2026-05-01","t":"09:00:00",' +
      '"us":"2026-05-01T09:00:00.123456Z","tz":"2026-05-01T07:00:00.000Z","i":"1 day","l":[1,null],' +
      '"s":{"a":"x","at":"2026-05-01T09:00:00.000Z"},"m":"{\'k\': 1}","bl":"ab","u":false}\n',
  );
  await sql.close();
});
