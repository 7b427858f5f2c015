/** I3: other lines, and all that the segment says of itself made anew to fit. The segment behind it tells. */

import type { Random } from "../../../feed/random.ts";
import { segmentKey } from "../../../lambda/segment/key.ts";
import { beforeOf, type HeldSegment, remake } from "../segments.ts";
import { choose, type Damage, done, newGid, withGid } from "./scene.ts";

type Lines = (lines: string[], random: Random, segment: HeldSegment) => string[];

const lines = (name: string, does: string, change: Lines): Damage => ({
  name,
  does,
  invariant: "I3",
  apply: (scene) => {
    const segment = choose(scene, ({ isLast, lines: held }) => !isLast && held.length > 1);
    if (segment === null) return null;
    const before = beforeOf(scene.objects, segment);
    const { writer, run } = segment.manifest;
    const changed = change([...segment.lines], scene.random, segment);
    scene.objects.set(segment.key, remake(segment, changed, before, { writer, run }).bytes);
    return done(segmentKey(segment.workspace, segment.day, segment.number + 1));
  },
});

export const lineDamages: readonly Damage[] = [
  lines("line dropped", "drops a line and makes the segment anew", (all, random) =>
    all.toSpliced(random.int(all.length), 1),
  ),
  lines("line added", "adds a forged event and makes the segment anew", (all, random) =>
    all.toSpliced(random.int(all.length + 1), 0, withGid(random.pick(all), newGid(random))),
  ),
  lines("lines swapped", "swaps two lines and makes the segment anew", (all, random) => {
    const at = random.int(all.length - 1);
    return all.with(at, all[at + 1]!).with(at + 1, all[at]!);
  }),
  lines("line edited", "edits an event and makes the segment anew", (all, random) => {
    const at = random.int(all.length);
    return all.with(at, all[at]!.replace(/"event_type":"./, '"event_type":"X'));
  }),
  lines("white space added", "adds a space to an event and makes the segment anew", (all, random) => {
    const at = random.int(all.length);
    return all.with(at, all[at]!.replace("{", "{ "));
  }),
];
