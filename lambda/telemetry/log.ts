import { Logger as PowertoolsLogger } from "@aws-lambda-powertools/logger";
import { ArchiverError } from "../errors.ts";
import type { Logger } from "../ports.ts";

/** JSON lines on standard output, each with the request's id. Level from `logLevel`, else info. */
export const createPowertoolsLogger = (archiveName: string, logLevel: string | undefined): PowertoolsLogger =>
  new PowertoolsLogger({ serviceName: archiveName, logLevel: isLevel(logLevel) ? logLevel : "INFO" });

const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"] as const;
const isLevel = (level: string | undefined): level is (typeof LEVELS)[number] => LEVELS.some((one) => one === level);

/** The port of the core. What it is given holds gids, counts, days and sizes only. */
export const createLogger =
  (powertools: PowertoolsLogger): Logger =>
  (level, message, fields = {}) =>
    powertools[level](message, { ...fields });

/** SDK errors carry whole requests and responses, so only their text for people is logged. */
export interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly kind?: string;
  readonly advice?: string;
  readonly status?: number;
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

const DEEPEST_CAUSE = 4;

export function describeError(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { name: typeof error, message: "a value that is not an error was thrown" };
  return {
    name: error.name,
    message: error.message,
    ...(error instanceof ArchiverError ? { kind: error.kind, advice: error.advice } : {}),
    ...(error instanceof ArchiverError && error.status !== undefined ? { status: error.status } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth === DEEPEST_CAUSE ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
