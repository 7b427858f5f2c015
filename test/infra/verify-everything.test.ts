/** The state machine that verifies a whole archive, as it is deployed. That it runs is shown on the emulator. */
import { describe, expect, it } from "vitest";
import { definitionOf } from "../../infra/constructs/verify-everything.ts";
import { readVerifierInput } from "../../lambda/config.ts";
import { resourcesOf, synthesise, theOne } from "./synth.ts";

interface State {
  readonly Type: string;
  readonly Parameters?: { readonly Payload?: Readonly<Record<string, unknown>> };
  readonly Retry?: readonly object[];
  readonly Catch?: readonly { readonly Next: string }[];
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, State>> };
  readonly MaxConcurrency?: number;
}

const { States } = definitionOf("arn:function", "bucket") as { readonly States: Readonly<Record<string, State>> };
const portions = States["VerifyPortions"]!;
const steps = [...Object.values(States), ...Object.values(portions.ItemProcessor!.States)].filter(
  ({ Type }) => Type === "Task",
);

describe("the state machine that verifies everything", () => {
  it("asks the function for nothing that it would refuse", () => {
    const given: Readonly<Record<string, unknown>> = {
      "$$.Execution.Name": "5f3a-1",
      "$$.Execution.StartTime": "2026-11-28T17:30:00.123Z",
      "$.run": "5f3a-1",
      "$.portion": 7,
      "$.failure": { Error: "States.TaskFailed", Cause: "why" },
    };
    const inputs = steps.map(({ Parameters }) =>
      readVerifierInput(
        Object.fromEntries(
          Object.entries(Parameters!.Payload!).map(([name, value]) =>
            name.endsWith(".$") ? [name.slice(0, -2), given[String(value)]] : [name, value],
          ),
        ),
      ),
    );
    expect(inputs.map(({ task }) => task).sort()).toEqual(["plan", "portion", "report", "report"]);
  });

  it("tries every step again, and leaves a report of what failed in spite of that", () => {
    for (const step of steps) expect(step.Retry).toHaveLength(1);
    for (const name of ["Plan", "VerifyPortions", "Report"])
      expect(States[name]!.Catch).toMatchObject([{ Next: "ReportFailure" }]);
  });

  it("leaves room for the archiver where an account may run ten functions at once", () => {
    expect(portions.MaxConcurrency).toBe(5);
  });

  it("is started every 30 days by default, the first time with the deployment, and looked after every day", () => {
    const schedules = Object.entries(resourcesOf(synthesise(), "AWS::Scheduler::Schedule"))
      .filter(([id]) => id.includes("VerifyEverything"))
      .map(([, { Properties }]) => Properties.ScheduleExpression);
    expect(schedules.sort()).toEqual(["cron(0 5 * * ? *)", "rate(30 days)"]);
  });

  it("can be started by hand where no schedule is wanted", () => {
    const template = synthesise({ verifyEveryDays: null });
    expect(theOne(template, "AWS::StepFunctions::StateMachine").Properties.StateMachineType).toBe("STANDARD");
    const schedules = Object.keys(resourcesOf(template, "AWS::Scheduler::Schedule"));
    expect(schedules.filter((id) => id.includes("VerifyEverything"))).toEqual([]);
  });
});
