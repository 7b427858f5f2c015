/** Options that several commands share, so that they read alike everywhere. */
import type { Command } from "commander";
import { compareInstants, dayOf, type Instant, ODD_DAY, shiftDay, startOfDay } from "../lambda/event/instant.ts";
import { collectGid, readInstant } from "./arguments.ts";
import { needs } from "./command.ts";
import { misused } from "./exit.ts";
import type { PlaceOptions } from "./open.ts";

export interface WorkspaceOptions {
  readonly workspace: readonly string[];
}

export interface WindowOptions {
  readonly from?: Instant;
  readonly to?: Instant;
}

export const withArchive = (command: Command): Command =>
  needs(command, "--archive <place>", "a directory, or s3://bucket[/prefix]").option(
    "--checkpoint <place>",
    "a folder, or dynamodb://table (default: checkpoint in the directory)",
  );

export const withWorkspaces = (command: Command): Command =>
  needs(command, "--workspace <gid>", "gid of a workspace; may be given several times", collectGid);

/** For commands that read an archive: all its workspaces unless some are named. */
export const withSomeWorkspaces = (command: Command): Command =>
  command.option("--workspace <gid>", "only this workspace; may be given several times", collectGid);

export const withWindow = (command: Command, of: string): Command =>
  command
    .option("--from <when>", `${of} from this date or instant on`, readInstant)
    .option("--to <when>", `${of} before this date or instant`, readInstant);

/** Null: no window was given. A missing side is open. */
export function readWindow({ from, to }: WindowOptions): { startAt: Instant | null; endAt: Instant | null } | null {
  if (from === undefined && to === undefined) return null;
  if (from !== undefined && to !== undefined && compareInstants(from, to) >= 0) {
    throw misused("--from is not before --to.", "Give a window that is not empty; --to itself is left out.");
  }
  return { startAt: from ?? null, endAt: to ?? null };
}

/** The days that a window touches: `from` on and before `to`. No log is older than the odd day's. */
export function readDays(options: WindowOptions): { readonly from?: string; readonly to?: string } {
  const { startAt = null, endAt = null } = readWindow(options) ?? {};
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

export type ReadOptions = PlaceOptions & Partial<WorkspaceOptions> & WindowOptions;
