/** What happens to events that the source shows after newer ones. */
import { setTimeout } from "node:timers/promises";
import { createCompany, eventsOf } from "../../feed/company.ts";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { DAY_MS, MINUTE_MS } from "../../lambda/event/instant.ts";
import { commandLine, newFolder, removeFolder } from "../harness/command-line.ts";
import { NOW_MS } from "../harness/now.ts";
import { servePages } from "../harness/serve-pages.ts";
import { type Count, countOf, drainInto, type Peer, runGrove } from "./both.ts";

export const LATE_EVENTS = 20_000;
/** One event in a hundred is shown up to half an hour late. */
const LATE_RATE = 0.01;
export const RUNS = 13;
const FIRST_MS = NOW_MS - (RUNS - 1) * 10 * MINUTE_MS;
const DAYS = 0.9;
const STREAM = { events: LATE_EVENTS, seed: 2, lateRate: LATE_RATE };

export interface AfterLateEvents {
  /** Late events that the source does not yet show to the first run. */
  readonly shownLate: number;
  readonly product: Count;
  readonly grove: Count;
}

/** Both run every ten minutes, and once more when everything is shown; then the rescan runs that is due by then. */
export async function afterLateEvents(peer: Peer): Promise<AfterLateEvents> {
  const server = await servePages({ ...STREAM, days: DAYS, stream: "company", nowMs: FIRST_MS });
  const [ours, theirs] = [newFolder(), newFolder()];
  const both = async () => {
    await commandLine(...drainInto(ours, server));
    // Grove names its files by the second, so a second run within one second would replace the files of the first.
    await setTimeout(1_100);
    await runGrove(peer, server, theirs);
  };
  for (let run = 0; run < RUNS; run += 1) {
    await server.setNow(FIRST_MS + run * 10 * MINUTE_MS);
    await both();
  }
  await server.setNow(NOW_MS + 60 * MINUTE_MS);
  await both();
  const place = ["--workspace", FEED_WORKSPACE, "--archive", ours, "--source", server.baseUrl];
  await commandLine("rescan", "--settled", "--quiet", ...place);
  server.close();
  const counts = {
    shownLate: countShownLate(),
    product: countOf(ours, "events/**/*.gz", LATE_EVENTS),
    grove: countOf(theirs, "out/**/*.gz", LATE_EVENTS),
  };
  removeFolder(ours);
  removeFolder(theirs);
  return counts;
}

function countShownLate(): number {
  const company = createCompany({ ...STREAM, fromMs: NOW_MS - DAYS * DAY_MS, toMs: NOW_MS });
  let count = 0;
  for (const { atMs, visibleAtMs } of eventsOf(company)) if (visibleAtMs > Math.max(atMs, FIRST_MS)) count += 1;
  return count;
}
