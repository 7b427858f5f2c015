/** What becomes of events that the source shows after others that are younger. */
import { setTimeout } from "node:timers/promises";
import { createCompany, eventsOf } from "../../feed/company.ts";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { commandLine, newFolder, removeFolder } from "../harness/command-line.ts";
import { NOW_MS } from "../harness/now.ts";
import { servePages } from "../harness/serve-pages.ts";
import { type Count, countOf, drainInto, type Peer, runGrove } from "./both.ts";

const MINUTE_MS = 60_000;
export const LATE_EVENTS = 20_000;
/** Of a hundred events one is shown up to half an hour after its time. */
const LATE_RATE = 0.01;
export const RUNS = 13;
const FIRST_MS = NOW_MS - (RUNS - 1) * 10 * MINUTE_MS;
const DAYS = 0.9;
const STREAM = { events: LATE_EVENTS, seed: 2, lateRate: LATE_RATE };

export interface AfterLateEvents {
  /** Late events that the source does not show yet at the first run: the others are history by then. */
  readonly shownLate: number;
  readonly product: Count;
  readonly grove: Count;
}

/** A run of both every ten minutes; at the end, when all is shown, one more, and the rescan that is due by then. */
export async function afterLateEvents(peer: Peer): Promise<AfterLateEvents> {
  const server = await servePages({ ...STREAM, days: DAYS, stream: "company", nowMs: FIRST_MS });
  const [ours, theirs] = [newFolder(), newFolder()];
  const both = async () => {
    await commandLine(...drainInto(ours, server));
    // It names files by the second: a run in the second of another would replace what that one wrote.
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
  const company = createCompany({ ...STREAM, fromMs: NOW_MS - DAYS * 1440 * MINUTE_MS, toMs: NOW_MS });
  let count = 0;
  for (const { atMs, visibleAtMs } of eventsOf(company)) if (visibleAtMs > Math.max(atMs, FIRST_MS)) count += 1;
  return count;
}
