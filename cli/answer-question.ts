/** A question by name, asked of an archive: what `ask` and `search` have in common. */
import type { Question } from "../sql/questions.ts";
import type { Session } from "./command.ts";
import { findCopyPlace } from "./copy-place.ts";
import { openForReading, type PlaceOptions } from "./open.ts";
import type { AnswerOptions, PrintedHead } from "./print-answer.ts";
import type { ArchiveSql } from "./query/engine.ts";
import type { DayWindow } from "./query/held-days.ts";
import { UTC } from "./time-zone.ts";

type Values = Readonly<Record<string, string>>;

/** What can be printed once everything that was given is known to mean something. */
export interface ReadyQuestion {
  readonly database: ArchiveSql;
  readonly values: Values;
  readonly head: PrintedHead;
}

export async function askArchive(
  question: Question,
  given: Values,
  options: AnswerOptions & PlaceOptions,
  session: Session,
  print: (ready: ReadyQuestion) => Promise<void>,
): Promise<void> {
  session.progress.wait("Reading the archive");
  const { archive, directory } = await openForReading({ archive: options.archive });
  const { openArchiveSql } = await import("./query/engine.ts");
  const copy = await findCopyPlace(options.archive, directory, options, session);
  const database = await openArchiveSql({
    archive: directory ?? archive,
    signal: session.signal,
    ...(copy !== undefined && { copy }),
    ...(options.memory !== undefined && { memoryBytes: options.memory }),
  });
  try {
    const { heldRange } = await import("./query/held-days.ts");
    const { answerHead, daysOf, describeHead } = await import("./query/answer-head.ts");
    const { daysTouched, endsWithArchive, readValues, windowOf } = await import("./query/questions.ts");
    const timeZone = options.tz ?? UTC;
    const range = heldRange(daysOf(given["workspace"], database.days)) ?? NOTHING;
    const values = readValues(question, given, range, timeZone);
    const countedFrom = endsWithArchive(question, given) ? range.last : null;
    const head = answerHead(question, values, database.days, { countedFrom, timeZone });
    const window = windowOf(values);
    await checkGiven(database, question, given, values, window && daysTouched(window));
    await print({ database, values, head: { value: head, text: describeHead(question, head) } });
  } finally {
    await database.close();
  }
}

/** The range of an archive without a readable event: before its first day there was no audit log. */
const NOTHING = { first: "2021-10-08", last: "2021-10-08" };

/** What was given must mean something in the archive; a default may mean nothing. */
async function checkGiven(
  database: ArchiveSql,
  { parameters }: Question,
  given: Values,
  values: Values,
  window: DayWindow | null,
): Promise<void> {
  const { checkHeld } = await import("./query/held-values.ts");
  for (const { name, type } of parameters) {
    if ((given[name] ?? "") === "") continue;
    if (type === "day" || type === "instant" || type === "count" || type === "text" || type === "workspace") continue;
    await checkHeld(database, type, values[name]!, window);
  }
}
