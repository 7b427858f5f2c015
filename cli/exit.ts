import { ArchiverError, type ErrorKind } from "../lambda/errors.ts";
import { fileError, fileErrorCode } from "../lambda/stores/file-errors.ts";
import { isCheckout } from "../package/checkout.ts";
import { peerDependencies } from "./version.ts";

/** The exit codes of every command. With several workspaces, the highest of their codes. */
export const EXIT = {
  done: 0,
  /** `verify` found a fault, or `doctor` something that is not as it has to be. */
  checkFailed: 1,
  misused: 2,
  /** `doctor` could not look at something. */
  cannotTell: 2,
  refused: 3,
  /** The source or a store is unavailable, or the source sent an invalid answer: try again later. */
  unavailable: 4,
  halted: 5,
  /** Stopped by a closed terminal, Ctrl-C or SIGTERM before the work was done; the codes are those that shells use. */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_KIND: Record<ErrorKind, ExitCode> = {
  misconfigured: EXIT.misused,
  refused: EXIT.refused,
  unavailable: EXIT.unavailable,
  "invalid-response": EXIT.unavailable,
  halted: EXIT.halted,
};

export const exitCodeOf = (kind: ErrorKind): ExitCode => BY_KIND[kind];

export function highest(codes: readonly ExitCode[]): ExitCode {
  return codes.toSorted((a, b) => b - a)[0] ?? EXIT.done;
}

export type StopSignal = keyof typeof STOPPED_BY;

const STOPPED_BY = { SIGHUP: EXIT.hungUp, SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

/** Why a run was asked to stop; the reason of the signal that every command is given. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: ExitCode;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.exitCode = STOPPED_BY[signal];
  }
}

/** Turns any error into one that says what to do. */
export function toArchiverError(error: unknown): ArchiverError {
  if (error instanceof ArchiverError) return error;
  if (!(error instanceof Error)) return unexpected(String(error), error);
  if (error.name === "SegmentError") {
    const isNewer = "kind" in error && error.kind === "unknown-format";
    const advice = isNewer
      ? "It was written by a newer version: use that version or a later one."
      : "Run verify to see what is damaged. Other segments are not affected.";
    return new ArchiverError("halted", error.message, { advice, cause: error });
  }
  const code = fileErrorCode(error);
  if (code === "EADDRINUSE") {
    const advice = "Choose another --port, or 0 for any free port.";
    return new ArchiverError("misconfigured", "the port is in use", { advice, cause: error });
  }
  if (code === "ERR_MODULE_NOT_FOUND") return notInstalled(error);
  const path = "path" in error && typeof error.path === "string" ? error.path : null;
  if (path === null) return unexpected(error.message, error);
  if (code !== "ENOENT") return fileError(error, path);
  const advice = "Check the path.";
  return new ArchiverError("misconfigured", `${path} does not exist`, { advice, cause: error });
}

/** What only some commands need is not installed with the others: DuckDB alone is larger than all else together. */
function notInstalled(cause: Error): ArchiverError {
  const name = /package '([^']+)'/.exec(cause.message)?.[1] ?? null;
  if (name === null) return unexpected(cause.message, cause);
  return new ArchiverError("misconfigured", `the package ${name} is not installed`, {
    advice: howToInstall(name),
    cause,
  });
}

function howToInstall(name: string): string {
  if (isCheckout) return "Run `npm ci` in the checkout.";
  if (!Object.hasOwn(peerDependencies, name))
    return "Install asana-audit-archive again, together with its dependencies.";
  const [scope] = name.split("/");
  const wanted = Object.entries(peerDependencies).filter(([peer]) => peer.split("/")[0] === scope);
  const packages = wanted.map(([peer, range]) => `${peer}@${range}`).join(" ");
  return `This command needs more than the others. Run \`npm install ${packages}\`, with -g if asana-audit-archive was installed with it.`;
}

/** The command line cannot be carried out as it was given. */
export const misused = (message: string, advice: string) => new ArchiverError("misconfigured", message, { advice });

const unexpected = (message: string, cause: unknown) =>
  new ArchiverError("unavailable", `unexpected error: ${message}`, {
    advice: "Run it again. If it persists, report it with the output of --debug.",
    cause,
  });
