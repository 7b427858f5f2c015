import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { archiveContract } from "./archive-contract.ts";

archiveContract("directory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "archive-"));
  return {
    store: createDirectoryArchive(folder),
    another: () => createDirectoryArchive(folder),
    close: () => rm(folder, { recursive: true }),
  };
});
