/** What `verify` says of files that other programs left in the archive. */
import type { VerifyReport } from "../../lambda/archive/verify.ts";
import type { Output } from "../output.ts";
import { plural } from "../terminal.ts";

const MAX_LISTED = 5;

export function sayStrays({ strays, strayCount }: VerifyReport, output: Output): void {
  if (strayCount === 0) return;
  output.say(`${plural(strayCount, "file")} that other programs probably left here:`);
  for (const { key, maker } of strays.slice(0, MAX_LISTED)) output.say(`  ${key} (${maker})`);
  if (strayCount > MAX_LISTED) output.say(`  and ${plural(strayCount - MAX_LISTED, "more file")}`);
  output.say("They are no part of the archive, and no query reads them: you may delete or move them.");
}
