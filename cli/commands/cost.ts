import { readDurationMs, readInteger } from "../arguments.ts";
import { defineCommand, needs } from "../command.ts";
import { type Bill, monthlyBill } from "../cost/model.ts";
import { EXIT } from "../exit.ts";
import { renderTable } from "../terminal.ts";

interface CostOptions {
  readonly eventsPerDay: number;
  readonly every: number;
  readonly years: number;
  readonly workspaces: number;
  readonly memory: number;
  readonly dashboard?: true;
  readonly tracing?: true;
  readonly keyRotation?: true;
  readonly oneKey?: true;
}

export const costCommand = defineCommand<CostOptions>(
  (command) =>
    needs(
      command,
      "--events-per-day <n>",
      "average number of events per day in each workspace",
      readInteger(0, 1_000_000_000),
    )
      .option("--every <duration>", "time between two runs, for example 5m", readDurationMs, 600_000)
      .option("--years <n>", "how many years events are kept", readInteger(1, 100), 7)
      .option("--workspaces <n>", "number of workspaces", readInteger(1, 20), 1)
      .option("--memory <MiB>", "memory of the function", readInteger(256, 3008), 512)
      .option("--dashboard", "with the stack's setting dashboard=on")
      .option("--tracing", "with tracing=on")
      .option("--key-rotation", "with keyRotation=on")
      .option("--one-key", "with operationsKey=archive"),
  async ({ eventsPerDay, every, years, workspaces, memory, ...settings }, { output }) => {
    const bill = monthlyBill({
      eventsPerDay,
      everyMs: every,
      years,
      workspaces,
      memoryMiB: memory,
      dashboard: settings.dashboard === true,
      tracing: settings.tracing === true,
      keyRotation: settings.keyRotation === true,
      operationsKey: settings.oneKey === true ? "archive" : "own",
    });
    output.record(bill);
    output.say(renderBill(bill, years));
    output.say(`\n${bill.assumptions.map((line) => `- ${line}`).join("\n")}`);
    return EXIT.done;
  },
);

/** A table for a terminal. */
export function renderBill(bill: Bill, years: number): string {
  const rows = bill.lines.map(({ name, quantity, first, last }) => [name, quantity, dollars(first), dollars(last)]);
  rows.push(["Total", "", dollars(bill.first), dollars(bill.last)]);
  return renderTable(columns(years), rows);
}

const columns = (years: number) => [
  { title: "per month" },
  { title: "quantity" },
  { title: "first month", align: "right" as const },
  { title: `after ${years} ${years === 1 ? "year" : "years"}`, align: "right" as const },
];

/** Cents matter only where there are few. */
const dollars = (amount: number): string => `$${amount.toFixed(amount < 1 ? 3 : 2)}`;
