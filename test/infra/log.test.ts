import { afterEach, expect, it, vi } from "vitest";
import { ArchiverError } from "../../lambda/errors.ts";
import { createLogger, createPowertoolsLogger, describeError } from "../../lambda/telemetry/log.ts";
import { catchOutput } from "../fakes/output.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("an error is described by its texts, our kind and advice, and what caused it", () => {
  const cause = Object.assign(new Error("It said no."), { name: "Forbidden", config: { token: "1/canary" } });
  const error = new ArchiverError("refused", "It does not work.", { advice: "Mend it.", status: 403, cause });
  expect(describeError(error)).toStrictEqual({
    name: "ArchiverError",
    message: "It does not work.",
    kind: "refused",
    advice: "Mend it.",
    status: 403,
    stack: error.stack,
    cause: { name: "Forbidden", message: "It said no.", stack: cause.stack },
  });
});

it("an error without a status, a stack or a cause is described without", () => {
  const error = new ArchiverError("halted", "It halts.", { advice: "Look." });
  delete error.stack;
  expect(error).not.toHaveProperty("cause");
  const described = { name: "ArchiverError", message: "It halts.", kind: "halted", advice: "Look." };
  expect(describeError(error)).toStrictEqual(described);
});

it("what is thrown and no error is described by its type only: it may be anything", () => {
  const message = "a value that is not an error was thrown";
  expect(describeError("1/canary")).toStrictEqual({ name: "string", message });
  expect(describeError(new Error("outer", { cause: { token: "1/canary" } })).cause).toStrictEqual({
    name: "object",
    message,
  });
});

it("causes are followed four deep, also where they go in a circle", () => {
  const error = new Error("round");
  error.cause = error;
  let deepest = describeError(error);
  let depth = 0;
  for (; deepest.cause !== undefined; deepest = deepest.cause) depth++;
  expect(depth).toBe(4);
});

it.each([
  ["DEBUG", "DEBUG"],
  ["INFO", "INFO"],
  ["WARN", "WARN"],
  ["ERROR", "ERROR"],
  ["SILENT", "INFO"],
  ["loud", "INFO"],
  [undefined, "INFO"],
])("a log level of %s is %s", (given, taken) => {
  expect(createPowertoolsLogger("archive", given).getLevelName()).toBe(taken);
});

it("a line has its level, its message and a copy of its fields", () => {
  const lines: string[] = [];
  catchOutput((text) => lines.push(text));
  const fields = Object.freeze({ pages: 2 });
  const log = createLogger(createPowertoolsLogger("archive", "DEBUG"));
  log("warn", "a page was odd", fields);
  log("debug", "a page came");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: "WARN", service: "archive", message: "a page was odd", pages: 2 }),
    expect.objectContaining({ level: "DEBUG", service: "archive", message: "a page came" }),
  ]);
});
