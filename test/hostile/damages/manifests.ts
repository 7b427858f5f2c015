/** A manifest that says something else, its own hash made anew. */

import type { Random } from "../../../feed/random.ts";
import type { Invariant } from "../../../lambda/archive/invariants.ts";
import { shiftDay } from "../../../lambda/event/instant.ts";
import { segmentKey } from "../../../lambda/segment/key.ts";
import type { Manifest } from "../../../lambda/segment/manifest.ts";
import { withManifest } from "../../segment/forge.ts";
import type { HeldSegment } from "../segments.ts";
import { choose, type Damage, done, isDated, isLong } from "./scene.ts";

/** One field of a manifest, its hash made anew. */
const field = (
  name: keyof Manifest,
  invariant: Invariant,
  change: (segment: HeldSegment, random: Random) => Partial<Manifest>,
  fits: (segment: HeldSegment) => boolean = () => true,
): Damage => ({
  name: `manifest: ${name}`,
  does: `says another ${name} in the manifest, and makes the manifest's hash anew`,
  invariant,
  apply: (scene) => {
    const segment = choose(scene, fits);
    if (segment === null) return null;
    scene.objects.set(segment.key, withManifest(segment.bytes, change(segment, scene.random)));
    return done(segment.key);
  },
});

const flipHex = (hex: string): string => (hex.startsWith("0") ? "1" : "0") + hex.slice(1);
const laterBy = (instant: string): Manifest["newest"] =>
  instant.replace(/\.(\d{3})Z$/, (_, ms: string) => `.${ms}1Z`) as Manifest["newest"];

export const manifestDamages: readonly Damage[] = [
  field("count", "I5", ({ manifest }) => ({ count: manifest.count - 1 }), isLong),
  field(
    "oldest",
    "I5",
    ({ manifest }) => ({ oldest: `${manifest.oldest!.slice(0, 11)}00:00:00.000Z` as Manifest["oldest"] }),
    isDated,
  ),
  field(
    "newest",
    "I5",
    ({ manifest }) => ({ newest: laterBy(manifest.newest!), logNewest: laterBy(manifest.logNewest!) }),
    isDated,
  ),
  field("sha256", "I5", ({ manifest }) => ({ sha256: flipHex(manifest.sha256) })),
  field("deflated", "I5", ({ manifest }) => ({ deflated: flipHex(manifest.deflated) })),
  field("root", "I5", ({ manifest }) => ({ root: flipHex(manifest.root) })),
  field("previous", "I3", ({ manifest }, random) => ({
    previous: manifest.previous === null || random.chance(0.5) ? flipHex(manifest.previous ?? "0".repeat(64)) : null,
  })),
  field("logCount", "I3", ({ manifest }, random) => ({ logCount: manifest.logCount + 1 + random.int(9) })),
  field("logNewest", "I3", ({ manifest }) => ({ logNewest: laterBy(manifest.logNewest!) }), isDated),
  field("number", "I3", ({ manifest }, random) => ({ number: manifest.number + 1 + random.int(9) })),
  field("day", "I6", ({ manifest }, random) => ({ day: shiftDay(manifest.day, 1 + random.int(9)) }), isDated),
  field("workspace", "I6", ({ manifest }) => ({ workspace: `${manifest.workspace}0` })),
  {
    name: "manifest: run",
    does: "names another run or writer in the manifest, and makes its hash anew",
    invariant: "I3",
    apply: (scene) => {
      const segment = choose(scene, ({ isLast }) => !isLast);
      if (segment === null) return null;
      const change = scene.random.chance(0.5) ? { run: "another" } : { writer: "9.9.9" };
      scene.objects.set(segment.key, withManifest(segment.bytes, change));
      return done(segmentKey(segment.workspace, segment.day, segment.number + 1));
    },
  },
];
