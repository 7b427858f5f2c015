import { expect, it } from "vitest";
import { ArchiverError } from "../../lambda/errors.ts";
import { fileError } from "../../lambda/stores/file-errors.ts";

const systemError = (code: string) => Object.assign(new Error(`${code}: it went wrong, write`), { code });

it.each([
  ["ENOSPC", "unavailable", "the disk is full"],
  ["EDQUOT", "unavailable", "the disk is full"],
  ["EMFILE", "unavailable", "too many files are open"],
  ["EIO", "unavailable", "the file system did not do what it was asked"],
  ["EACCES", "misconfigured", "access is denied"],
  ["EROFS", "misconfigured", "the file system is read-only"],
  ["ENOTDIR", "misconfigured", "a file stands where a folder is needed"],
  ["EXDEV", "misconfigured", "cannot link a file to a second name"],
])("%s is %s: %s, with the path and a word on what to do", (code, kind, cause) => {
  const original = systemError(code);
  const error = fileError(original, "/archive/events/1");
  expect(error).toMatchObject({ kind, cause: original, advice: expect.stringMatching(/^[A-Z].*\.$/) });
  expect(error.message).toContain(cause);
  expect(error.message).toContain("/archive/events/1");
  expect(error.message).toContain(code);
});

it("an error that was told already stays as it is", () => {
  const told = new ArchiverError("halted", "Told.", { advice: "Look." });
  expect(fileError(told, "/archive")).toBe(told);
});

it("anything else is unavailable, and kept as the cause", () => {
  expect(fileError("odd", "/archive")).toMatchObject({ kind: "unavailable", cause: "odd" });
});
