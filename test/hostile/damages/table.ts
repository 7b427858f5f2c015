/** The tables of docs/tampering.md, from what `test/long/tamper.ts` has recorded. */
import recorded from "../../long/tamper.json" with { type: "json" };
import { DAMAGES } from "./seen.ts";
import { UNSEEN } from "./unseen.ts";

const seen: Readonly<Record<string, { readonly times: number; readonly found: number }>> = recorded.seen;
const unseen: Readonly<
  Record<string, { readonly times: number; readonly alone: number; readonly withCheckpoint: number }>
> = recorded.unseen;

export const number = (value: number): string => value.toLocaleString("en-US");

export function describeTampering(): Readonly<Record<"result" | "seen" | "unseen", string>> {
  const damages = DAMAGES.map(({ name, invariant }) => ({ invariant, ...(seen[name] ?? { times: 0, found: 0 }) }));
  const sum = (rows: typeof damages, key: "times" | "found") => rows.reduce((total, row) => total + row[key], 0);
  const groups = [...Map.groupBy(damages, ({ invariant }) => invariant)].sort(([a], [b]) => (a < b ? -1 : 1));
  const { recordedAt, node, minutes, archives, segments, events, falseAlarms } = recorded;
  return {
    result:
      `Result of ${recordedAt}, node ${node}: **${number(sum(damages, "found"))} of ${number(sum(damages, "times"))} damages found at their place, ` +
      `${falseAlarms === 0 ? "no false alarm" : `${falseAlarms} false alarms`} on ${number(archives)} good archives** ` +
      `(${number(segments)} segments, ${number(events)} events), in ${minutes} minutes.`,
    seen: table(
      ["found by", "kinds of damage", "times", "found"],
      groups.map(([invariant, rows]) => [invariant, rows.length, sum(rows, "times"), sum(rows, "found")]),
    ),
    unseen: table(
      ["damage", "what is done", "times", "found by the archive alone", "found with the checkpoint"],
      UNSEEN.map(({ name, does }) => {
        const { times, alone, withCheckpoint } = unseen[name] ?? { times: 0, alone: 0, withCheckpoint: 0 };
        return [name, does, times, alone, withCheckpoint];
      }),
    ),
  };
}

export function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? number(cell) : cell)));
  const rule = columns.map((_, index) => (typeof rows[0]?.[index] === "number" ? "---:" : "---"));
  return [columns, rule, ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
