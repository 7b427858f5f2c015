import { expect, it } from "vitest";
import { ArchiverError } from "../../lambda/errors.ts";
import { fileError, fileErrorCode, isMissing } from "../../lambda/stores/file-errors.ts";

const systemError = (code: string) => Object.assign(new Error(`${code}: it went wrong, write`), { code });

it.each([
  ["unavailable", "the disk is full", ["ENOSPC", "EDQUOT"], /Free some space/],
  ["unavailable", "too many files are open", ["EMFILE", "ENFILE"], /limit of open files/],
  ["unavailable", "the file system reported an error", ["EIO", "EBUSY"], /Check the disk/],
  ["misconfigured", "access is denied", ["EACCES"], /right to read and write/],
  ["misconfigured", "the file system is read-only", ["EROFS"], /Mount it for writing/],
  ["misconfigured", "a file stands where a folder is needed", ["ENOTDIR", "EEXIST"], /Name a folder/],
  ["misconfigured", "it does not exist", ["ENOENT"], /Check the path/],
  ["misconfigured", "a folder stands where a file is needed", ["EISDIR"], /Name a file/],
  ["misconfigured", "the path is too long", ["ENAMETOOLONG"], /shorter path/],
  ["misconfigured", "symbolic links form a loop", ["ELOOP"], /Name the folder itself/],
  ["misconfigured", "the system does not permit it", ["EPERM"], /protected against changes/],
  ["misconfigured", "the file system cannot do this", ["ENOTSUP", "EOPNOTSUPP", "ENOSYS"], /another file system/],
  ["misconfigured", "parts of the archive are on different file systems", ["EXDEV"], /all of it on one/],
  [
    "unavailable",
    "the disk or network share does not answer any more",
    ["ESTALE", "ENOTCONN", "ENODEV", "ENXIO", "EHOSTDOWN"],
    /Mount it again/,
  ],
])("%s, since %s: %j, with the path and a word on what to do", (kind, cause, codes, advice) => {
  for (const code of codes) {
    const original = systemError(code);
    expect(fileError(original, "/archive/events/1")).toMatchObject({
      kind,
      message: `/archive/events/1: ${cause} (${code}).`,
      cause: original,
      advice: expect.stringMatching(advice),
    });
  }
});

it.each([
  [
    "link",
    "the file system does not let a file have a second name (hard link)",
    ["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"],
  ],
  ["fsync", "the file system cannot say when a file is on the disk", ["EINVAL", "EPERM", "ENOTSUP", "ENOSYS"]],
])("what is refused to the call %s is told of it: %s", (syscall, cause, codes) => {
  for (const code of codes) {
    expect(fileError(Object.assign(systemError(code), { syscall }), "/archive/events/1")).toMatchObject({
      kind: "misconfigured",
      message: expect.stringMatching(
        new RegExp(`^/archive/events/1: ${RegExp.escape(cause)}.* \\(${syscall} ${code}\\)\\.$`),
      ),
    });
  }
});

it("the same code of another call is told as what it is there", () => {
  const error = Object.assign(systemError("EPERM"), { syscall: "open" });
  expect(fileError(error, "/archive").message).toBe("/archive: the system does not permit it (open EPERM).");
  const full = Object.assign(systemError("ENOSPC"), { syscall: "link" });
  expect(fileError(full, "/archive").message).toBe("/archive: the disk is full (link ENOSPC).");
});

it("an error that was told already stays as it is", () => {
  const told = new ArchiverError("halted", "Told.", { advice: "Look." });
  expect(fileError(told, "/archive")).toBe(told);
});

it("anything else is unavailable, and kept as the cause", () => {
  const message = "/archive: the file system reported an error.";
  expect(fileError("odd", "/archive")).toMatchObject({ kind: "unavailable", message, cause: "odd" });
});

it("a code is that of an error, and is text", () => {
  expect(fileErrorCode(systemError("EIO"))).toBe("EIO");
  for (const other of [null, "EIO", { code: "EIO" }, new Error("EIO"), Object.assign(new Error("x"), { code: 5 })]) {
    expect(fileErrorCode(other)).toBe("");
  }
});

it("a file is missing when nothing has its name, or when a file and a folder stand in each other's place", () => {
  for (const code of ["ENOENT", "ENOTDIR", "EISDIR"]) expect(isMissing(systemError(code))).toBe(true);
  for (const code of ["", "EACCES", "ELOOP"]) expect(isMissing(systemError(code))).toBe(false);
});
