/**
 * A process of its own, for tests of what two of them do to one folder, and of what one leaves that is killed:
 *
 * - `create FOLDER NAME`: creates numbered objects until it is killed; each body is whole only with its last byte.
 * - `count PATH TIMES`: raises `blankRuns` of workspace 1 by one, and its watermark by a second, that many times.
 */

import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";

const [, , job, path = "", argument = ""] = process.argv;

if (job === "create") {
  const archive = createDirectoryArchive(path);
  for (let number = 1; ; number++) {
    const key = `events/workspace=1/dt=2026-05-${10 + (number % 9)}/${String(number).padStart(6, "0")}`;
    const body = Buffer.alloc(200_000, argument);
    body.write(key.padEnd(100), 0);
    body.write("end", body.length - 3);
    const outcome = await archive.create(key, body);
    process.stdout.write(`${key} ${outcome}\n`);
  }
}

if (job === "count") {
  const checkpoints = createFileCheckpoint(path);
  for (let done = 0; done < Number(argument); ) {
    const current = await checkpoints.read("1");
    const blankRuns = (current?.state.blankRuns ?? 0) + 1;
    const watermark = new Date(blankRuns * 1000).toISOString() as Instant;
    const state = { ...emptyCheckpoint, watermark, blankRuns };
    const outcome = await checkpoints.move("1", state, current?.version ?? null);
    if (outcome.kind === "moved") done += 1;
    process.stdout.write(`${outcome.kind}\n`);
  }
}
