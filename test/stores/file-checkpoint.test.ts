import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";
import { checkpointContract } from "./checkpoint-contract.ts";

checkpointContract("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
  const path = join(folder, "checkpoint.json");
  return {
    store: createFileCheckpoint(path),
    another: () => createFileCheckpoint(path),
    close: () => rm(folder, { recursive: true }),
  };
});
