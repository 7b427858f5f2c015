import { Option } from "commander";
import { findWorkspaces } from "../../lambda/archive/inventory.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { readGid, readNewFile } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import { exportedLines } from "../export/exported-lines.ts";
import { createFileSink, type Sink } from "../export/file.ts";
import { openForReading } from "../open.ts";
import { type ReadOptions, readDays, readWindow, withArchive, withSomeWorkspaces, withWindow } from "../options.ts";
import { checkOutput, EXACT_HELP, OUTPUT_HELP } from "../print-answer.ts";
import { formatBytes, plural } from "../terminal.ts";

interface ExportOptions extends ReadOptions {
  readonly actor?: string;
  readonly eventType?: string;
  readonly resource?: string;
  readonly format: Format;
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
          "ndjson keeps the exact bytes; csv has columns, for programs: a spreadsheet rounds the last digits of long ids; " +
            "xlsx has the same columns, for people, ids as text",
        )
          .choices(Object.keys(WRITERS))
          .default("ndjson"),
      )
      .option("--exact", EXACT_HELP)
      .option("--output <file>", OUTPUT_HELP, readNewFile);
    return command;
  },
  async (options, session) => {
    checkOutput(options);
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
    let remark: string | null = null;
    let bytes = 0;
    const write = async (chunk: Buffer | string) => {
      bytes += Buffer.byteLength(chunk);
      await sink.write(chunk);
    };
    try {
      const writer = await WRITERS[options.format](options.exact === true);
      await write(writer.start);
      const codec = createStreamingCodec();
      for await (const lines of exportedLines({ archive, codec }, filter, session.signal)) {
        events += lines.length;
        await write(writer.lines(lines));
      }
      await write(await writer.end());
      remark = writer.remark?.() ?? null;
      if (events === 0) await explainNothing(directory ?? archive, options, session);
      await sink.finish();
    } catch (error) {
      await sink.discard();
      throw error;
    }
    session.output.summary({ events, bytes }, `${plural(events, "event")} exported (${formatBytes(bytes)})`);
    if (remark !== null) session.output.summary({ remark }, remark);
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

/** What an export writes before, for and after the lines. */
interface Writer {
  readonly start: string;
  lines(lines: readonly Buffer[]): Buffer | string;
  end(): Promise<Buffer | string>;
  /** What somebody should know of the result; null: nothing. */
  remark?(): string | null;
}

/** Each is loaded only where it is used. */
const WRITERS = {
  ndjson: async (): Promise<Writer> => ({
    start: "",
    lines: (lines) => Buffer.concat(lines.flatMap((line) => [line, LINE_FEED])),
    end: async () => "",
  }),
  csv: async (exact: boolean): Promise<Writer> => {
    const { csvHeader, csvRows } = await import("../export/csv.ts");
    return { start: csvHeader(), lines: (lines) => csvRows(lines, { exact }), end: async () => "" };
  },
  xlsx: async (): Promise<Writer> => {
    const [{ cellsOf, columnNames }, { createSheet, describeCut }] = await Promise.all([
      import("../export/csv.ts"),
      import("../xlsx.ts"),
    ]);
    const sheet = createSheet(columnNames);
    return {
      start: "",
      lines(lines) {
        for (const line of lines) sheet.add(cellsOf(line).map((cell) => (cell === null ? null : String(cell))));
        return "";
      },
      end: () => sheet.toBuffer(),
      remark: () => describeCut(sheet),
    };
  },
};

type Format = keyof typeof WRITERS;

const toOutput = ({ output }: Session): Sink => ({
  write: (chunk) => output.data(chunk),
  finish: async () => undefined,
  discard: async () => undefined,
});
