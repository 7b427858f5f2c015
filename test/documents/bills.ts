/** The parts of docs/cost.md and docs/deploy.md that the cost model makes. */
import { renderBill } from "../../cli/commands/cost.ts";
import { type CostInput, type CostLine, monthlyBill } from "../../cli/cost/model.ts";

const YEARS = 7;
const DEFAULT: CostInput = {
  eventsPerDay: 25_000,
  everyMs: 600_000,
  years: YEARS,
  workspaces: 1,
  memoryMiB: 512,
  hasCopy: false,
  dashboard: false,
  tracing: false,
  keyRotation: false,
  operationsKey: "own",
  tokenIn: "secrets",
  timeStamps: false,
  columnarCopy: false,
};

/** By part of docs/cost.md. */
export function describeBills(): Record<string, string> {
  return {
    bill: `\`\`\`\n${renderBill(monthlyBill(DEFAULT), YEARS)}\n\`\`\``,
    choices: describeChoices(),
  };
}

/** The part of docs/deploy.md. */
export function describeFixedCost(): string {
  const bill = (change: Partial<CostInput> = {}) => monthlyBill({ ...DEFAULT, ...change });
  const { lines, first } = bill();
  const line = (name: string) => lines.find((one) => one.name === name)!;
  const fixed = ["Keys", "Alarms", "Metrics", "Secrets"].map(line);
  const work = first - sum(fixed);
  const each = bill({ workspaces: 2 }).first - first;
  const copy = bill({ hasCopy: true }).lines.find(({ name }) => name === "Copy: fixed")!;
  const list = fixed.map(({ name, quantity, first: dollars }) => `| ${name} | ${quantity} | ${price(dollars)} |`);
  return [
    "| per month | quantity | with the default settings |",
    "| --- | --- | --- |",
    ...list,
    `| the work itself | 25,000 events per day | ${price(work)} |`,
    `| in all | | ${price(first)} |`,
    `| each further workspace | | ${price(each)} |`,
    `| a second copy | ${copy.quantity}, and once more the storage | ${price(copy.first)} |`,
  ].join("\n");
}

/** What each setting adds or saves, for one workspace and for twenty. */
function describeChoices(): string {
  const choices: readonly (readonly [string, Partial<CostInput>])[] = [
    ["the default settings", {}],
    ["`operationsKey=archive`", { operationsKey: "archive" }],
    ["`tokenIn=parameters`", { tokenIn: "parameters" }],
    ["both of them", { operationsKey: "archive", tokenIn: "parameters" }],
    ["`dashboard=on`", { dashboard: true }],
    ["`tracing=on`", { tracing: true }],
    ["`keyRotation=on`", { keyRotation: true }],
    ["`timestampUrls`", { timeStamps: true }],
    ["`columnarCopy=on`", { columnarCopy: true }],
    ["a second copy", { hasCopy: true }],
  ];
  const rows = choices.flatMap(([setting, change]) => {
    const bills = [1, 20].map((workspaces) => monthlyBill({ ...DEFAULT, ...change, workspaces }));
    return `| ${setting} | ${bills.map(({ first, last }) => `${price(first)} | ${price(last)}`).join(" | ")} |`;
  });
  return [
    `| | one workspace | after ${YEARS} years | twenty workspaces | after ${YEARS} years |`,
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

const sum = (lines: readonly CostLine[]): number => lines.reduce((total, { first }) => total + first, 0);
const price = (dollars: number): string => `$${dollars.toFixed(2)}`;
