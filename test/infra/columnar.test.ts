/** What the state machine of the columnar copy does on which day: its expressions, evaluated by JSONata itself. */
import { describe, expect, it } from "vitest";
import { MAX_PARTITIONS } from "../../infra/constructs/columnar-plan.ts";
import type { ColumnarInput } from "../../infra/constructs/columnar-steps.ts";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import { loadColumnar, loadFastViews, UNDATED_DAY } from "../../sql/columnar.ts";
import { loadQuestions } from "../../sql/questions.ts";
import { evaluateJsonata } from "./jsonata.ts";
import { resolveTemplate } from "./policy/resolve.ts";
import { synthesise, TWENTY } from "./synth.ts";

interface Plan {
  readonly windows: readonly { readonly since: string; readonly until: string; readonly isExpiring: boolean }[];
  readonly forgotten: string;
  readonly isMonthly: boolean;
  readonly oldestMonth: string;
}

interface Execution {
  readonly startedAt: string;
  /** The copy's last day; empty: there is none. */
  readonly until?: string;
  /** The first day of the record. */
  readonly first?: string;
  readonly order?: ColumnarInput;
}

function machineOf(settings: Record<string, unknown> = {}) {
  const resources = resolveTemplate(synthesise({ columnarCopy: "on", ...settings }));
  const machine = resources.find(({ type, id }) => type === "AWS::StepFunctions::StateMachine" && /Columnar/.test(id))!;
  return JSON.parse(machine.properties.DefinitionString);
}

async function plan({ startedAt, until = "2026-05-30", first = "2024-01-15", order = {} }: Execution, settings = {}) {
  const { Assign } = machineOf(settings).States.Plan;
  const found: Plan = await evaluateJsonata(Assign.plan, { startedAt: `${startedAt}:00.000Z`, until, first, order });
  return JSON.parse(JSON.stringify(found)) as Plan;
}

/** `2026-05-01..2026-05-31`, as short as it can be read. */
const windowsOf = async (execution: Execution, settings = {}) =>
  (await plan(execution, settings)).windows.map(({ since, until }) => `${since}..${until}`);

