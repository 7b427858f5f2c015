/** A segment appended to a log, right in all its parts, that holds what no log may. */
import type { Invariant } from "../../../lambda/archive/invariants.ts";
import { ODD_DAY } from "../../../lambda/event/instant.ts";
import { beforeOf, type HeldSegment, remake } from "../segments.ts";
import { choose, type Damage, done, logOf, newGid, type Scene, withGid } from "./scene.ts";

const appended = (
  name: string,
  does: string,
  invariant: Invariant,
  content: (scene: Scene, last: HeldSegment) => { lines: readonly string[]; touched?: readonly string[] } | null,
): Damage => ({
  name,
  does,
  invariant,
  apply: (scene) => {
    const last = choose(scene, ({ isLast, day }) => isLast && day !== ODD_DAY);
    const made = last === null ? null : content(scene, last);
    if (last === null || made === null) return null;
    const place = { ...last, number: last.number + 1 };
    const { key, bytes } = remake(place, made.lines, beforeOf(scene.objects, place));
    scene.objects.set(key, bytes);
    return done(key, ...(made.touched ?? []));
  },
});

/** Lines that are not exactly one event. */
export const noEvents = (line: string, another: string): string[] => [
  "{oops",
  "[",
  '"text',
  "nul",
  " ",
  `${line}${another}`,
  `${line} `,
  `\u0001${line}`,
  `${line}\r`,
  line.slice(0, -1),
  `\ufeff${line}`,
  line.replace("{", '{"a":\u0001,'),
  line.replace("{", '{"a":"\u0000",'),
  line.replace("{", "{'a':1,"),
  "4 2",
  "[1",
  line.replace(":", ":\r"),
];

export const appendedDamages: readonly Damage[] = [
  appended("event twice in a log", "appends a segment with an event of the same day again", "I2", (scene, last) => {
    const from = scene.segments.filter((other) => logOf(other) === logOf(last));
    return { lines: [scene.random.pick(scene.random.pick(from).lines)] };
  }),
  appended(
    "gid of another day",
    "appends a segment with an event that has the gid of one of another day",
    "I2",
    (scene, last) => {
      const other = choose(
        scene,
        ({ workspace, day }) => workspace === last.workspace && day !== last.day && day !== ODD_DAY,
      );
      if (other === null) return null;
      const line = last.lines.find((text) => /"created_at":"[^"]*"/.test(text))!;
      const gid = /"gid":"([^"]*)"/.exec(scene.random.pick(other.lines))![1]!;
      return { lines: [withGid(line, gid)], touched: [logOf(other)] };
    },
  ),
  appended(
    "event of another day",
    "appends a segment that also holds an event of another day",
    "I6",
    ({ random }, last) => {
      const line = withGid(random.pick(last.lines), newGid(random));
      const stranger = withGid(line.replace(/"created_at":"\d{4}/, '"created_at":"2031'), newGid(random));
      return { lines: random.chance(0.5) ? [line, stranger] : [stranger, line] };
    },
  ),
  appended("no event", "appends a segment with a line that is not exactly one event", "I7", ({ random }, last) => {
    const line = withGid(random.pick(last.lines), newGid(random));
    const wrong = random.pick(noEvents(line, withGid(line, newGid(random))));
    return { lines: random.chance(0.5) ? [line, wrong] : [wrong, line] };
  }),
  appended("empty line", "appends a segment with an empty line", "I5", ({ random }, last) => ({
    lines: [withGid(random.pick(last.lines), newGid(random)), ""],
  })),
];
