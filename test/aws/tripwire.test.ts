/** The tripwire's patterns, decided by the emulator's EventBridge: a second opinion on the matcher of test/infra. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchesPattern } from "../infra/event-pattern.ts";
import { call, type Event, kinds, rules, shortName } from "../infra/tripwire-calls.ts";
import { authorizationFor, type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";

describe.runIf(isEmulatorInstalled())("the tripwire's patterns in an emulated EventBridge", () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator?.stop());

  const matches = (rule: string, event: Event): Promise<boolean> => {
    const { properties } = rules.find((one) => shortName(one) === rule)!;
    return testPattern(emulator.endpoint, properties.EventPattern, event);
  };

  describe.each(kinds)("$rule", ({ rule, service, names, own, others }) => {
    it.each(names)("%s on this archive's resources matches, and on no other's", async (name) => {
      for (const fields of own)
        expect(await matches(rule, call(service, name, fields)), JSON.stringify(fields)).toBe(true);
      for (const fields of others)
        expect(await matches(rule, call(service, name, fields)), JSON.stringify(fields)).toBe(false);
    });
  });

  it("a refused call matches by what its message names, as the matcher says", async () => {
    const { properties } = rules.find((one) => shortName(one) === "refused")!;
    const refused = (resource: string) =>
      call("any", "AnyName", {
        requestParameters: null,
        errorCode: "AccessDenied",
        errorMessage: `not on ${resource} x`,
      });
    const events = kinds
      .flatMap(({ own, others }) => [...own, ...others])
      .map((fields) => refused(JSON.stringify(fields)));
    const decided = await Promise.all(events.map((one) => matches("refused", one)));
    expect(decided).toEqual(events.map((one) => matchesPattern(properties.EventPattern, one)));
    expect(new Set(decided)).toEqual(new Set([true, false]));
  });
});

/** Throws where EventBridge would not take the pattern. */
async function testPattern(endpoint: string, pattern: unknown, event: Event): Promise<boolean> {
  const whole = { id: "1", version: "0", time: "2026-11-28T12:00:00Z", resources: [], ...event };
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      authorization: authorizationFor("events"),
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSEvents.TestEventPattern",
    },
    body: JSON.stringify({ EventPattern: JSON.stringify(pattern), Event: JSON.stringify(whole) }),
  });
  const answer = (await response.json()) as { Result?: boolean };
  if (answer.Result === undefined) throw new Error(JSON.stringify(answer));
  return answer.Result;
}
