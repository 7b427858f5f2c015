import { describe, expect, it } from "vitest";
import { findVersions } from "../../lambda/archive/object-versions.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore, ObjectVersion } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";

const keyOf = (day: string, workspace = "1201") => `events/workspace=${workspace}/dt=${day}/000001.ndjson.gz`;
const [early, late] = [keyOf("2026-05-01"), keyOf("2026-05-02")];
const object = (key: string): ObjectVersion => ({ key, isMarker: false });
const marker = (key: string): ObjectVersion => ({ key, isMarker: true });
const never = () => false;

const versioned = (...versions: ObjectVersion[]): ArchiveStore => ({
  ...createMemoryArchive(),
  versions: async function* (prefix) {
    yield* versions.filter(({ key }) => key.startsWith(prefix));
  },
});

describe("the versions of segments", () => {
  it("are as they should be where each has one, and no delete marker", async () => {
    expect(await findVersions(versioned(object(early), object(late)), {}, never)).toEqual({
      faults: [],
      unlisted: null,
    });
  });

  it("are a fault where one is hidden or written over, each with its key", async () => {
    const archive = versioned(object(early), object(early), object(late), marker(late));
    expect((await findVersions(archive, {}, never))!.faults).toEqual([
      { invariant: "I5", key: early, message: "has a second version" },
      { invariant: "I5", key: late, message: "has a delete marker" },
    ]);
  });

  it("may have markers on days that the lifecycle may have removed, and nowhere else", async () => {
    const archive = versioned(marker(early), marker(late), marker("events/other"));
    const { faults } = (await findVersions(archive, {}, (day) => day === "2026-05-01"))!;
    expect(faults.map(({ key }) => key)).toEqual([late, "events/other"]);
  });

  it("are looked at in the range that is asked for only", async () => {
    const archive = versioned(marker(early), marker(late), marker(keyOf("2026-05-02", "1202")));
    const { faults } = (await findVersions(archive, { workspace: "1201", from: "2026-05-02" }, never))!;
    expect(faults.map(({ key }) => key)).toEqual([late]);
  });

  it("that may not be listed are no fault: it is said that nobody could look", async () => {
    const archive: ArchiveStore = {
      ...createMemoryArchive(),
      // biome-ignore lint/correctness/useYield: it fails before it has found anything
      versions: async function* () {
        throw new ArchiverError("misconfigured", "Access is denied.", { advice: "Ask for it." });
      },
    };
    expect(await findVersions(archive, {}, never)).toEqual({ faults: [], unlisted: "Access is denied." });
  });

  it("are not looked for in a store that keeps none", async () => {
    expect(await findVersions(createMemoryArchive(), {}, never)).toBeNull();
  });
});
