/** What it takes to verify an archive of years and to ask it: with its columnar copy, without it, and without this program. */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { createEvent } from "../../lambda/event/event.ts";
import { DAY_MS, msToInstant } from "../../lambda/event/instant.ts";
import { createBodyWriter, placeSegment } from "../../lambda/segment/body.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import type { Ratio, Scale, Table } from "../harness/bench.ts";
import { commandLine, newFolder, removeFolder } from "../harness/command-line.ts";
import { figure, megabytes, seconds, withRange } from "../harness/figures.ts";
import { NOW_MS } from "../harness/now.ts";
import { type Measured, measure } from "../harness/processes.ts";
import { cpuMs, peakBytes, wallMs } from "../harness/rounds.ts";
import { exactly, spread, spreadOfRatios, sum } from "../harness/statistics.ts";
import { askArchive, askBare, type QuestionsInput, readByHand, type Times } from "./variants.ts";
import { writeYears, type Years } from "./write-years.ts";

const VARIANTS = import.meta.resolve("./variants.ts");
const COUNT = "SELECT count(*) FROM events";

type Run = Measured<unknown>;

export interface MeasuredYears {
  readonly objects: number;
  readonly ratios: readonly Ratio[];
  /** What was run; CPU seconds, seconds, peak MB. */
  readonly rows: readonly (readonly string[])[];
  /** Elapsed milliseconds of `verify`, by round. */
  readonly verifyMs: readonly number[];
  readonly recordMegabytes: number;
  readonly copyMegabytes: number;
}

