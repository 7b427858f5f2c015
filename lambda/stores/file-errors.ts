import { ArchiverError, type ErrorKind } from "../errors.ts";

/** The `code` of a file system error; empty for anything else. */
export function fileErrorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** The file does not exist: nothing has the name, or a folder stands where a file was expected, or the reverse. */
export const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR", "EISDIR"].includes(fileErrorCode(error));

/** What a file system error means for whoever runs the archiver. An ArchiverError passes as it is. */
export function fileError(error: unknown, path: string): ArchiverError {
  if (error instanceof ArchiverError) return error;
  const code = fileErrorCode(error);
  const [kind, cause, advice] = MEANINGS[code] ?? UNKNOWN;
  return new ArchiverError(kind, `${path}: ${cause}${code === "" ? "" : ` (${code})`}.`, { advice, cause: error });
}

type Meaning = readonly [kind: ErrorKind, cause: string, advice: string];

const FULL: Meaning = [
  "unavailable",
  "the disk is full",
  "Free some space and run again; nothing archived is lost, and no half segment is left.",
];
const FORBIDDEN: Meaning = [
  "misconfigured",
  "access is denied",
  "Give this user the right to read and write there, or name another folder.",
];
const NO_FOLDER: Meaning = [
  "misconfigured",
  "a file stands where a folder is needed",
  "Name a folder, or move the file out of the way.",
];
const NO_LINKS: Meaning = [
  "misconfigured",
  "the file system cannot link a file to a second name, so nothing can be created there exactly once",
  "Keep the archive on a file system with hard links, such as ext4, xfs, apfs or ntfs.",
];
const TOO_MANY: Meaning = [
  "unavailable",
  "too many files are open",
  "Close other programs or raise the limit of open files, then run again.",
];
const UNKNOWN: Meaning = [
  "unavailable",
  "the file system reported an error",
  "Check the disk, then run again; what is archived stays as it is.",
];

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: ["misconfigured", "the file system is read-only", "Mount it for writing, or name another folder."],
  ENOTDIR: NO_FOLDER,
  EEXIST: NO_FOLDER,
  ENOENT: ["misconfigured", "it does not exist", "Check the path, and that its disk is there."],
  EISDIR: ["misconfigured", "a folder stands where a file is needed", "Name a file, or move the folder away."],
  ENAMETOOLONG: ["misconfigured", "the path is too long", "Name a folder with a shorter path."],
  ELOOP: ["misconfigured", "symbolic links form a loop", "Name the folder itself."],
  ENOTSUP: NO_LINKS,
  EOPNOTSUPP: NO_LINKS,
  ENOSYS: NO_LINKS,
  EXDEV: NO_LINKS,
  EMFILE: TOO_MANY,
  ENFILE: TOO_MANY,
};
