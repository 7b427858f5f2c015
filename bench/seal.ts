import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FEED_WORKSPACE } from "../feed/options.ts";
import { takeInventory } from "../lambda/archive/inventory.ts";
import { coverageKey } from "../lambda/coverage/coverage-key.ts";
import { encodeEntry } from "../lambda/coverage/entry.ts";
import { DAY_MS, HOUR_MS, instantToMs, msToInstant, shiftDay, startOfDay } from "../lambda/event/instant.ts";
import { readHeader } from "../lambda/segment/reader.ts";
import { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
import type { Bench } from "./harness/bench.ts";
import { commandLine, newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, megabytes, seconds, withRange } from "./harness/figures.ts";
import { cpuMs, peakBytes, rounds, wallMs } from "./harness/rounds.ts";
import { exactly, spread, spreadOfRatios } from "./harness/statistics.ts";
import { writeArchive } from "./harness/write-archive.ts";

const EVENTS_A_DAY = 25_000;
/** The sealer function's. */
const MOST_SECONDS = 900;

export const seal: Bench = {
  name: "seal",
  claim: "sealing costs no more than verifying once, and verifying costs little more where there are seals",
  async run(scale) {
    const month = { days: 30, events: scale.pick(30 * EVENTS_A_DAY, 300) };
    scale.note(`seal: writing ${figure(month.events)} events`);
    const [plain, sealed, work] = [newFolder(), newFolder(), newFolder()];
    const segments = await writeLookedAt(plain, month, scale.pick(144, 2));
    const key = join(work, "key.pem");
    await commandLine("keygen", "--quiet", "--name", "bench/archive", "--out", key);
    for (const folder of [sealed, work]) cpSync(join(plain), folder, { recursive: true });
    await commandLine("seal", "--quiet", "--archive", sealed, "--key", key);
    const verifyOf = (folder: string, ...more: readonly string[]) =>
      commandLine("verify", "--quiet", "--threads", "1", "--archive", folder, ...more);
    const runs = await rounds(scale, {
      "verify, not sealed": () => verifyOf(plain),
      "verify, sealed": () => verifyOf(sealed, "--key", `${key}.pub`),
      seal: () => {
        for (const made of ["seals", "keys"]) rmSync(join(work, made), { recursive: true, force: true });
        return commandLine("seal", "--quiet", "--archive", work, "--key", key);
      },
      "seal, nothing due": () => commandLine("seal", "--quiet", "--archive", sealed, "--key", key),
    });
    for (const folder of [plain, sealed]) removeFolder(folder);

    const year = { days: 365, events: scale.pick(365 * EVENTS_A_DAY, 730) };
    scale.note(`seal: writing ${figure(year.events)} events`);
    const yearFolder = newFolder();
    await writeLookedAt(yearFolder, year, scale.pick(24, 1));
    const whole = await commandLine("seal", "--quiet", "--archive", yearFolder, "--key", key);
    for (const folder of [yearFolder, work]) removeFolder(folder);

    return {
      ratios: [
        {
          id: "over-verify",
          meaning: "CPU of sealing a month over that of verifying it by one thread",
          value: spreadOfRatios(cpuMs(runs.seal), cpuMs(runs["verify, not sealed"])),
          goal: { is: "at most", bound: 1.1, stretch: 1 },
        },
        {
          id: "verify",
          meaning: "CPU of verifying a month with its seals over that without",
          value: spreadOfRatios(cpuMs(runs["verify, sealed"]), cpuMs(runs["verify, not sealed"])),
          goal: { is: "at most", bound: 1.1, stretch: 1.05 },
        },
        {
          id: "year",
          meaning: `seconds to seal a year of ${figure(EVENTS_A_DAY)} events per day in one run`,
          value: exactly(seconds(whole.wallMs)),
          goal: { is: "at most", bound: MOST_SECONDS, stretch: MOST_SECONDS / 2 },
          unit: " s",
          isAbsolute: true,
        },
        {
          id: "year.memory",
          meaning: "peak memory of that run",
          value: exactly(megabytes(whole.peakBytes)),
          unit: " MB",
          isAbsolute: true,
        },
      ],
      tables: [
        {
          title: `a month of ${figure(month.events)} events in ${figure(segments)} segments, from the command line`,
          columns: ["command", "seconds", "CPU seconds", "peak MB"],
          rows: Object.entries(runs).map(([name, of]) => [
            name,
            withRange(spread(wallMs(of).map(seconds))),
            withRange(spread(cpuMs(of).map(seconds))),
            withRange(spread(peakBytes(of).map(megabytes))),
          ]),
        },
      ],
    };
  },
};

/** An archive of so many segments a day, each day of which was looked at after it had settled. Returns the number of segments. */
async function writeLookedAt(
  folder: string,
  extent: { readonly days: number; readonly events: number },
  segmentsADay: number,
): Promise<number> {
  const spanMs = DAY_MS / segmentsADay;
  const segments = await writeArchive(folder, extent, ({ atMs }) => Math.floor(atMs / spanMs));
  const { logs } = await takeInventory(createDirectoryArchive(folder), {});
  for (const { day, segments: ofDay } of logs) {
    const last = ofDay.at(-1)!;
    const { manifest, manifestHash } = readHeader(readFileSync(join(folder, last.key)));
    const at = msToInstant(instantToMs(startOfDay(shiftDay(day, 1))) + 7 * HOUR_MS);
    const place = { workspace: FEED_WORKSPACE, day, number: 1 };
    const path = join(folder, coverageKey(place));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      encodeEntry({
        format: 1,
        ...place,
        prev: null,
        purpose: "settled",
        run: "bench",
        writer: "bench",
        began: at,
        ended: at,
        requests: 2,
        complete: true,
        reason: null,
        unread: [],
        seen: manifest.logCount,
        had: manifest.logCount,
        added: 0,
        gone: 0,
        goneIds: [],
        conflicts: 0,
        odd: 0,
        segments: last.number,
        manifest: manifestHash,
      }),
    );
  }
  return segments;
}
