/** A part of an answer: some of its columns, and its first rows. */
import { misused } from "../exit.ts";
import { didYouMean, suggest } from "../suggest.ts";
import type { AnswerValue, QueryAnswer } from "./answer.ts";

export interface Choice {
  /** All where left out. */
  readonly columns?: readonly string[];
  /** The most rows; all where left out. */
  readonly limit?: number;
}

/** Throws ArchiverError `misconfigured` for a column that the answer does not have. */
export function chooseFrom(answer: QueryAnswer, { columns: names, limit }: Choice): QueryAnswer {
  const all = answer.columns.map(({ name }) => name);
  const indices = (names ?? all).map((name) => {
    const index = all.indexOf(name);
    if (index >= 0) return index;
    const meant = didYouMean(columnsLike(name, all));
    throw misused(
      `The answer has no column ${JSON.stringify(name)}.`,
      `${meant === null ? "" : `${meant} `}Its columns: ${all.join(", ")}.`,
    );
  });
  const rowCount = Math.min(answer.rowCount, limit ?? answer.rowCount);
  return {
    columns: indices.map((index) => answer.columns[index]!),
    rowCount,
    rows: chosenRows(answer, indices, rowCount),
  };
}

/** By spelling, else those that have the name as a part, or are a part of it. */
function columnsLike(name: string, all: readonly string[]): string[] {
  if (name.length < MIN_PART) return [];
  const near = suggest(name, all);
  if (near.length > 0) return near;
  const plain = name.toLowerCase();
  return all
    .filter((other) => other.includes(plain) || (other.length >= MIN_PART && plain.includes(other)))
    .slice(0, 3);
}

/** Shorter words are near too many others. */
const MIN_PART = 3;

async function* chosenRows({ rows }: QueryAnswer, indices: readonly number[], count: number) {
  let left = count;
  if (left === 0) return;
  for await (const piece of rows) {
    const some = piece.slice(0, left).map((row) => indices.map((index): AnswerValue => row[index] ?? null));
    left -= some.length;
    yield some;
    if (left === 0) return;
  }
}
