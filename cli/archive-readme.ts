/** The file that tells whoever finds the folder, in ten years perhaps, what it is. */
import { link } from "node:fs/promises";
import { join } from "node:path";
import type { ArchiveStore } from "../lambda/ports.ts";
import { createDrafts } from "../lambda/stores/drafts.ts";
import { makeFolder, syncFolder } from "../lambda/stores/durable-file.ts";
import { fileError, fileErrorCode } from "../lambda/stores/file-errors.ts";

export const README_NAME = "README.txt";

const TEXT = `This folder is an archive of Asana's audit log. It was made by
asana-audit-archive, and it holds every event as Asana sent it.

DO NOT EDIT, RENAME OR DELETE ANYTHING BELOW events/, coverage/, seals/,
stamps/ AND keys/. Each file there is written once and never again, and
most name the one before: a change of a single byte is found, and looks
like tampering. Copying the whole
folder somewhere else is fine.

What is here

  events/workspace=<gid>/dt=<UTC day>/<number>.ndjson.gz
              the events: one folder for each day, one event per line
  coverage/   when each day was looked at again, and what was found
  seals/      signed statements of what each day holds, if it is sealed;
  stamps/     time stamps of these, and
  keys/       the public keys that signed them
  checkpoint/ how far the archiver has read; without it, it reads again
              what Asana still shows (it may be kept somewhere else)
  .incoming/  files that are being written

How to read it

  Everything that reads gzip and JSON reads it, without any other tool:

    gzip -dc events/workspace=*/dt=2026-05-01/*.ndjson.gz

  Every line is one event in JSON, in UTF-8, byte for byte as received.
  The day 2021-10-07 holds events of which the time could not be read.
  With asana-audit-archive, for tables, SQL and questions by name:

    asana-audit-archive ask --archive <this folder>
    asana-audit-archive query --archive <this folder> "SELECT ..."

How to check it

    asana-audit-archive verify --archive <this folder>

  It says whether every file is as it was written and none is missing.
  If there are seals: with --key and the public key, from somebody who
  vouches for it, also whether whole days were taken away.

The events name people: treat this folder like other personal data.
This file may be deleted; nothing reads it.
`;

/**
 * An archive of which the first segment comes with the file. It is created only if its name is free, and before the
 * segment, so that a crash between the two leaves a folder that the next run takes for a new archive.
 */
export function withReadme(archive: ArchiveStore, folder: string): ArchiveStore {
  let isWritten = false;
  return {
    ...archive,
    create: async (key, bytes) => {
      if (!isWritten) await writeReadme(folder);
      isWritten = true;
      return await archive.create(key, bytes);
    },
  };
}

async function writeReadme(folder: string): Promise<void> {
  const path = join(folder, README_NAME);
  try {
    await makeFolder(folder);
    await createDrafts(join(folder, ".incoming")).with(Buffer.from(TEXT), (draft) => link(draft, path));
    await syncFolder(folder);
  } catch (error) {
    if (fileErrorCode(error) !== "EEXIST") throw fileError(error, path);
  }
}
