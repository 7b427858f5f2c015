import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Ratio } from "./bench.ts";
import { goalText, markdownTable, verdictOf, withRange } from "./figures.ts";
import { svgOf } from "./plot.ts";
import type { Recorded, Results } from "./record.ts";
import { NOT_MEASURED } from "./targets.ts";

const DOCS = join(import.meta.dirname, "..", "..", "docs");

/** Writes `docs/performance.md` and its plots from recorded findings. */
export function writePage(benches: readonly Bench[], results: Results): void {
  const recorded = benches.flatMap((bench) => {
    const found = results[bench.name];
    return found === undefined ? [] : [{ bench, found }];
  });
  mkdirSync(join(DOCS, "plots"), { recursive: true });
  for (const { found } of recorded) {
    for (const plot of found.plots ?? []) writeFileSync(join(DOCS, "plots", `${plot.file}.svg`), svgOf(plot));
  }
  const parts = [
    INTRODUCTION,
    targets(recorded.map(({ found }) => found)),
    reasons(recorded.map(({ found }) => found)),
    ...recorded.map(({ bench, found }) => section(bench, found)),
  ];
  writeFileSync(join(DOCS, "performance.md"), `${parts.join("\n\n")}\n`);
}

const INTRODUCTION = `# Performance

Made by \`npm run bench -- --record\`; do not edit. \`npm run bench -- <name>\` runs one bench, \`--check\` compares its ratios
with those recorded here and fails if one is more than a tenth worse, \`--smoke\` only shows that all of them work.

Only ratios carry over to another machine. Each is taken between two processes of the same round, variants run
interleaved, and what is shown is the median of at least five rounds with the least and the most; what is counted, or
passes in virtual time, is exact and was made once. CPU times are the steadier figures. The settings are the product's
defaults, except that the limit of 25 requests a second is lifted where the feed answers at once. The benches were recorded
one after the other, each at the time below it, with nothing else running on the machine.`;

function targets(found: readonly Recorded[]): string {
  const rows = found
    .flatMap(({ ratios }) => ratios.filter((ratio) => ratio.target !== undefined))
    .sort((a, b) => a.target! - b.target!)
    .map((ratio) => [
      String(ratio.target),
      ratio.meaning,
      `${withRange(ratio.value)}${ratio.unit ?? ""}`,
      goalText(ratio),
      verdict(ratio),
    ]);
  const measured = new Set(rows.map(([number]) => number));
  const others = Object.entries(NOT_MEASURED).filter(([number]) => !measured.has(number));
  const all = [...rows, ...others.map(([number, { meaning, why }]) => [number, meaning, "-", "", why])];
  all.sort((a, b) => Number(a[0]) - Number(b[0]));
  return `## The targets\n\n${markdownTable({ columns: ["#", "ratio", "value", "goal", "verdict"], rows: all as string[][] })}`;
}

/** What is missed, and why. */
function reasons(found: readonly Recorded[]): string {
  const missed = found
    .flatMap(({ ratios }) => ratios.filter((ratio) => ratio.target !== undefined && verdictOf(ratio) === "missed"))
    .sort((a, b) => a.target! - b.target!)
    .map((ratio) => `- ${ratio.target}, ${verdict(ratio)}: ${ratio.why ?? "not known."}`);
  return ["## Why targets are missed", ...(missed.length > 0 ? [missed.join("\n")] : ["None is."])].join("\n\n");
}

function verdict(ratio: Ratio): string {
  const kind = verdictOf(ratio);
  if (kind !== "missed") return { stretch: "met, and the aim", met: "met", reported: "reported" }[kind];
  const { median } = ratio.value;
  const { bound } = ratio.goal!;
  return bound === 0 ? "**missed**" : `**missed** by ${percent(Math.abs(median / bound - 1) * 100)} %`;
}

const percent = (value: number): string => (value < 1 ? value.toPrecision(1) : value.toFixed());

function section(
  bench: Bench,
  { ratios, tables, notes = [], plots = [], recordedAt, machine, rounds }: Recorded,
): string {
  const own = ratios.map((ratio) => [
    ratio.meaning,
    `${withRange(ratio.value)}${ratio.unit ?? ""}`,
    goalText(ratio),
    verdict(ratio),
  ]);
  return [
    `## ${bench.name}: ${bench.claim}`,
    ...(own.length > 0 ? [markdownTable({ columns: ["ratio", "value", "goal", "verdict"], rows: own })] : []),
    ...tables.map((table) => `**${table.title}**\n\n${markdownTable(table)}`),
    ...plots.map((plot) => `![${plot.title}](plots/${plot.file}.svg)`),
    ...notes,
    `<sub>\`npm run bench -- ${bench.name} --rounds ${rounds}\`, ${recordedAt.slice(0, 16)}Z, ${machine}</sub>`,
  ].join("\n\n");
}
