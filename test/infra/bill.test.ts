/** The bill that `cost` estimates, against the template that it is the bill of. */
import { describe, expect, it } from "vitest";
import counted from "../../cli/cost/fixed.json" with { type: "json" };
import { pieces } from "../../cli/cost/model.ts";
import { BY_THE_PIECE, BY_USE, countBilled, countFixed, FREE } from "./billed.ts";
import { COPY, OTHER_WORKSPACE, type Resource, resourcesOf, synthesise, WORKSPACE } from "./synth.ts";

describe("the bill", () => {
  it("counts what the template has: npm run docs counts it again", () => {
    expect(counted, "run npm run docs").toEqual(countFixed());
  });

  it.each([
    ["dashboard=on", { dashboard: true }, {}],
    ["operationsKey=archive", { operationsKey: "archive" }, {}],
    ["tokenIn=parameters", { tokenIn: "parameters" }, {}],
    ["tracing=on", { tracing: true }, {}],
    ["keyRotation=on", { keyRotation: true }, {}],
    ["timestampUrls", { timeStamps: true }, { timestampUrls: ["https://tsa.example.com/tsr"] }],
    ["columnarCopy=on", { columnarCopy: true }, { columnarCopy: "on" }],
  ] as const)("knows what the setting %s adds or saves", (_name, input, settings) => {
    const defaults = {
      workspaces: 2,
      dashboard: false,
      operationsKey: "own",
      tokenIn: "secrets",
      timeStamps: false,
      columnarCopy: false,
    } as const;
    const {
      timeStamps: _stamps,
      columnarCopy: _columns,
      ...same
    } = { timeStamps: false, columnarCopy: false, ...input };
    const { stack, each } = countBilled({ ...same, ...settings });
    const expected = Object.fromEntries(
      Object.entries(stack).map(([piece, count]) => [piece, count + 2 * each[piece as keyof typeof each]]),
    );
    expect(pieces({ ...defaults, ...input })).toEqual(expected);
  });

  it("knows of every type of resource whether and how AWS bills it", () => {
    const workspaces = [WORKSPACE, OTHER_WORKSPACE];
    const all = synthesise({
      workspaces,
      dashboard: "on",
      columnarCopy: "on",
      alarmEmails: "you@example.com",
      ...COPY,
    }).toJSON();
    const types = new Set(Object.values(all["Resources"] as Record<string, Resource>).map(({ Type }) => Type));
    expect(types, "say in billed.ts how it is billed").toEqual(new Set([...BY_THE_PIECE, ...BY_USE, ...FREE]));
  });

  it("knows that a second copy adds nothing on the archive's side but alarms", () => {
    const { stack, each } = countBilled();
    const { alarmMetrics } = counted.copy;
    expect(countBilled(COPY)).toEqual({ stack: { ...stack, alarmMetrics: stack.alarmMetrics + alarmMetrics }, each });
  });

  it("rotates the keys that encrypt, and only where the setting asks for it", () => {
    const rotated = (settings: Record<string, unknown>) =>
      Object.values(resourcesOf(synthesise(settings), "AWS::KMS::Key")).filter(
        ({ Properties }) => Properties.EnableKeyRotation === true,
      ).length;
    expect([rotated({}), rotated({ keyRotation: "on" })]).toEqual([0, counted.stack.encryptingKeys]);
  });
});
