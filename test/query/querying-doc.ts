/**
 * The parts of docs/querying.md that are made from the code: the columns, and each question with its SQL and what it
 * answers about the sample archive. `node test/query/querying-doc.ts` writes them into the page.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AnswerValue, QueryAnswer } from "../../cli/query/answer.ts";
import { openArchiveSql } from "../../cli/query/engine.ts";
import { writeAnswer } from "../../cli/query/formats.ts";
import { ask, loadQuestions, type Question } from "../../cli/query/questions.ts";
import { loadViews, type View } from "../../sql/views.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { readKnown } from "./known-events.ts";
import { makeSample, writeSample } from "./sample-archive.ts";
import { sampleValues } from "./sample-values.ts";

export const PAGE = join(import.meta.dirname, "../../docs/querying.md");

/** The page with its made parts made anew. */
export async function renderPage(page: string): Promise<string> {
  const parts = { columns: loadViews().map(describeView).join("\n\n"), questions: await describeQuestions() };
  return Object.entries(parts).reduce((text, [name, part]) => {
    const marks = new RegExp(`(<!-- ${name}: [^\\n]* -->\\n)[^]*?(\\n<!-- /${name} -->)`);
    if (!marks.test(text)) throw new Error(`the page has no place for ${name}`);
    return text.replace(marks, (_, before: string, after: string) => `${before}\n${part}\n${after}`);
  }, page);
}

function describeView(view: View): string {
  const head = `### \`${view.name}\`\n\n${view.meaning}\n`;
  if (view.name === "events") return `${head}\nThe columns of \`events_all\` but \`copy\`.`;
  const rows = view.columns.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${meaning} |`);
  return `${head}\n| column | type | meaning |\n| --- | --- | --- |\n${rows.join("\n")}`;
}

async function describeQuestions(): Promise<string> {
  const sample = makeSample();
  const known = sample.map(readKnown);
  const archive = createMemoryArchive();
  await writeSample(archive, sample);
  const sql = await openArchiveSql({ archive });
  const parts: string[] = [];
  let topic = "";
  for (const question of loadQuestions()) {
    if (question.topic !== topic) parts.push(`### ${question.topic}`);
    topic = question.topic;
    const values = sampleValues(question, known);
    parts.push(describeQuestion(question, values, await printBriefly(await ask(sql, question, values))));
  }
  await sql.close();
  return parts.join("\n\n");
}

function describeQuestion(question: Question, values: Readonly<Record<string, string>>, output: string): string {
  const flags = question.parameters
    .filter(
      ({ name, default: preset }) => preset === null || (preset !== `'${values[name]}'` && preset !== values[name]),
    )
    .map(
      ({ name, type }) =>
        `--${name.replaceAll("_", "-")} ${type === "instant" ? asInstant(values[name]!) : quoteWord(values[name]!)}`,
    );
  const command = `asana-audit-archive ask ${[question.name, ...flags].join(" ")} --archive ./archive`;
  const parameters = question.parameters.map(
    ({ name, default: preset, meaning }) => `\`${name}\`: ${meaning}${preset === null ? "" : ` (${preset})`}`,
  );
  return [
    `#### ${question.name}`,
    question.sentence,
    `Parameters: ${parameters.join("; ")}.`,
    `\`\`\`sql\n${question.sql}\n\`\`\``,
    `\`\`\`text\n$ ${command}\n${output.trimEnd()}\n\`\`\``,
  ].join("\n\n");
}

/** As one types it. */
const asInstant = (bound: string): string => `${bound.replace(" ", "T")}Z`;
const quoteWord = (text: string): string => (/^[\w@.:-]+$/.test(text) ? text : `"${text}"`);

const SHOWN_ROWS = 4;
const SHOWN_CHARACTERS = 36;

/** The first rows, long values cut. */
async function printBriefly(answer: QueryAnswer): Promise<string> {
  const rows: (readonly AnswerValue[])[] = [];
  for await (const piece of answer.rows) rows.push(...piece.map((row) => row.map(cut)));
  const shown = rows.slice(0, SHOWN_ROWS);
  let text = "";
  const brief: QueryAnswer = {
    columns: answer.columns,
    rows: (async function* () {
      yield shown;
    })(),
  };
  await writeAnswer(brief, "table", (piece) => {
    text += piece;
  });
  return text.replace(
    /\([\d,]+ rows?\)\n$/,
    `(${rows.length.toLocaleString("en-US")} ${rows.length === 1 ? "row" : "rows"}${rows.length > shown.length ? `, ${shown.length} shown` : ""})\n`,
  );
}

const cut = (value: AnswerValue): AnswerValue =>
  typeof value === "string" && value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS - 1)}…` : value;

if (import.meta.main) await writeFile(PAGE, await renderPage(await readFile(PAGE, "utf8")));
