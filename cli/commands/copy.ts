import { rmSync } from "node:fs";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, type ExitCode, misused } from "../exit.ts";
import { openForReading } from "../open.ts";
import { withArchiveAlone } from "../options.ts";
import type { ColumnarCopy } from "../query/columnar-copy.ts";
import { formatBytes, formatCount, plural } from "../terminal.ts";

interface CopyOptions {
  readonly archive: string;
  readonly verify?: true;
  readonly drop?: true;
}

export const copyCommand = defineCommand<CopyOptions>(
  (command) =>
    withArchiveAlone(command)
      .option("--verify", "read every segment that it holds again, and compare all columns of all events")
      .option("--drop", "remove it")
      .addHelpText(
        "after",
        "\nThe columnar copy makes questions faster. query, ask and search make it of what\n" +
          "they need, and bring it up to date each time; of an archive in S3 they make one\n" +
          "only with --cache. It can be removed at any time.",
      ),
  async ({ archive: place, verify, drop }, session) => {
    if (verify && drop) throw misused("--verify and --drop exclude each other.", "Give only one of them.");
    const { archive, directory } = await openForReading({ archive: place });
    const { openCopyFolder } = await import("../query/copy-folder.ts");
    const folder = await openCopyFolder(place, directory, session.environment);
    if (folder === null) {
      throw misused(
        "There is no place for a columnar copy: others could write to it.",
        "Set XDG_CACHE_HOME to a folder of your own.",
      );
    }
    if (drop) {
      rmSync(folder, { recursive: true });
      session.output.record({ dropped: folder });
      session.output.say(`Removed ${folder}`);
      return EXIT.done;
    }
    const { openArchiveSql } = await import("../query/engine.ts");
    const nothing = () => undefined;
    const database = await openArchiveSql({
      archive: directory ?? archive,
      signal: session.signal,
      copy: { folder, onCopying: nothing, onFault: nothing },
    });
    try {
      const copy = database.columnarCopy!;
      return verify ? await compare(copy, session) : show(copy, folder, session);
    } finally {
      await database.close();
    }
  },
);

function show(copy: ColumnarCopy, folder: string, { output }: Session): ExitCode {
  const months = copy.months();
  const sum = (of: (month: (typeof months)[number]) => number) => months.reduce((all, month) => all + of(month), 0);
  const held = {
    folder,
    months: months.length,
    segments: sum(({ segments }) => segments),
    events: sum(({ events }) => events),
    sizeBytes: sum(({ sizeBytes }) => sizeBytes),
  };
  output.record(held);
  output.say(
    months.length === 0
      ? `There is no columnar copy of this archive yet. It would be made in ${folder}`
      : `${plural(held.events, "event")} of ${plural(held.segments, "segment")} in ${plural(held.months, "month")}, ` +
          `${formatBytes(held.sizeBytes)}, in ${folder}`,
  );
  return EXIT.done;
}

async function compare(copy: ColumnarCopy, { output, progress }: Session): Promise<ExitCode> {
  progress.wait("Comparing the columnar copy with the archive");
  let events = 0;
  let differing = 0;
  for await (const { workspace, month, archive, copy: copied } of copy.compare()) {
    const isSame = archive.events === copied.events && archive.sum === copied.sum;
    events += copied.events;
    if (isSame) continue;
    differing += 1;
    output.record({ workspace, month, same: false, archive, copy: copied });
    output.say(
      `Workspace ${workspace}, ${month}: the copy differs from the archive. It has ${plural(copied.events, "event")}, the archive ${formatCount(archive.events)}.`,
    );
  }
  output.record({ same: differing === 0, events, differing });
  output.say(
    differing === 0
      ? `The columnar copy holds what the archive holds: ${plural(events, "event")}, compared in all columns.`
      : "Remove it with `copy --drop`; the next question makes it again. The archive is not affected.",
  );
  return differing === 0 ? EXIT.done : EXIT.checkFailed;
}
