/** What a run may be told: one definition, read from JSON by the function and from flags by the command line. */
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { readRunSettings, withRunSettings } from "../../cli/options.ts";
import {
  defaultRunSettings,
  parseRunSettings,
  type RunSettings,
  readDefined,
  runSettings,
} from "../../lambda/settings.ts";

/** None is a default. */
const OTHERS: { readonly [K in keyof RunSettings]: readonly [text: string, value: RunSettings[K]] } = {
  overlapMinutes: ["90", 90],
  pageLimit: ["100", 100],
  batchEvents: ["5000", 5000],
  batchMiB: ["8", 8],
  batchMinutes: ["2", 2],
  settledAfterHours: ["12", 12],
  agedAfterDays: ["85", 85],
  expireAfterDays: ["4000", 4000],
};
const cases = Object.entries(OTHERS).map(([name, [text, value]]) => ({ name: name as keyof RunSettings, text, value }));

const texts = Object.fromEntries(cases.map(({ name, text }) => [name, text]));

const flagOf = (name: string): string => {
  const option = withRunSettings(new Command()).options[Object.keys(runSettings).indexOf(name)];
  return option?.long ?? "none";
};
const fromFlags = (...flags: string[]) =>
  readRunSettings(withRunSettings(new Command()).parse(flags, { from: "user" }).opts());

describe("a run setting", () => {
  it("is the default where it is left out: in JSON, as a flag, everywhere", () => {
    expect(defaultRunSettings).toEqual({
      overlapMinutes: 60,
      pageLimit: null,
      batchEvents: 100_000,
      batchMiB: 64,
      batchMinutes: 5,
      settledAfterHours: 6,
      agedAfterDays: 80,
      expireAfterDays: null,
    });
    expect(parseRunSettings("{}")).toEqual(defaultRunSettings);
    expect({ ...defaultRunSettings, ...fromFlags() }).toEqual(defaultRunSettings);
  });

  it("has a flag in words", () => {
    expect(Object.keys(runSettings).map(flagOf)).toEqual([
      "--overlap-minutes",
      "--page-limit",
      "--batch-events",
      "--batch-mib",
      "--batch-minutes",
      "--settled-after-hours",
      "--aged-after-days",
      "--expire-after-days",
    ]);
  });

  it.each(cases)("$name is the same from JSON as from its flag", ({ name, text, value }) => {
    const expected = { ...defaultRunSettings, [name]: value };
    expect(value).not.toEqual(defaultRunSettings[name]);
    expect(parseRunSettings(JSON.stringify({ [name]: value }))).toEqual(expected);
    expect(parseRunSettings(JSON.stringify({ [name]: text }))).toEqual(expected);
    expect({ ...defaultRunSettings, ...fromFlags(flagOf(name), text) }).toEqual(expected);
  });

  it.each(cases)("$name, empty or null, is none where there can be none, and refused elsewhere", ({ name }) => {
    const isOptional = defaultRunSettings[name] === null;
    for (const none of [null, ""]) {
      const { values, problems } = readDefined(runSettings, { ...texts, [name]: none });
      expect(isOptional ? values[name] : problems).toEqual(isOptional ? null : [expect.stringContaining(`${name} is`)]);
    }
  });

  it("written by the stack is read back by the function", () => {
    const { values } = readDefined(runSettings, texts);
    expect(parseRunSettings(JSON.stringify(values))).toEqual(values);
  });

  it("is explained in one sentence", () => {
    for (const { meaning } of Object.values(runSettings)) expect(meaning).toMatch(/^[A-Z][^.]+\.$/);
  });
});

describe("reading settings", () => {
  it("takes null as a value and never as the default: what is off stays off however often it is read", () => {
    const definitions = { coldAfterDays: { ...runSettings.pageLimit, initial: 180 } };
    const read = (given: Record<string, unknown>) => readDefined(definitions, given).values;
    expect(read({})).toEqual({ coldAfterDays: 180 });
    expect(read({ coldAfterDays: undefined })).toEqual({ coldAfterDays: 180 });
    expect(read({ coldAfterDays: "" })).toEqual({ coldAfterDays: null });
    expect(read(read({ coldAfterDays: "" }))).toEqual({ coldAfterDays: null });
  });

  it("names every problem: an unknown name, though every object has it, and a value out of its range", () => {
    expect(readDefined(runSettings, { constructor: 1, batchMiB: 129, agedAfterDays: "89" }).problems).toEqual([
      expect.stringMatching(/^constructor is not a setting\. Known are: overlapMinutes, /),
      "batchMiB is 129: more than 128. Allowed: a whole number of MiB from 1 to 128.",
      'agedAfterDays is "89": more than 88. Allowed: a whole number of days from 30 to 88.',
    ]);
  });

  it.each(["", "{", "null", "[]", '"60"', '{"overlapMinutes":0}', '{"overlap":60}'])("refuses %j as JSON", (text) => {
    expect(parseRunSettings(text)).toBeNull();
  });
});