/** `lastly` is given the archive while it and its copy are still there. */
export async function measureYears(
  scale: Scale,
  years: Years,
  eventsOfDay: ReadonlyMap<string, number>,
  lastly: (archive: string) => Promise<void> = async () => undefined,
): Promise<MeasuredYears> {
  scale.note(`questions: writing ${years.objectsADay} objects a day`);
  const [archive, cache] = [newFolder(), newFolder()];
  const objects = await writeYears(archive, years, eventsOfDay);
  const usualCache = process.env["XDG_CACHE_HOME"];
  process.env["XDG_CACHE_HOME"] = cache;
  const query = (...words: string[]) => commandLine("query", "--quiet", "--archive", archive, ...words, COUNT);
  const copies = join(cache, "asana-audit-archive/copies");
  const runs: Record<string, Run[]> = {};
  const add = async (what: string, run: Promise<Run>): Promise<void> => {
    scale.note(`questions: ${what}, ${figure(objects)} objects`);
    runs[what] = [...(runs[what] ?? []), await run];
  };
  for (let round = 0; round < scale.rounds; round++) {
    rmSync(copies, { recursive: true, force: true });
    await add(VERIFY, commandLine("verify", "--quiet", "--archive", archive));
    await add(FIRST, query());
    await add(LATER, query());
    await appendSegment(archive, round);
    await add(UPDATED, query());
    await add(RECORD, query("--no-copy"));
    const input: QuestionsInput = { archive, copy: join(copies, readdirSync(copies)[0]!), days: years.days };
    await add(ALL, measure(VARIANTS, askArchive, input));
    await add(BARE, measure(VARIANTS, askBare, input));
    if (round === 0) await add(BY_HAND, measure(VARIANTS, readByHand, input));
  }
  await lastly(archive);
  const copyBytes = bytesBelow(copies, ".parquet");
  const recordBytes = bytesBelow(archive, ".gz");
  removeFolder(archive);
  removeFolder(cache);
  if (usualCache === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = usualCache;
  const cpu = (what: string) => cpuMs(runs[what]!);
  const times = (what: string) => runs[what]!.map(({ result }) => Object.values(result as Times));
  const ratios: Ratio[] = [
    {
      id: "first",
      target: 28,
      meaning: "first question, the copy included, over verifying the same archive",
      value: spreadOfRatios(cpu(FIRST), cpu(VERIFY)),
      goal: { is: "at most", bound: 2.5, stretch: 1.5 },
    },
    {
      id: "later",
      target: 29,
      meaning: "all questions of the copy over bare DuckDB on the same files",
      value: spreadOfRatios(cpu(ALL), cpu(BARE)),
      goal: { is: "at most", bound: 3, stretch: 1.5 },
    },
    {
      id: "slowest",
      target: 29,
      meaning: "seconds of the slowest question of the copy",
      value: spread(times(ALL).map((of) => seconds(Math.max(...of)))),
      goal: { is: "at most", bound: 1, stretch: 0.5 },
      unit: " s",
      isAbsolute: true,
    },
    {
      id: "updated",
      target: 30,
      meaning: "a question after one more segment over one without",
      value: spreadOfRatios(cpu(UPDATED), cpu(LATER)),
      goal: { is: "at most", bound: 1.5, stretch: 1.1 },
    },
    peakOf("memory", "peak MB of a process that asks all questions", runs[ALL]!),
    peakOf("memory.record", "peak MB of a question without a copy", runs[RECORD]!),
    {
      id: "bytes",
      target: 19,
      meaning: "bytes of the copy over the gzip bytes of the archive",
      value: exactly(copyBytes / recordBytes),
      goal: { is: "at most", bound: 1.8, stretch: 1.3 },
    },
  ];
  const rows = [VERIFY, FIRST, LATER, UPDATED, RECORD, ALL, BARE, BY_HAND].map((what) => [
    what,
    withRange(spread(cpu(what).map(seconds))),
    withRange(spread(wallMs(runs[what]!).map(seconds))),
    withRange(spread(peakBytes(runs[what]!).map(megabytes))),
  ]);
  return {
    objects,
    ratios,
    rows,
    verifyMs: wallMs(runs[VERIFY]!),
    recordMegabytes: megabytes(recordBytes),
    copyMegabytes: megabytes(copyBytes),
  };
}

const peakOf = (id: string, meaning: string, runs: readonly Run[]): Ratio => ({
  id,
  meaning,
  value: spread(peakBytes(runs).map(megabytes)),
  goal: { is: "at most", bound: 1_000, stretch: 512 },
  unit: " MB",
  isAbsolute: true,
});

/** Side by side what was measured of archives of the same events. */
export const tablesOf = (title: string, found: readonly MeasuredYears[]): Table[] =>
  ["CPU seconds", "seconds", "peak MB"].map((unit, at) => ({
    title: `${title}, ${unit}`,
    columns: ["what", ...found.map(({ objects }) => `${figure(objects)} objects`)],
    rows: found[0]!.rows.map(([what], row) => [what!, ...found.map(({ rows }) => rows[row]![at + 1]!)]),
  }));

const VERIFY = "`verify`";
const FIRST = "`query`, the first, which makes the copy";
const LATER = "`query`, a later one";
const UPDATED = "`query` after one more segment";
const RECORD = "`query --no-copy`";
const ALL = "all questions of the copy";
const BARE = "all questions of bare DuckDB";
const BY_HAND = "reading each line as JSON, once";

/** Of one event of the last day. */
async function appendSegment(archive: string, index: number): Promise<void> {
  const at = msToInstant(NOW_MS - DAY_MS / 2);
  const day = at.slice(0, 10);
  const writer = createBodyWriter(createStreamingCodec());
  const gid = `late-${index}`;
  writer.add(createEvent(gid, at, Buffer.from(JSON.stringify({ gid, created_at: at }))));
  const folder = join(archive, "events", `workspace=${FEED_WORKSPACE}`, `dt=${day}`);
  const last = readdirSync(folder).sort().at(-1)!;
  const { manifest, manifestHash } = readHeader(readFileSync(join(folder, last)));
  const { logCount, logNewest } = manifest;
  const previous = { manifestHash, logCount, logNewest };
  const number = Number.parseInt(last, 10) + 1;
  const place = { workspace: FEED_WORKSPACE, day, number, previous, writer: "bench", run: "bench" };
  const { key, bytes } = placeSegment(await writer.finish(), place);
  await createDirectoryArchive(archive).create(key, bytes);
}

const bytesBelow = (folder: string, extension: string): number =>
  sum(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(extension))
      .map((name) => statSync(join(folder, name)).size),
  );
