import { text } from "node:stream/consumers";
import { Option } from "commander";
import { readGid } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import { openForReading, type PlaceOptions } from "../open.ts";
import { withArchive } from "../options.ts";
import { plural } from "../terminal.ts";

const FORMATS = ["table", "csv", "json", "ndjson"] as const;

interface Options extends PlaceOptions {
  readonly workspace?: string;
  readonly format?: (typeof FORMATS)[number];
  readonly parquet?: string;
}

export const queryCommand = defineCommand<Options>(
  "query",
  "ask the archive in SQL",
  (command) =>
    withArchive(command)
      .argument("[sql]", "one SELECT (default: from standard input)")
      .option("--workspace <gid>", "as if the archive held this workspace alone", readGid)
      .addOption(
        new Option("--format <format>", "how rows are printed (default: table; json with --json)").choices(FORMATS),
      )
      .option("--parquet <file>", "write the rows into a Parquet file instead")
      .addHelpText(
        "after",
        "\nViews: events (each event once, in typed columns, with `line` as received), events_all, days, people, doubled;\n" +
          "DESCRIBE events lists the columns. A condition on dt (the UTC day) keeps the query to the files of those days:\n" +
          "  asana-audit-archive query --archive ./archive \\\n" +
          "    \"SELECT event_type, count(*) FROM events WHERE dt >= '2026-05-01' GROUP BY 1 ORDER BY 2 DESC\"",
      ),
  async (options, session, argument) => {
    const { json, output, signal } = session;
    const { archive, directory } = await openForReading(options);
    const sql = argument ?? (await readStandardInput());
    const [{ openArchiveSql }, { writeAnswer }] = await Promise.all([
      import("../query/engine.ts"),
      import("../query/formats.ts"),
    ]);
    const { workspace } = options;
    const database = await openArchiveSql({
      archive: directory ?? archive,
      signal,
      ...(workspace !== undefined && { workspace }),
    });
    try {
      if (options.parquet !== undefined) {
        const rows = await database.saveParquet(sql, [], options.parquet);
        output.summary({ rows }, `${plural(rows, "row")} written to ${options.parquet}`);
      } else {
        const format = options.format ?? (json ? "json" : "table");
        await writeAnswer(await database.query(sql), format, (chunk) => output.data(chunk));
      }
    } finally {
      await database.close();
    }
    return EXIT.done;
  },
);

async function readStandardInput(): Promise<string> {
  if (process.stdin.isTTY) throw misused("There is no SQL.", "Give one SELECT in quotes, or on standard input.");
  return await text(process.stdin);
}
