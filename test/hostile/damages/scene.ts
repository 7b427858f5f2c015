/** What a damage is, and what several kinds of damage share. */

import type { Random } from "../../../feed/random.ts";
import type { Invariant } from "../../../lambda/archive/invariants.ts";
import { ODD_DAY } from "../../../lambda/event/instant.ts";
import { dayPrefix } from "../../../lambda/segment/key.ts";
import type { Objects } from "../real-archive.ts";
import type { HeldSegment } from "../segments.ts";

/** A copy of an archive to be damaged; `segments` are those that the damage may choose from. */
export interface Scene {
  readonly objects: Objects;
  readonly segments: readonly HeldSegment[];
  readonly random: Random;
}

/** Where verify has to find it, and which logs or objects it may speak of at all (beginnings of keys). */
export interface Done {
  readonly at: string;
  readonly touched: readonly string[];
}

export interface Damage {
  readonly name: string;
  readonly does: string;
  /** The one that verify must name at `at`. */
  readonly invariant: Invariant;
  /** Changes `objects`. Null: this archive has nothing to do it to. */
  readonly apply: (scene: Scene) => Done | null;
}

export const logOf = ({ workspace, day }: { workspace: string; day: string }): string => dayPrefix(workspace, day);
export const done = (key: string, ...more: string[]): Done => ({
  at: key,
  touched: [key.slice(0, key.lastIndexOf("/") + 1), ...more],
});

export function choose(
  { segments, random }: Scene,
  fits: (segment: HeldSegment) => boolean = () => true,
): HeldSegment | null {
  const fitting = segments.filter(fits);
  return fitting.length === 0 ? null : random.pick(fitting);
}

export const isDated = ({ day }: HeldSegment): boolean => day !== ODD_DAY;
export const isLong = ({ lines }: HeldSegment): boolean => lines.length > 1;
/** The event's own gid is the first in its text. */
export const withGid = (line: string, gid: string): string => line.replace(/"gid":"[^"]*"/, `"gid":"${gid}"`);
export const newGid = (random: Random): string => `9${String(random.int(1e9)).padStart(9, "0")}`;
