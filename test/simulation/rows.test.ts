/** What once went wrong, each in a world of its own. */
import { expect, it } from "vitest";
import { ROWS } from "./rows.ts";

it.each(ROWS)("$rule", async ({ play }) => {
  await expect(play()).resolves.toBeUndefined();
});
