/** Options that several commands share, so that they read alike everywhere. */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { mayBeExpired } from "../lambda/archive/invariants.ts";
import {
  compareInstants,
  dayOf,
  type Instant,
  msToInstant,
  ODD_DAY,
  shiftDay,
  startOfDay,
} from "../lambda/event/instant.ts";
import type { Clock } from "../lambda/ports.ts";
import { type Kind, type RunSettings, runSettings, SettingProblem } from "../lambda/settings.ts";
import { collectGid, readInteger } from "./arguments.ts";
import { needs } from "./command.ts";
import { misused } from "./exit.ts";
import { ACCEPTED, checkMoment, readMoment } from "./moment.ts";
import type { PlaceOptions } from "./open.ts";
import { readTimeZone, UTC } from "./time-zone.ts";

export interface WorkspaceOptions {
  readonly workspace: readonly string[];
}

export interface WindowOptions {
  /** As given; `readWindow` reads them. */
  readonly since?: string;
  readonly until?: string;
  readonly tz?: string;
}

/** For commands that do not ask how far a drain has come. */
export const withArchiveAlone = (command: Command): Command =>
  needs(command, "--archive <place>", "a directory, or s3://bucket[/prefix]");

export const withArchive = (command: Command): Command =>
  withArchiveAlone(command).option(
    "--checkpoint <place>",
    "a folder, or dynamodb://table (default: checkpoint in the archive's directory)",
  );

export const withWorkspaces = (command: Command): Command =>
  needs(command, "--workspace <gid>", "gid of a workspace; may be repeated", collectGid);

/** For commands that read an archive: all its workspaces unless some are named. */
export const withSomeWorkspaces = (command: Command): Command =>
  command.option("--workspace <gid>", "only this workspace; may be repeated", collectGid);

/** A flag for each setting of a run, made from its definition: `batchMiB` is `--batch-mib`. */
const runFlags = Object.entries(runSettings).map(([name, { kind, initial, meaning }]) => {
  const flag = name.replace(/[A-Z](?!$)/g, "-$&").toLowerCase();
  const option = new Option(`--${flag} <n>`, meaning.charAt(0).toLowerCase() + meaning.slice(1, -1))
    .argParser((text) => readSetting(kind, text))
    .helpGroup("Settings of a run:");
  return { name, option: initial === null ? option : option.default(initial) };
});

function readSetting<T>(kind: Kind<T>, text: string): T {
  try {
    return kind.read(text);
  } catch (error) {
    throw error instanceof SettingProblem ? new InvalidArgumentError(`Give ${kind.allowed}.`) : error;
  }
}

/** What may be set in a configuration file and in the environment too, by key: the flag that says the same. */
export const CONFIG_KEYS: Readonly<Record<string, string>> = {
  archive: "--archive",
  checkpoint: "--checkpoint",
  workspaces: "--workspace",
  tokenFile: "--token-file",
  source: "--source",
  attempts: "--attempts",
  ...Object.fromEntries(runFlags.map(({ name, option }) => [name, option.long!])),
};

export const PATH_KEYS: readonly string[] = ["archive", "checkpoint", "tokenFile"];

/** Of a key of these, the value that means from everywhere what it means from `folder`. */
export const absolutePlace = (key: string, value: string, folder: string): string =>
  PATH_KEYS.includes(key) && !/^\w+:\/\//.test(value) ? resolve(folder, value) : value;

/** All of them, or some. */
export function withRunSettings(command: Command, names: readonly string[] = Object.keys(runSettings)): Command {
  for (const { name, option } of runFlags) if (names.includes(name)) command.addOption(option);
  return command;
}

/** The settings of a run among a command's options. */
export function readRunSettings(options: object): Partial<RunSettings> {
  const values = options as Record<string, unknown>;
  const given = runFlags.map(({ name, option }) => [name, values[option.attributeName()]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** The same flags, with the same meaning, wherever a window is asked for. */
export const withWindow = (command: Command, of: string): Command =>
  withTimeZone(
    command
      .option(`${SINCE} <when>`, `${of} at or after this: ${ACCEPTED}`, checkMoment)
      .option(`${UNTIL} <when>`, `${of} before this; 7d counts back from now`, checkMoment),
    "time zone of days, and of times without one",
  );

/** For questions, which count back from the end of the archive. */
export const withQuestionWindow = (command: Command): Command =>
  command
    .option(`${SINCE} <when>`, `events at or after this: ${ACCEPTED}`, checkMoment)
    .option(`${UNTIL} <when>`, "events before this; 7d counts back from the end of the archive", checkMoment);

/** Each with its older name, which means the same. */
export const SINCE = "--from, --since";
export const UNTIL = "--to, --until";

export const withTimeZone = (command: Command, meaning: string): Command =>
  command.option("--tz <zone>", `${meaning}, such as Europe/Berlin (default: UTC)`, readTimeZone);

/** Null: no window was given. A missing side is open. */
export function readWindow(
  { since, until, tz }: WindowOptions,
  clock: Pick<Clock, "now">,
): { startAt: Instant | null; endAt: Instant | null } | null {
  if (since === undefined && until === undefined) return null;
  const context = { zone: tz ?? UTC, now: msToInstant(clock.now()) };
  const [startAt, endAt] = [since, until].map((text) => (text === undefined ? null : readMoment(text, context)));
  if (startAt && endAt && compareInstants(startAt, endAt) >= 0) {
    throw misused("--since is not before --until.", "Give a window that is not empty; --until is exclusive.");
  }
  return { startAt: startAt ?? null, endAt: endAt ?? null };
}

/** The days that a window touches: `from` on and before `to`. No log is older than the odd day's. */
export function readDays(
  options: WindowOptions,
  clock: Pick<Clock, "now">,
): { readonly from?: string; readonly to?: string } {
  const { startAt = null, endAt = null } = readWindow(options, clock) ?? {};
  const end = endAt === null ? null : dayOf(endAt);
  return daysFrom(
    startAt === null ? null : dayOf(startAt),
    end === null || startOfDay(end) === endAt ? end : shiftDay(end, 1),
  );
}

export function daysFrom(from: string | null, to: string | null): { readonly from?: string; readonly to?: string } {
  return {
    ...(from !== null && { from: from < ODD_DAY ? ODD_DAY : from }),
    ...(to !== null && { to: to < ODD_DAY ? ODD_DAY : to }),
  };
}

export interface ExpiryOptions {
  readonly expireAfterDays?: number;
}

/** The longest that the setting of the stack allows. */
const MAX_EXPIRY_DAYS = 36_500;

export const withExpiry = (command: Command): Command =>
  command.option(
    "--expire-after-days <n>",
    "after how many days the bucket's lifecycle rule deletes segments",
    readInteger(1, MAX_EXPIRY_DAYS),
  );

/** Which days' segments a lifecycle may have removed by now. */
export function readExpiry({ expireAfterDays }: ExpiryOptions, clock: Pick<Clock, "now">): (day: string) => boolean {
  const today = dayOf(msToInstant(clock.now()));
  return (day) => mayBeExpired(day, expireAfterDays ?? null, today);
}

export type ReadOptions = PlaceOptions & Partial<WorkspaceOptions> & WindowOptions;
