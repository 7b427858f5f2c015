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
  const syscall = syscallOf(error);
  const [kind, cause, advice] = BY_CALL[syscall]?.[code] ?? MEANINGS[code] ?? UNKNOWN;
  const what = [syscall, code].filter((word) => word !== "").join(" ");
  return new ArchiverError(kind, `${path}: ${cause}${what === "" ? "" : ` (${what})`}.`, { advice, cause: error });
}

/** What was asked of the system, such as `link`: the same code means one thing here and another there. */
const syscallOf = (error: unknown): string =>
  error instanceof Error && "syscall" in error && typeof error.syscall === "string" ? error.syscall : "";

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
const NOT_PERMITTED: Meaning = [
  "misconfigured",
  "the system does not permit it",
  "Look whether the folder or the disk is protected against changes, by an attribute, a policy or a sandbox.",
];
const UNSUPPORTED: Meaning = [
  "misconfigured",
  "the file system cannot do this",
  "Keep the archive on another file system, such as ext4, xfs, btrfs or apfs.",
];
const NO_LINKS: Meaning = [
  "misconfigured",
  "the file system does not let a file have a second name (hard link), without which nothing can be created there exactly once",
  "Keep the archive on a file system with hard links, such as ext4, xfs, btrfs or apfs; FAT and exFAT have none.",
];
const NO_SYNC: Meaning = [
  "misconfigured",
  "the file system cannot say when a file is on the disk, so what is archived there could be lost",
  "Keep the archive on another file system, such as ext4, xfs, btrfs or apfs.",
];
const TWO_DISKS: Meaning = [
  "misconfigured",
  "parts of the archive are on different file systems",
  "Keep all of it on one: nothing below its folder may be a disk of its own.",
];
const AWAY: Meaning = [
  "unavailable",
  "the disk or network share does not answer any more",
  "Mount it again, then run again; what is archived stays as it is.",
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
  EPERM: NOT_PERMITTED,
  EROFS: ["misconfigured", "the file system is read-only", "Mount it for writing, or name another folder."],
  ENOTDIR: NO_FOLDER,
  EEXIST: NO_FOLDER,
  ENOENT: ["misconfigured", "it does not exist", "Check the path, and that its disk is there."],
  EISDIR: ["misconfigured", "a folder stands where a file is needed", "Name a file, or move the folder away."],
  ENAMETOOLONG: ["misconfigured", "the path is too long", "Name a folder with a shorter path."],
  ELOOP: ["misconfigured", "symbolic links form a loop", "Name the folder itself."],
  ENOTSUP: UNSUPPORTED,
  EOPNOTSUPP: UNSUPPORTED,
  ENOSYS: UNSUPPORTED,
  EXDEV: TWO_DISKS,
  ESTALE: AWAY,
  ENOTCONN: AWAY,
  ENODEV: AWAY,
  ENXIO: AWAY,
  EHOSTDOWN: AWAY,
  EMFILE: TOO_MANY,
  ENFILE: TOO_MANY,
};

/** Where the call says more than the code. */
const BY_CALL: Readonly<Record<string, Readonly<Record<string, Meaning>>>> = {
  link: { EPERM: NO_LINKS, ENOTSUP: NO_LINKS, EOPNOTSUPP: NO_LINKS, ENOSYS: NO_LINKS, EMLINK: NO_LINKS },
  fsync: { EINVAL: NO_SYNC, EPERM: NO_SYNC, ENOTSUP: NO_SYNC, EOPNOTSUPP: NO_SYNC, ENOSYS: NO_SYNC },
};
