import { createHash } from "node:crypto";
import { DAY_MS } from "../lambda/event/instant.ts";
import { scanPage } from "../lambda/source/page.ts";
import type { Bench, Ratio } from "./harness/bench.ts";
import { figure, withRange } from "./harness/figures.ts";
import { NOW_MS } from "./harness/now.ts";
import { exactly, spread, spreadOfRatios } from "./harness/statistics.ts";
import { STREAMS, type StreamKind, streamLines } from "./harness/streams.ts";

const PAGE_EVENTS = 1000;

export const scan: Bench = {
  name: "scan",
  claim: "finding the events of a page costs a fraction of parsing it, and keeps every byte",
  async run(scale) {
    const ratios: Ratio[] = [];
    const rows: string[][] = [];
    for (const kind of STREAMS) {
      scale.note(`scan: ${kind}`);
      const { pages, lines } = pagesOf(kind, scale.pick(20, 2));
      for (let warm = 0; warm < scale.pick(5, 1); warm += 1) [scanAll(pages), parseAll(pages)];
      const [scans, parses]: [number[], number[]] = [[], []];
      for (let round = 0; round < Math.max(5, scale.rounds); round += 1) {
        scans.push(cpuOf(() => scanAll(pages)));
        parses.push(cpuOf(() => parseAll(pages)));
      }
      const megabytes = pages.reduce((sum, page) => sum + page.length, 0) / 1_000_000;
      const times = spreadOfRatios(parses, scans);
      rows.push([
        kind,
        withRange(times),
        figure(megabytes / (spread(scans).median / 1000)),
        figure(megabytes / (spread(parses).median / 1000)),
      ]);
      ratios.push({
        id: `scan.${kind}`,
        ...(kind === "ascii" && { target: 6 }),
        meaning: `speed of the scan over parse + stringify, ${kind}`,
        value: times,
        goal: { is: "at least", bound: 3.5, stretch: 12 },
        unit: "x",
      });
      const same = pages
        .flatMap((page) => scanPage(page).events.map((event) => event.line))
        .every((line, at) => line.equals(lines[at]!));
      ratios.push({
        id: `verbatim.${kind}`,
        ...(kind === "ascii" && { target: 23 }),
        meaning: `lines equal to the bytes served, ${kind}`,
        value: exactly(same ? 1 : 0),
        goal: { is: "at least", bound: 1, stretch: 1 },
      });
    }
    return {
      ratios,
      tables: [
        {
          title: "NDJSON of a page",
          columns: ["stream", "x parse + stringify", "scan MB/s", "parse + stringify MB/s"],
          rows,
        },
      ],
      notes: [
        "Scan: what the product does, strict as JSON.parse, with UTF-8 check, gid and created_at of every event. Parse + stringify: JSON.parse of the page, JSON.stringify of each event, one Buffer.",
        "A WebAssembly scanner is not tried here. From the 22-fold speed that the design measured for one, and the scan's share of a drain, some 6 % of a drain's CPU time could be expected; it is left out for one language and one scanner.",
      ],
    };
  },
};

function pagesOf(kind: StreamKind, count: number): { pages: Buffer[]; lines: Buffer[] } {
  const lines = [...streamLines(kind, { events: count * PAGE_EVENTS, fromMs: NOW_MS - DAY_MS, toMs: NOW_MS, seed: 1 })];
  const pages = Array.from({ length: count }, (_, page) =>
    Buffer.from(
      `{"data":[${lines.slice(page * PAGE_EVENTS, (page + 1) * PAGE_EVENTS).join(",")}],"next_page":{"offset":"o${page}"}}`,
    ),
  );
  return { pages, lines };
}

function scanAll(pages: readonly Buffer[]): number {
  let events = 0;
  for (const page of pages) events += scanPage(page).events.length;
  return events;
}

function parseAll(pages: readonly Buffer[]): number {
  let bytes = 0;
  for (const page of pages) {
    const { data } = JSON.parse(page.toString()) as { data: object[] };
    bytes += Buffer.from(`${data.map((event) => JSON.stringify(event)).join("\n")}\n`).length;
  }
  return bytes;
}

function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  createHash("sha256").update(String(work())).digest(); // so that nobody optimises the work away
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
