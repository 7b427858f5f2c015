import { appendedDamages } from "./appended.ts";
import { byteDamages } from "./bytes.ts";
import { lineDamages } from "./lines.ts";
import { manifestDamages } from "./manifests.ts";
import { placeDamages } from "./places.ts";
import type { Damage } from "./scene.ts";

/** All that verify finds by looking at an archive alone. */
export const DAMAGES: readonly Damage[] = [
  byteDamages,
  lineDamages,
  manifestDamages,
  placeDamages,
  appendedDamages,
].flat();
