/** Segments that are gone, elsewhere, or not alone. */
import { ODD_DAY, shiftDay } from "../../../lambda/event/instant.ts";
import { dayPrefix, type SegmentPlace, segmentKey, workspacePrefix } from "../../../lambda/segment/key.ts";
import { withManifest } from "../../segment/forge.ts";
import { beforeOf, remake } from "../segments.ts";
import { choose, type Damage, done, logOf } from "./scene.ts";

/** Where queries would read an object as a segment, and it is none. */
export const strangeKeys = ({ workspace, day, number }: SegmentPlace): string[] => [
  `${dayPrefix(workspace, day)}notes.txt`,
  `${dayPrefix(workspace, day)}${number}.ndjson.gz`,
  `${dayPrefix(workspace, day)}000001.ndjson`,
  `${dayPrefix(workspace, day)}000001.ndjson.gz.bak`,
  `${dayPrefix(workspace, day)}1000000.ndjson.gz`,
  `${dayPrefix(workspace, day)}000000.ndjson.gz`,
  `${dayPrefix(workspace, day)}deeper/000001.ndjson.gz`,
  `events/workspace=${workspace}/dt=${day.slice(0, 7)}-32/000001.ndjson.gz`,
  `events/workspace=${workspace}/dt=2001-01-01/000001.ndjson.gz`,
  `events/workspace=abc/dt=${day}/000001.ndjson.gz`,
  `events/workspace=${workspace}/000001.ndjson.gz`,
  "events/000001.ndjson.gz",
  "events/readme",
  `events/workspace=${workspace}/zzz`,
  "events/.x.ndjson.gz",
  "events/.hidden/000001.ndjson.gz",
  `${dayPrefix(workspace, day)}.x.ndjson.gz`,
  `${dayPrefix(workspace, day)}.hidden/000001.ndjson.gz`,
];

export const placeDamages: readonly Damage[] = [
  {
    name: "segment deleted",
    does: "deletes a segment that is not the last of its log",
    invariant: "I3",
    apply: (scene) => {
      const segment = choose(scene, ({ isLast }) => !isLast);
      if (segment === null) return null;
      scene.objects.delete(segment.key);
      return done(segment.key);
    },
  },
  {
    name: "renumbered",
    does: "gives the last segment of a log a higher number",
    invariant: "I3",
    apply: (scene) => {
      const segment = choose(scene, ({ isLast }) => isLast);
      if (segment === null) return null;
      scene.objects.delete(segment.key);
      const key = segmentKey(segment.workspace, segment.day, segment.number + 1 + scene.random.int(99));
      scene.objects.set(key, segment.bytes);
      return done(key);
    },
  },
  {
    name: "closed up",
    does: "deletes a segment and renumbers those behind it, manifests included but for the hashes of the chain",
    invariant: "I3",
    apply: (scene) => {
      const segment = choose(scene, ({ isLast }) => !isLast);
      if (segment === null) return null;
      const behind = scene.segments.filter((other) => logOf(other) === logOf(segment) && other.number > segment.number);
      scene.objects.delete(segment.key);
      for (const other of behind) {
        scene.objects.delete(other.key);
      }
      for (const other of behind) {
        const number = other.number - 1;
        const previous = number === 1 ? null : other.manifest.previous;
        const key = segmentKey(other.workspace, other.day, number);
        scene.objects.set(key, withManifest(other.bytes, { number, previous }));
      }
      return done(segment.key);
    },
  },
  {
    name: "swapped",
    does: "swaps two segments of a log",
    invariant: "I3",
    apply: (scene) => {
      const segment = choose(scene, ({ isLast }) => !isLast);
      if (segment === null) return null;
      const next = segmentKey(segment.workspace, segment.day, segment.number + 1);
      scene.objects.set(segment.key, scene.objects.get(next)!).set(next, segment.bytes);
      return done(segment.key);
    },
  },
  {
    name: "copied behind",
    does: "copies a segment to the end of its log",
    invariant: "I3",
    apply: (scene) => {
      const last = choose(scene, ({ isLast }) => isLast);
      if (last === null) return null;
      const key = segmentKey(last.workspace, last.day, last.number + 1);
      scene.objects.set(key, last.bytes);
      return done(key);
    },
  },
  {
    name: "moved to another day",
    does: "moves the last segment of a log to another day's",
    invariant: "I6",
    apply: (scene) => {
      const segment = choose(scene, ({ isLast }) => isLast);
      if (segment === null) return null;
      const day = shiftDay(segment.day, 400 + scene.random.int(400));
      scene.objects.delete(segment.key);
      const key = segmentKey(segment.workspace, day, 1);
      scene.objects.set(key, segment.bytes);
      return done(key, logOf(segment));
    },
  },
  {
    name: "moved to another day, made anew",
    does: "moves a whole log to another day, manifests and chain made anew, lines as they are",
    invariant: "I6",
    apply: (scene) => {
      const segment = choose(scene, ({ number, isLast, day }) => number === 1 && isLast && day !== ODD_DAY);
      if (segment === null) return null;
      const day = shiftDay(segment.day, 1 + scene.random.int(300));
      if (scene.objects.has(segmentKey(segment.workspace, day, 1))) return null;
      scene.objects.delete(segment.key);
      const { oldest, newest, logNewest } = segment.manifest;
      const moved = remake({ ...segment, day, number: 1 }, segment.lines, null, { oldest, newest, logNewest });
      scene.objects.set(moved.key, moved.bytes);
      return done(moved.key);
    },
  },
  {
    name: "moved to another workspace",
    does: "moves the last segment of a log to another workspace",
    invariant: "I6",
    apply: (scene) => {
      const segment = choose(scene, ({ isLast }) => isLast);
      if (segment === null) return null;
      scene.objects.delete(segment.key);
      const key = segmentKey("77", segment.day, 1);
      scene.objects.set(key, segment.bytes);
      return done(key, logOf(segment));
    },
  },
  {
    name: "put in another's place",
    does: "replaces a segment by the one of the same number of another workspace or day",
    invariant: "I6",
    apply: (scene) => {
      const segment = choose(scene);
      if (segment === null) return null;
      const other = choose(scene, (found) => found.number === segment.number && logOf(found) !== logOf(segment));
      if (other === null) return null;
      scene.objects.set(segment.key, other.bytes);
      return done(segment.key, workspacePrefix(segment.workspace)); // where its events may be a second time
    },
  },
  {
    name: "extra object",
    does: "puts an object that is no segment where queries look",
    invariant: "I6",
    apply: (scene) => {
      const segment = choose(scene);
      if (segment === null) return null;
      const key = scene.random.pick(strangeKeys(segment));
      scene.objects.set(key, segment.bytes);
      return { at: key, touched: [key] };
    },
  },
  {
    name: "chain made anew up to the last",
    does: "edits a line and makes that segment and all behind it anew, but the last",
    invariant: "I3",
    apply: (scene) => {
      const segment = choose(scene, ({ isLast }) => !isLast);
      if (segment === null) return null;
      const log = scene.segments.filter((other) => logOf(other) === logOf(segment)).sort((a, b) => a.number - b.number);
      let before = beforeOf(scene.objects, segment);
      for (const other of log.filter(({ number, isLast }) => number >= segment.number && !isLast)) {
        const changed = other === segment ? other.lines.with(0, other.lines[0]!.replace("{", "{ ")) : other.lines;
        const { writer, run } = other.manifest;
        const made = remake(other, changed, before, { writer, run });
        scene.objects.set(made.key, made.bytes);
        before = made;
      }
      return done(log.at(-1)!.key);
    },
  },
];
