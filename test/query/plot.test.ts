import { expect, it } from "vitest";
import type { AnswerColumn, AnswerValue, QueryAnswer } from "../../cli/query/answer.ts";
import { plotAnswer } from "../../cli/query/plot.ts";

const DT: AnswerColumn = { name: "dt", type: "VARCHAR", isNumber: false };
const AT: AnswerColumn = { name: "created_at", type: "TIMESTAMP_MS", isNumber: false };
const COUNT: AnswerColumn = { name: "events", type: "BIGINT", isNumber: true };
const answerOf = (columns: readonly AnswerColumn[], ...rows: (readonly AnswerValue[])[]): QueryAnswer => ({
  columns,
  rowCount: rows.length,
  rows: (async function* () {
    yield rows;
  })(),
});
const at = (text: string) => ({ timestamp: `${text}.000` });

it("counts are bars, days without any are there, and several rows of a day are added up", async () => {
  const answer = answerOf(
    [DT, COUNT],
    ["2026-05-01", 8n],
    ["2026-05-04", 1n],
    ["2026-05-01", 8n],
    ["2026-05-03", 1_000n],
    [null, 5n],
  );
  expect(await plotAnswer(answer, 32)).toMatchInlineSnapshot(`
    "2026-05-01     16  ▏
    2026-05-02      0
    2026-05-03  1,000  ██████████
    2026-05-04      1
    "
  `);
});

it("without a number it is the rows that count, by the hour where that is not too many", async () => {
  const answer = answerOf([AT], [at("2026-05-01 22:10:00")], [at("2026-05-01 22:50:00")], [at("2026-05-02 00:00:00")]);
  expect(await plotAnswer(answer, 40)).toMatchInlineSnapshot(`
    "2026-05-01 22:00  2  ███████████████████
    2026-05-01 23:00  0
    2026-05-02 00:00  1  █████████▌
    "
  `);
});

it("years are bars by the month", async () => {
  const answer = answerOf([DT, COUNT], ["2025-12-31", 1n], ["2026-02-01", 2n], ["2026-02-02", 2n], ["2026-06-01", 1n]);
  expect((await plotAnswer(answer, 40)).match(/^\d{4}-\d\d {2}/gm)).toHaveLength(7);
});

it("nothing is said to be nothing, and what has no time is refused", async () => {
  expect(await plotAnswer(answerOf([DT]), 40)).toBe("(no rows)\n");
  await expect(plotAnswer(answerOf([COUNT], [1n]), 40)).rejects.toMatchObject({ kind: "misconfigured" });
});
