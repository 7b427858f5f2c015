import { describe, expect, it } from "vitest";
import { halt, haltAt } from "../../lambda/archive/halts.ts";
import { type Invariant, violation } from "../../lambda/archive/violation.ts";

describe("a halt", () => {
  it("says where, what and which promise, and keeps its cause", () => {
    const cause = new Error("bits");
    const error = halt(violation("I5", "events/x", "was listed but is gone"), cause);
    expect(error).toMatchObject({ kind: "halted", message: "events/x was listed but is gone (I5).", cause });
  });

  it.each<[Invariant, string]>([
    [
      "I4",
      "Check that this is the right archive. If it is, restore it; if the loss is accepted, delete the checkpoint and drain again.",
    ],
    ["I5", "Run verify on that day, and restore what is missing or damaged from object versions or from a copy."],
    ["I3", "Run verify on that day, and restore what is missing or damaged from object versions or from a copy."],
  ])("for %s advises what can be done about it", (invariant, advice) => {
    expect(halt(violation(invariant, "events/x", "is missing"))).toMatchObject({ advice });
  });

  it.each([
    ["events/workspace=1/dt=2026-05-01/000001.ndjson.gz", "2026-05-01"],
    ["events/x", undefined],
  ])("names the day of %s", (key, day) => {
    expect(halt(violation("I5", key, "is gone")).day).toBe(day);
  });

  it("is made of the first fault, and of none there is none", () => {
    expect(() => haltAt([])).not.toThrow();
    expect(() => haltAt([violation("I3", "k1", "is missing"), violation("I5", "k2", "is gone")])).toThrow(
      "k1 is missing (I3).",
    );
  });
});
