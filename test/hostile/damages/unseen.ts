/**
 * What no look at an archive alone can show, because what is left is an archive that could have been written so. Some
 * of it the drain's checkpoint knows better; the rest is what seals are for.
 */
import type { Invariant } from "../../../lambda/archive/invariants.ts";
import { workspacePrefix } from "../../../lambda/segment/key.ts";
import { beforeOf, type HeldSegment, remake } from "../segments.ts";
import { choose, isDated, logOf, newGid, type Scene, withGid } from "./scene.ts";

export interface UnseenDamage {
  readonly name: string;
  readonly does: string;
  /** What verify names when it is given the checkpoint; null: nothing. */
  readonly byCheckpoint: Invariant | null;
  /** False: this archive has nothing to do it to. */
  readonly apply: (scene: Scene) => boolean;
}

/** The checkpoint knows how far the logs of the newest three days were. */
const KNOWN_DAYS = 3;

const daysOf = ({ segments }: Scene, workspace: string): string[] =>
  [...new Set(segments.filter((one) => one.workspace === workspace && isDated(one)).map(({ day }) => day))].sort();
const isKnown = (scene: Scene, { workspace, day }: HeldSegment): boolean =>
  daysOf(scene, workspace).slice(-KNOWN_DAYS).includes(day);
const isForgotten = (scene: Scene, segment: HeldSegment): boolean => isDated(segment) && !isKnown(scene, segment);
const edited = (line: string): string => line.replace(/"event_type":"./, '"event_type":"X');

/** From `from` on, every segment of its log made anew to fit, `from` with its first line edited. */
function remakeFrom({ objects, segments }: Scene, from: HeldSegment): true {
  const log = segments.filter((one) => logOf(one) === logOf(from) && one.number >= from.number);
  let before = beforeOf(objects, from);
  for (const segment of log.sort((a, b) => a.number - b.number)) {
    const lines = segment === from ? segment.lines.with(0, edited(segment.lines[0]!)) : segment.lines;
    const { writer, run } = segment.manifest;
    const made = remake(segment, lines, before, { writer, run });
    objects.set(made.key, made.bytes);
    before = made;
  }
  return true;
}

const deleting =
  (fits: (scene: Scene, segment: HeldSegment) => boolean, also: (chosen: HeldSegment, other: HeldSegment) => boolean) =>
  (scene: Scene): boolean => {
    const chosen = choose(scene, (segment) => fits(scene, segment));
    for (const other of scene.segments) {
      if (chosen !== null && also(chosen, other)) scene.objects.delete(other.key);
    }
    return chosen !== null;
  };

const isSameLog = (a: HeldSegment, b: HeldSegment): boolean => logOf(a) === logOf(b);
const isBehind = (a: HeldSegment, b: HeldSegment): boolean => isSameLog(a, b) && b.number >= a.number;

export const UNSEEN: readonly UnseenDamage[] = [
  {
    name: "end of a recent day cut off",
    does: "deletes the last segments of one of the newest three days",
    byCheckpoint: "I4",
    apply: deleting((scene, segment) => isKnown(scene, segment) && segment.number > 1, isBehind),
  },
  {
    name: "end of an older day cut off",
    does: "deletes the last segments of an older day",
    byCheckpoint: null,
    apply: deleting((scene, segment) => isForgotten(scene, segment) && segment.number > 1, isBehind),
  },
  {
    name: "recent day deleted",
    does: "deletes one of the newest three days",
    byCheckpoint: "I4",
    apply: deleting(isKnown, isSameLog),
  },
  {
    name: "older day deleted",
    does: "deletes an older day",
    byCheckpoint: null,
    apply: deleting(isForgotten, isSameLog),
  },
  {
    name: "workspace deleted",
    does: "deletes a workspace, and verify is not asked for it by name",
    byCheckpoint: null,
    apply: deleting(
      () => true,
      (chosen, other) => chosen.workspace === other.workspace,
    ),
  },
  {
    name: "recent day made anew",
    does: "edits an event of one of the newest three days and makes all behind it anew",
    byCheckpoint: "I4",
    apply: (scene) => {
      const chosen = choose(scene, (segment) => isKnown(scene, segment));
      return chosen !== null && remakeFrom(scene, chosen);
    },
  },
  {
    name: "older day made anew",
    does: "edits an event of an older day and makes all behind it anew",
    byCheckpoint: null,
    apply: (scene) => {
      const chosen = choose(scene, (segment) => isForgotten(scene, segment));
      return chosen !== null && remakeFrom(scene, chosen);
    },
  },
  {
    name: "forged event appended",
    does: "appends a segment with an event that never happened, right in all its parts",
    byCheckpoint: null,
    apply: (scene) => {
      const last = choose(scene, (segment) => isDated(segment) && segment.isLast);
      if (last === null) return false;
      const place = { ...last, number: last.number + 1 };
      const line = withGid(scene.random.pick(last.lines), newGid(scene.random));
      const made = remake(place, [line], beforeOf(scene.objects, place));
      scene.objects.set(made.key, made.bytes);
      return true;
    },
  },
  {
    name: "copied to another workspace",
    does: "copies a whole workspace to another gid, manifests made anew",
    byCheckpoint: null,
    apply: (scene) => {
      const chosen = choose(scene)!;
      const all = scene.segments.filter(({ workspace }) => workspace === chosen.workspace);
      for (const segment of all.sort((a, b) => a.number - b.number)) {
        const place = { ...segment, workspace: "77" };
        const made = remake(place, segment.lines, beforeOf(scene.objects, place));
        scene.objects.set(made.key, made.bytes);
      }
      return scene.objects.has(`${workspacePrefix("77")}dt=${chosen.day}/000001.ndjson.gz`);
    },
  },
];
