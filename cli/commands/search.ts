import { askArchive } from "../answer-question.ts";
import { readGid } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import type { PlaceOptions } from "../open.ts";
import { withArchive, withQuestionWindow } from "../options.ts";
import { type AnswerOptions, printAnswer, withAnswerFormat } from "../print-answer.ts";
import { questionNamed } from "../question-help.ts";

interface SearchOptions extends PlaceOptions, AnswerOptions {
  readonly workspace?: string;
  readonly since?: string;
  readonly until?: string;
}

/** The question `search`, whose text needs no flag. */
export const searchCommand = defineCommand<SearchOptions>(
  (command) =>
    withAnswerFormat(
      withQuestionWindow(
        withArchive(command)
          .argument("[text]", "a part of a name, title, e-mail or IP address, or id, in upper or lower case")
          .option("--workspace <gid>", "only this workspace", readGid),
      ),
    ).addHelpText(
      "after",
      "\nThe column found_in names the fields in which the text stands. No character of it has a special meaning.\n" +
        "Without a window, every day that the archive holds is searched; with one, the files of its days alone. Events without\n" +
        "a readable time stand in the odd day, which --since 2021-10-07 includes.\n" +
        "  asana-audit-archive search 203.0.113.7 --archive ./archive --since 30d",
    ),
  async (options, session, text = "") => {
    if (text === "")
      throw misused("There is no text to search for.", "Give it as an argument, in quotes if it has spaces.");
    const { toDuckDb } = await import("../query/questions.ts");
    const question = questionNamed("search");
    const { workspace, since, until } = options;
    const all = { text, workspace, since, until };
    const given = Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    await askArchive(question, given, options, session, ({ database, values, head }) =>
      printAnswer(database, { sql: toDuckDb(question), parameters: values }, options, session, head),
    );
    return EXIT.done;
  },
);
