import { text } from "node:stream/consumers";
import { readGid } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import { openForReading, type PlaceOptions } from "../open.ts";
import { withArchive } from "../options.ts";
import { type AnswerOptions, printAnswer, withAnswerFormat } from "../print-answer.ts";

interface QueryOptions extends PlaceOptions, AnswerOptions {
  readonly workspace?: string;
}

export const queryCommand = defineCommand<QueryOptions>(
  (command) =>
    withAnswerFormat(
      withArchive(command)
        .argument("[sql]", "one SELECT statement (default: read from standard input)")
        .option("--workspace <gid>", "only this workspace", readGid),
    ).addHelpText(
      "after",
      "\nViews: events (each event once, in typed columns, with `line` as received), events_all, days, people, doubled,\n" +
        "events_ocsf (each event as OCSF 1.8.0) and ocsf_types.\n" +
        "DESCRIBE events lists the columns. A condition on dt (the UTC day) limits the query to the files of those days:\n" +
        "  asana-audit-archive query --archive ./archive \\\n" +
        "    \"SELECT event_type, count(*) FROM events WHERE dt >= '2026-05-01' GROUP BY 1 ORDER BY 2 DESC\"",
    ),
  async (options, session, argument) => {
    const { archive, directory } = await openForReading(options);
    const sql = argument ?? (await readStandardInput());
    session.progress.wait("Reading the archive");
    const { openArchiveSql } = await import("../query/engine.ts");
    const { workspace } = options;
    const database = await openArchiveSql({
      archive: directory ?? archive,
      signal: session.signal,
      ...(workspace !== undefined && { workspace }),
      ...(options.memory !== undefined && { memoryBytes: options.memory }),
    });
    try {
      if (workspace !== undefined && database.days.length === 0) {
        throw misused(`The archive holds no workspace ${workspace}.`, "Choose another one; status lists them.");
      }
      await printAnswer(database, { sql, parameters: [] }, options, session);
    } finally {
      await database.close();
    }
    return EXIT.done;
  },
);

async function readStandardInput(): Promise<string> {
  if (process.stdin.isTTY) throw misused("No SQL was given.", "Give one SELECT in quotes or on standard input.");
  return await text(process.stdin);
}
