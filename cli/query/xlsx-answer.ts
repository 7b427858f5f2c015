/** An answer as a sheet: numbers as numbers, and all else as text, times in ISO form. */
import type { CsvCell } from "../csv.ts";
import { createSheet, type Sheet } from "../xlsx.ts";
import {
  type AnswerColumn,
  type AnswerValue,
  isoText,
  isTimestampValue,
  type QueryAnswer,
  valueText,
} from "./answer.ts";

export async function answerAsSheet({ columns, rowCount, rows }: QueryAnswer): Promise<Sheet> {
  const sheet = createSheet(
    columns.map(({ name }) => name),
    rowCount,
  );
  for await (const piece of rows) {
    for (const row of piece) sheet.add(row.map((value, index) => toCell(value, columns[index]!)));
  }
  return sheet;
}

function toCell(value: AnswerValue, { isNumber }: AnswerColumn): CsvCell {
  if (value === null || typeof value === "boolean") return value;
  if (isTimestampValue(value)) return isoText(value);
  if (typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value))) {
    return isNumber ? value : String(value);
  }
  return valueText(value);
}
