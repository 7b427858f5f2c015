/** What a run keeps of the logs that it opened, so that the next one need not read them. */
import { expect, it } from "vitest";
import { ArchiverError } from "../../lambda/errors.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { scriptedRun } from "./scripted-run.ts";

it("a log that turns out to be unavailable while another is still being opened leaves no hint, and does not make hints fail", async () => {
  const archive = createMemoryArchive();
  const gate = Promise.withResolvers<void>();
  const { run } = await scriptedRun([], {
    deps: {
      archive: {
        ...archive,
        list: async function* (...args: Parameters<typeof archive.list>) {
          if (args[0].includes("2026-05-02")) throw new ArchiverError("unavailable", "away", { advice: "" });
          await gate.promise;
          yield* archive.list(...args);
        },
      },
    },
  });
  const first = run.dayLog("2026-05-01");
  const second = run.dayLog("2026-05-02");
  const hints = run.hints();
  await expect(second).rejects.toThrow("away");
  gate.resolve();
  await first;
  await expect(hints).resolves.toEqual({});
});
