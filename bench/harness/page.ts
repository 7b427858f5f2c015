import type { Bench, Ratio } from "./bench.ts";
import { goalText, markdownTable, verdictOf, withRange } from "./figures.ts";
import { svgOf } from "./plot.ts";
import type { Recorded, Results } from "./record.ts";
import { NOT_MEASURED } from "./targets.ts";

/** The parts of `docs/performance.md` that are made from recorded findings. */
export function performanceParts(benches: readonly Bench[], results: Results): Readonly<Record<string, string>> {
  const recorded = benches.flatMap((bench) => {
    const found = results[bench.name];
    return found === undefined ? [] : [{ bench, found }];
  });
  const all = recorded.map(({ found }) => found);
  return {
    targets: targets(all),
    misses: reasons(all),
    benches: recorded.map(({ bench, found }) => section(bench, found)).join("\n\n"),
  };
}

/** Files for `docs/plots`. */
export const plotsOf = (results: Results): readonly (readonly [file: string, svg: string])[] =>
  Object.values(results).flatMap(({ plots = [] }) => plots.map((plot) => [`${plot.file}.svg`, svgOf(plot)] as const));

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
  return markdownTable({ columns: ["#", "ratio", "value", "goal", "verdict"], rows: all as string[][] });
}

/** What is missed, and why. */
function reasons(found: readonly Recorded[]): string {
  const missed = found
    .flatMap(({ ratios }) => ratios.filter((ratio) => ratio.target !== undefined && verdictOf(ratio) === "missed"))
    .sort((a, b) => a.target! - b.target!)
    .map((ratio) => `- ${ratio.target}, ${verdict(ratio)}: ${ratio.why ?? "not known."}`);
  return missed.length > 0 ? missed.join("\n") : "None is.";
}

function verdict(ratio: Ratio): string {
  const kind = verdictOf(ratio);
  if (kind !== "missed") return { stretch: "met, and the aim", met: "met", reported: "reported" }[kind];
  const { median } = ratio.value;
  const { bound } = ratio.goal!;
  return bound === 0 ? "**missed**" : `**missed** by ${percent(Math.abs(median / bound - 1) * 100)} %`;
}

const percent = (value: number): string => (value < 1 ? value.toPrecision(1) : value.toFixed());

/** What the bench shows, and what a reader has to know about it; its ratios and tables stay in the data. */
function section(bench: Bench, { notes = [], plots = [], recordedAt, machine, rounds }: Recorded): string {
  return [
    `### ${bench.name}: ${bench.claim}`,
    ...plots.map((plot) => `![${plot.title}](plots/${plot.file}.svg)`),
    ...notes,
    `<sub>\`npm run bench -- ${bench.name} --rounds ${rounds}\`, ${recordedAt.slice(0, 16)}Z, ${machine}</sub>`,
  ].join("\n\n");
}
