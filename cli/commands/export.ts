import { Option } from "commander";
import { findWorkspaces } from "../../lambda/archive/inventory.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { readGid } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import { exportedLines } from "../export/exported-lines.ts";
import { createFileSink, type Sink } from "../export/file.ts";
import { openForReading } from "../open.ts";
import { type ReadOptions, readDays, readWindow, withArchive, withSomeWorkspaces, withWindow } from "../options.ts";
import { EXACT_HELP } from "../print-answer.ts";
import { formatBytes, plural } from "../terminal.ts";

interface ExportOptions extends ReadOptions {
  readonly actor?: string;
  readonly eventType?: string;
  readonly resource?: string;
  readonly format: "ndjson" | "csv";
  readonly output?: string;
  readonly exact?: true;
}

export const exportCommand = defineCommand<ExportOptions>(
  (command) => {
    withWindow(withSomeWorkspaces(withArchive(command)), "events")
      .option("--actor <who>", "only events by this actor: a gid or an email address")
      .option("--event-type <type>", "only events of this type")
      .option("--resource <gid>", "only events on this resource", readGid)
      .addOption(
        new Option(
          "--format <format>",
          "ndjson keeps the exact bytes; csv has columns, of whose long ids a spreadsheet rounds the last digits",
        )
          .choices(["ndjson", "csv"])
          .default("ndjson"),
      )
      .option("--exact", EXACT_HELP)
      .option("--output <file>", "write to a new file instead of standard output");
    return command;
  },
  async (options, session) => {
    const { archive, directory } = await openForReading(options);
    await checkWorkspaces(archive, options.workspace);
    const { actor, eventType, resource, workspace } = options;
    const filter = {
      ...(readWindow(options, session.clock) ?? { startAt: null, endAt: null }),
      ...(workspace !== undefined && { workspaces: workspace }),
      ...(actor !== undefined && { actor }),
      ...(eventType !== undefined && { eventType }),
      ...(resource !== undefined && { resource }),
    };
    const sink = options.output === undefined ? toOutput(session) : await createFileSink(options.output);
    let events = 0;
    let bytes = 0;
    const write = async (chunk: Buffer | string) => {
      bytes += Buffer.byteLength(chunk);
      await sink.write(chunk);
    };
    try {
      const csv = options.format === "csv" ? await import("../export/csv.ts") : null;
      if (csv !== null) await write(csv.csvHeader());
      const codec = createStreamingCodec();
      for await (const lines of exportedLines({ archive, codec }, filter, session.signal)) {
        events += lines.length;
        await write(
          csv === null
            ? Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]))
            : csv.csvRows(lines, { exact: options.exact === true }),
        );
      }
      if (events === 0) await explainNothing(directory ?? archive, options, session);
      await sink.finish();
    } catch (error) {
      await sink.discard();
      throw error;
    }
    session.output.summary({ events, bytes }, `${plural(events, "event")} exported (${formatBytes(bytes)})`);
    return EXIT.done;
  },
);

async function checkWorkspaces(archive: ArchiveStore, asked: readonly string[] = []): Promise<void> {
  if (asked.length === 0) return;
  const held = await findWorkspaces(archive);
  const unknown = asked.find((workspace) => !held.includes(workspace));
  if (unknown === undefined) return;
  throw misused(`The archive holds no workspace ${unknown}.`, `It holds ${held.join(", ")}.`);
}

/** Nothing was found: throws where that is because nothing could be, so that no mistake passes for an answer. */
async function explainNothing(archive: string | ArchiveStore, options: ExportOptions, session: Session): Promise<void> {
  const [{ openArchiveSql }, { checkHeld }, { checkHolds, heldDays }] = await Promise.all([
    import("../query/engine.ts"),
    import("../query/held-values.ts"),
    import("../query/held-days.ts"),
  ]);
  const sql = await openArchiveSql({ archive, signal: session.signal });
  try {
    if (options.since !== undefined || options.until !== undefined) {
      const days = sql.days.filter(({ workspace }) => options.workspace?.includes(workspace) ?? true);
      checkHolds(heldDays(days, readDays(options, session.clock)), "this window");
    }
    const { actor, eventType, resource } = options;
    if (actor !== undefined) await checkHeld(sql, "person", actor, null);
    if (eventType !== undefined) await checkHeld(sql, "event_type", eventType, null);
    if (resource !== undefined) await checkHeld(sql, "resource", resource, null);
  } finally {
    await sql.close();
  }
}

const LINE_FEED = Buffer.from("\n");

const toOutput = ({ output }: Session): Sink => ({
  write: (chunk) => output.data(chunk),
  finish: async () => undefined,
  discard: async () => undefined,
});
