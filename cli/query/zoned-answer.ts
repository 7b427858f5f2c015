/** An answer whose points in time are those of a time zone, each with its offset. */
import { formatIn, UTC } from "../time-zone.ts";
import { type AnswerValue, isTimestampValue, type QueryAnswer } from "./answer.ts";

export const inZone = (answer: QueryAnswer, zone: string): QueryAnswer =>
  zone === UTC ? answer : { ...answer, rows: zonedRows(answer, zone) };

async function* zonedRows({ rows }: QueryAnswer, zone: string) {
  for await (const piece of rows) yield piece.map((row) => row.map((value) => zoned(value, zone)));
}

function zoned(value: AnswerValue, zone: string): AnswerValue {
  if (isTimestampValue(value)) return { timestamp: zonedText(value.timestamp, zone) };
  if (Array.isArray(value)) return value.map((item) => zoned(item, zone));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, zoned(item, zone)]));
}

/** What has no date, such as infinity, stays as it is; a fraction keeps its digits. */
function zonedText(text: string, zone: string): string {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)$/.exec(text);
  if (match === null) return text;
  const wall = formatIn(zone, Date.parse(`${match[1]}T${match[2]}Z`));
  return wall.slice(0, 19) + match[3] + wall.slice(19);
}