describe("the columnar copy's windows", () => {
  it.each([
    ["within a month", "2026-05-30T10:00", ["2026-05-27..2026-05-29"]],
    ["over the end of a month", "2026-06-02T10:00", ["2026-05-30..2026-06-01"]],
    ["over the end of a year", "2026-01-01T10:00", ["2025-12-29..2025-12-31"]],
    ["over a leap day", "2028-03-01T10:00", ["2028-02-27..2028-02-29"]],
    ["over a February without one", "2027-03-01T10:00", ["2027-02-26..2027-02-28"]],
  ])("are every day the last three that are settled: %s", async (_, startedAt, expected) => {
    const until = expected[0]!.split("..")[1]!;
    expect(await windowsOf({ startedAt, until })).toEqual(expected);
  });

  it("leave out a day that is not settled yet", async () => {
    const of = (startedAt: string) => windowsOf({ startedAt, until: "2026-06-10" }, { settledAfterHours: 4 });
    expect(await of("2026-06-12T03:59")).toEqual(["2026-06-08..2026-06-10"]);
    expect(await of("2026-06-12T04:00")).toEqual(["2026-06-09..2026-06-11"]);
  });

  it("are the last 92 days on Sundays and on demand, of three months at most each", async () => {
    const wide = ["2026-03-07..2026-05-31", "2026-06-01..2026-06-06"];
    expect(await windowsOf({ startedAt: "2026-06-07T10:00", until: "2026-06-05" })).toEqual(wide);
    expect(await windowsOf({ startedAt: "2026-06-08T10:00", until: "2026-06-07", order: { isWide: true } })).toEqual([
      "2026-03-08..2026-05-31",
      "2026-06-01..2026-06-07",
    ]);
  });

  it("begin where the copy ends, if it was not brought up to date", async () => {
    expect(await windowsOf({ startedAt: "2026-06-12T10:00", until: "2026-05-20" })).toEqual(["2026-05-21..2026-06-11"]);
    expect(await windowsOf({ startedAt: "2026-06-12T10:00", until: "2026-01-20" })).toEqual([
      "2026-01-21..2026-01-31",
      "2026-02-01..2026-02-28",
      "2026-03-01..2026-03-31",
      "2026-04-01..2026-04-30",
      "2026-05-01..2026-05-31",
      "2026-06-01..2026-06-11",
    ]);
  });

  it.each([1, 40])("fill a copy from the record's first day, month by month: %d", async (months) => {
    const first = new Date(Date.UTC(2026, 5 - (months - 1), 9)).toISOString().slice(0, 10);
    const windows = await windowsOf({ startedAt: "2026-06-29T10:00", until: "", first });
    expect(windows.length).toBe(months);
    expect([windows[0]!.slice(0, 10), windows.at(-1)!.slice(12)]).toEqual([first, "2026-06-28"]);
    const days = windows.map(
      (window) => window.split("..").map((day) => Date.parse(day) / 86_400_000) as [number, number],
    );
    for (const [index, [since]] of days.entries()) if (index > 0) expect(since).toBe(days[index - 1]![1] + 1);
    for (const window of windows) expect(window.slice(0, 7)).toBe(window.slice(12, 19));
  });

  it("are none of an empty record, nor of one whose first day is not settled", async () => {
    expect(await windowsOf({ startedAt: "2026-06-12T10:00", until: "", first: "9999-12-31" })).toEqual([]);
    expect(await windowsOf({ startedAt: "2026-06-12T10:00", until: "", first: "2026-06-12" })).toEqual([]);
  });

  it("hold no more months than Athena can write of that many workspaces", async () => {
    const retired = (length: number) => Array.from({ length }, (_, index) => String(9000 + index));
    const sunday = { startedAt: "2026-06-07T10:00", until: "2026-06-05" };
    for (const [workspaces, windows] of [
      [33, 2],
      [34, 2],
      [51, 4],
    ] as const)
      expect((await windowsOf(sunday, { retiredWorkspaces: retired(workspaces - 1) })).length).toBe(windows);
    const tooMany = { columnarCopy: "on", workspaces: TWENTY, retiredWorkspaces: retired(MAX_PARTITIONS - 19) };
    expect(() => synthesise(tooMany)).toThrow(/columnarCopy is on, but there are 101 workspaces/);
  });

  it("never begin before the record's first day", async () => {
    const execution = { startedAt: "2026-06-07T10:00", until: "2026-06-05", first: "2026-05-20" };
    expect(await windowsOf(execution)).toEqual(["2026-05-20..2026-06-06"]);
  });

  it("are copied again once a month where segments expire, and what is older is forgotten", async () => {
    const settings = { retentionDays: 400, expireAfterDays: 400, longestRetentionDays: 400 };
    const first = "2025-03-10";
    const daily = await plan({ startedAt: "2026-06-02T10:00", first }, settings);
    expect([daily.forgotten, daily.windows.length]).toEqual(["", 1]);
    const monthly = await plan({ startedAt: "2026-07-01T10:00", until: "2026-06-29", first }, settings);
    expect(monthly).toMatchObject({ forgotten: "2025-03-09", isMonthly: true, oldestMonth: "2026-03" });
    expect(monthly.windows).toEqual([
      { since: "2025-03-10", until: "2025-05-28", isExpiring: true },
      { since: "2026-06-28", until: "2026-06-30", isExpiring: false },
    ]);
    expect((await plan({ startedAt: "2026-07-01T10:00", until: "2026-06-29" })).forgotten).toBe("");
  });

  it("never compare a day of which a segment may have expired, however soon segments do", async () => {
    const expireAfterDays = 100;
    const settings = {
      retentionDays: expireAfterDays,
      acknowledgeShortRetention: expireAfterDays,
      longestRetentionDays: expireAfterDays,
      coldAfterDays: null,
      expireAfterDays,
    };
    const [oldest] = await windowsOf({ startedAt: "2026-06-07T10:00", until: "2026-06-05" }, settings);
    const ageDays = (Date.parse("2026-06-07") - Date.parse(oldest!.slice(0, 10))) / 86_400_000;
    expect(ageDays).toBeLessThan(expireAfterDays);
  });
});

