/** What docs/tampering.md says of sealed archives, from what `test/long/tamper-sealed.ts` has recorded. */
import recorded from "../long/tamper-sealed.json" with { type: "json" };
import { number, table } from "./damages/table.ts";

export function describeSealedTampering(): Readonly<Record<"sealed" | "sealed-kinds", string>> {
  const { recordedAt, node, minutes, archives, seals, has, falseAlarms } = recorded;
  const rows = Object.entries(recorded.kinds);
  const sum = (key: "times" | "bad" | "cannotTell") => rows.reduce((total, [, row]) => total + row[key], 0);
  const good = sum("times") - sum("bad") - sum("cannotTell");
  const having = Object.entries<number>(has).map(([what, count]) => `${what} in ${number(count)}`);
  return {
    sealed:
      `Result of ${recordedAt}, node ${node}: of ${number(sum("times"))} archives that were tampered with, verify called ` +
      `**${number(sum("bad"))} bad, of ${number(sum("cannotTell"))} it said what it cannot tell, and ${good === 0 ? "none" : number(good)} was good**; ` +
      `of ${number(archives)} that were not, ${falseAlarms === 0 ? "all were good" : `${falseAlarms} were not`}. ` +
      `They had ${number(seals)} seals (${having.join(", ")}). It took ${minutes} minutes.`,
    "sealed-kinds": table(
      ["what was done", "times", "bad", "cannot tell"],
      rows.map(([name, { times, bad, cannotTell }]) => [name, times, bad, cannotTell]),
    ),
  };
}
