/** What an earlier version left on a disk in the hands of today's program, and what today's left in the hands of the earlier one. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sampleEventJson } from "../../feed/sample.ts";
import { checkOutEarlier, FIRST_CONFIGURED, FIRST_REVIEWED, isInHistory } from "../earlier-version.ts";
import { type Ended, start } from "../package/outsider.ts";
import { archivedLines, segmentsIn } from "./archived-lines.ts";
import { dayFromNow, makeDirectory, runCli, startFeed, type TestFeed, WORKSPACE } from "./run-cli.ts";

const ENV = { ASANA_TOKEN: "feed-token" };

describe.runIf(isInHistory(FIRST_REVIEWED))("an archive on a disk, and its checkpoint", () => {
  let checkout: string;
  beforeAll(() => {
    checkout = checkOutEarlier(FIRST_REVIEWED);
  });

  let folder: string;
  let source: TestFeed;
  beforeEach(async () => {
    folder = await makeDirectory();
    source = await startFeed({ events: 1_500, days: 8, limits: null });
  });

  const earlier = (...args: readonly string[]): Promise<Ended> =>
    start(folder, [process.execPath, join(checkout, "cli/bin.js"), ...args], ENV);
  const today = (...args: readonly string[]) => runCli(args, { cwd: folder });
  const drain = (program: typeof today | typeof earlier, ...more: readonly string[]) =>
    program("drain", ...source.flags, "--archive", "archive", ...more);
  const archived = (events: string) => ({ code: 0, stdout: expect.stringContaining(`caught up, ${events}`) });
  const happen = (event = sampleEventJson(String(++gid), new Date(Date.now() - 1).toISOString())): void =>
    source.feed.append(WORKSPACE, event, undefined, Date.now());
  let gid = 9_900_000_000;

  async function expectWhole(): Promise<void> {
    const shown = [...source.feed.lines(WORKSPACE, { visibleByMs: Date.now() })].map(({ line }) => line.toString());
    expect(await archivedLines(join(folder, "archive"))).toEqual(shown.sort());
  }
  async function segments(): Promise<Record<string, string>> {
    const archive = join(folder, "archive");
    const keys = await segmentsIn(archive);
    return Object.fromEntries(
      await Promise.all(keys.map(async (key) => [key, await readFile(join(archive, key), "base64")])),
    );
  }
  async function sealAndVerify(): Promise<Ended> {
    expect(await today("seal", "--archive", "archive", "--key", "seal.key")).toMatchObject({ code: 0 });
    return await today("verify", "--archive", "archive", "--key", "seal.key.pub");
  }

  it("go from the earlier version to today's, back, and forward again: nothing is lost, doubled or changed", async () => {
    expect(await drain(earlier)).toMatchObject(archived("1,500 events archived"));
    const first = await segments();
    happen();
    expect(await drain(today)).toMatchObject(archived("1 event archived"));
    const settled = ["--since", dayFromNow(-9), "--until", dayFromNow(-5)];
    expect(await today("rescan", ...settled, ...source.flags, "--archive", "archive")).toMatchObject({ code: 0 });
    await today("keygen", "--name", "archive.example.com/asana", "--out", "seal.key");
    expect(await sealAndVerify()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ ([3-9]) of \1 +days sealed/),
    });

    expect(await earlier("verify", "--archive", "archive")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ 1,501 events .*\nNo fault\./),
    });
    happen();
    expect(await drain(earlier)).toMatchObject(archived("1 event archived"));
    await expectWhole();

    happen();
    expect(await drain(today)).toMatchObject(archived("1 event archived"));
    expect(await sealAndVerify()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ 1,503 events .*No faults found/s),
    });
    await expectWhole();
    expect(await segments()).toMatchObject(first);
  });

  it("that today's version began: the earlier one goes on from the archive alone", async () => {
    expect(await drain(today)).toMatchObject(archived("1,500 events archived"));
    happen();
    expect(await drain(earlier)).toMatchObject(archived("1 event archived"));
    await expectWhole();
  });

  it("where --checkpoint names today's folder: the earlier version refuses it, and goes on with another name", async () => {
    await drain(today, "--checkpoint", "place");
    const refused = await drain(earlier, "--checkpoint", "place");
    expect(refused).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("a folder stands where a file is"),
    });
    happen();
    expect(await drain(earlier, "--checkpoint", "another")).toMatchObject(archived("1 event archived"));
    await expectWhole();
  });

  it("with an event that is no JSON object: the earlier one takes it for damage and writes nothing, today's goes on", async () => {
    happen('"no object"');
    await drain(today);
    const before = await segments();
    expect(await earlier("verify", "--archive", "archive")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/dt=2021-10-07\S+ line 1: is not exactly one event\n1 fault\./),
    });
    happen('"another"');
    expect(await drain(earlier, "--attempts", "1")).toMatchObject({
      code: 4,
      stdout: "",
      stderr: expect.stringContaining("is not an object"),
    });
    expect(await segments()).toEqual(before);
    expect(await drain(today)).toMatchObject(archived("1 event archived"));
    await expectWhole();
  });
});

describe.runIf(isInHistory(FIRST_CONFIGURED))("a configuration file", () => {
  let checkout: string;
  beforeAll(() => {
    checkout = checkOutEarlier(FIRST_CONFIGURED);
  });

  let folder: string;
  let source: TestFeed;
  beforeEach(async () => {
    folder = await makeDirectory();
    source = await startFeed({ events: 20 });
  });

  const earlier = (...args: readonly string[]): Promise<Ended> =>
    start(folder, [process.execPath, join(checkout, "cli/bin.js"), ...args], ENV);
  const today = (...args: readonly string[]): Promise<Ended> => runCli(args, { cwd: folder });
  const file = () => join(folder, "asana-audit-archive.json");
  const add = async (more: object): Promise<void> =>
    writeFile(file(), JSON.stringify({ ...JSON.parse(await readFile(file(), "utf8")), ...more }));

  it.each([
    ["the first version that had one", "today's version", earlier, today],
    ["today's version", "the first version that had one", today, earlier],
  ])(
    "that %s wrote, with more of what may stand in it, is read by %s as it was meant",
    async (_of, _by, writer, reader) => {
      const written = await writer("init", "--yes", "--archive", "./kept", "--workspace", WORKSPACE);
      expect(written).toMatchObject({ code: 0 });
      await writeFile(join(folder, "token"), "feed-token\n", { mode: 0o600 });
      await add({
        checkpoint: "./place",
        source: source.baseUrl,
        attempts: 2,
        pageLimit: 7,
        profiles: { other: { archive: "./other" } },
      });
      expect(await reader("drain", "--json")).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('"archived":20'),
      });
      expect(await archivedLines(join(folder, "kept"))).toHaveLength(20);
      expect(source.feed.requests.filter(({ query }) => query["limit"] === "7").length).toBeGreaterThan(1);
      expect(await reader("drain", "--profile", "other", "--checkpoint", "elsewhere")).toMatchObject({ code: 0 });
      expect(await archivedLines(join(folder, "other"))).toHaveLength(20);
    },
  );

  it.each([
    ["today's", today],
    ["the first version that had one", earlier],
  ])(
    "with a key of another version is refused by %s, which names the key and those that it knows",
    async (_whose, reader) => {
      await earlier("init", "--yes", "--workspace", WORKSPACE);
      await add({ ofAnotherVersion: 1 });
      expect(await reader("drain")).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/unknown key ofAnotherVersion.\n.*Known keys: archive, checkpoint, workspaces, /),
      });
    },
  );
});
