import { everyOption, readInteger } from "../arguments.ts";
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
  readonly dashboard: boolean;
  readonly tracing: boolean;
  readonly keyRotation: boolean;
  readonly oneKey: boolean;
  readonly tokenParameters: boolean;
  readonly timeStamps: boolean;
  readonly copy: boolean;
  readonly columnarCopy: boolean;
}

export const costCommand = defineCommand<CostOptions>(
  (command) =>
    needs(
      command,
      "--events-per-day <n>",
      "average number of events per day in each workspace",
      readInteger(0, 1_000_000_000),
    )
      .addOption(everyOption("time between two runs, for example 5m"))
      .option("--years <n>", "how many years events are kept", readInteger(1, 100), 7)
      .option("--workspaces <n>", "number of workspaces", readInteger(1, 20), 1)
      .option("--memory <MiB>", "memory of the function", readInteger(256, 3008), 512)
      .option("--copy", "with a second copy in another region", false)
      .option("--dashboard", "with the stack's setting dashboard=on", false)
      .option("--tracing", "with tracing=on", false)
      .option("--key-rotation", "with keyRotation=on", false)
      .option("--one-key", "with operationsKey=archive", false)
      .option("--token-parameters", "with tokenIn=parameters", false)
      .option("--time-stamps", "with timestampUrls", false)
      .option("--columnar-copy", "with columnarCopy=on", false),
  async (
    { eventsPerDay, every, years, workspaces, memory, copy, oneKey, tokenParameters, ...settings },
    { output },
  ) => {
    const bill = monthlyBill({
      ...settings,
      eventsPerDay,
      everyMs: every,
      years,
      workspaces,
      memoryMiB: memory,
      hasCopy: copy,
      operationsKey: oneKey ? "archive" : "own",
      tokenIn: tokenParameters ? "parameters" : "secrets",
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