describe("the columnar copy's state machine", () => {
  const own = "arn:aws:states:eu-west-1:123456789012:execution:AsanaAuditArchive-columnar:b";
  const running = (StartDate: string, id: string) => ({ StartDate, ExecutionArn: own.replace(/b$/, id) });
  const isFirst = (...Executions: object[]) =>
    evaluateJsonata(machineOf().States["Find others"].Assign.isFirst, {
      states: { result: { Executions }, context: { Execution: { Id: own } } },
    });

  it("leaves the work to an execution that began earlier, and of two at once to one", async () => {
    const mine = running("2026-06-07T10:00:00.000Z", "b");
    expect(await isFirst(mine)).toBe(true);
    expect(await isFirst(mine, running("2026-06-07T10:00:00.001Z", "a"))).toBe(true);
    expect(await isFirst(mine, running("2026-06-07T04:00:00.000Z", "c"))).toBe(false);
    expect(await isFirst(mine, running(mine.StartDate, "a"))).toBe(false);
    expect(await isFirst(mine, running(mine.StartDate, "c"))).toBe(true);
  });

  it("finds a workspace's first day in its first key", async () => {
    const { Output, Arguments } = machineOf().States["Find first"].ItemProcessor.States["First of workspace"];
    const states = {
      input: "1201",
      result: { Contents: [{ Key: "events/workspace=1201/dt=2026-05-01/000001.ndjson.gz" }] },
    };
    expect(await evaluateJsonata(Output, { states })).toBe("2026-05-01");
    expect(await evaluateJsonata(Output, { states: { result: { KeyCount: 0 } } })).toBe("9999-12-31");
    expect(await evaluateJsonata(Arguments.StartAfter, { states })).toBe(`events/workspace=1201/dt=${UNDATED_DAY}/~`);
  });

  it("puts each day into a statement as a text in quotes, and leaves none out", async () => {
    const { States } = machineOf();
    const bindings = {
      sql: States.Begin.Assign.sql,
      plan: { forgotten: "2025-03-09", oldestMonth: "2026-03" },
      startedAt: "2026-06-07T10:00:00.000Z",
      until: "2026-06-05",
      states: { input: { since: "2026-06-04", until: "2026-06-06" } },
    };
    const tasks = Object.entries({ ...States, ...States.Copy.ItemProcessor.States })
      .map(
        ([name, state]) => [name, (state as { Arguments?: { QueryString?: string } }).Arguments?.QueryString] as const,
      )
      .filter(([, text]) => text !== undefined);
    expect(tasks.length).toBe(15);
    for (const [name, text] of tasks) {
      const sql: string = await evaluateJsonata(text!, bindings);
      expect(sql, name).not.toMatch(/:(since|until|month|checked_at)\b/);
      if (name === "Note copied") expect(sql).toContain("CAST('2026-06-06' AS varchar)");
      if (name === "Note copied") expect(sql).toContain("CAST('2026-06-07 10:00:00' AS timestamp(3))");
      if (name === "Merge") expect(sql).toContain("WHERE dt BETWEEN '2026-06-04' AND '2026-06-06'");
      if (name === "Show copy") expect(sql).toContain("dt <= '2026-06-06'");
    }
  });
});

describe("the columnar copy's statements", () => {
  it("leave out the day under which the functions archive events whose time cannot be read", () => {
    expect(UNDATED_DAY).toBe(ODD_DAY);
    expect(loadColumnar("s3://bucket/events/")["show-copy"]).toContain(`dt > '${ODD_DAY}'`);
  });

  it("are within what Athena takes in a statement, and Step Functions in a definition", () => {
    for (const sql of Object.values(loadColumnar("s3://bucket/events/"))) expect(sql.length).toBeLessThan(262_144);
    expect(JSON.stringify(machineOf()).length).toBeLessThan(1_048_576);
  });

  it("have every question ask a view of the copy that exists, or one that only the record has", () => {
    const fast = loadFastViews().map(({ name }) => name);
    const asked = loadQuestions().flatMap(({ sql }) => [...sql.matchAll(/\b(?:FROM|JOIN) (events|days|people)\b/g)]);
    for (const [, view] of asked) expect(fast).toContain(`${view}_fast`);
  });
});
