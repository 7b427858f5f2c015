/** Where `query`, `ask` and `search` keep a columnar copy of the archive, if they do. */
import { readdirSync } from "node:fs";
import type { Command } from "commander";
import type { Session } from "./command.ts";
import type { ColumnarCopyPlace } from "./query/engine.ts";

export interface CopyUse {
  /** False: `--no-copy`. */
  readonly copy: boolean;
  readonly cache?: true;
}

export const withCopy = (command: Command): Command =>
  command
    .option("--no-copy", "ask the archive itself, and neither make nor read a columnar copy of it")
    .option("--cache", "keep a columnar copy of an archive in S3 on this machine, as is done for one in a folder");

/** Of an archive in S3 nothing is kept unless that is asked for: the copy is out of reach of what protects the bucket. */
export async function findCopyPlace(
  place: string,
  directory: string | null,
  { copy, cache }: CopyUse,
  session: Session,
): Promise<ColumnarCopyPlace | undefined> {
  if (!copy || (directory === null && cache !== true)) return undefined;
  const { openCopyFolder } = await import("./query/copy-folder.ts");
  const folder = await openCopyFolder(place, directory, session.environment);
  if (folder === null) return undefined;
  const isNew = readdirSync(folder).length === 0;
  let isTold = false;
  return {
    folder,
    onCopying() {
      session.progress.wait("Bringing the columnar copy up to date");
      if (isNew && !isTold) session.output.note(`${INTRODUCTION}\n  ${folder}`);
      isTold = true;
    },
    onFault(error) {
      const message = error instanceof Error ? error.message : String(error);
      session.output.note(`${reasonOf(message)}, so the answer comes from the archive itself.`);
    },
  };
}

const INTRODUCTION =
  "What this question needs of the archive is copied into columns, so that later ones are answered faster. The columnar copy holds\n" +
  "personal data, for you alone to read; `copy --drop` removes it, --no-copy does without it:";

const reasonOf = (message: string): string =>
  /ENOSPC|EDQUOT|No space left|Disk quota|exceeded/i.test(message)
    ? "The disk is too full for the columnar copy"
    : `The columnar copy cannot be used (${message.split("\n", 1)[0]})`;
