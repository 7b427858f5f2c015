/** A longer run of the same: `node test/long/fuzz-pages.ts`. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { tries } from "../tries.ts";
import { compareReadings, documents } from "./page-tokens.ts";

it("a page is read token for token as an independent reading of the grammar has it, or refused by both", () => {
  const verdicts = { accepted: 0, refused: 0 };
  const property = (body: Buffer) => void verdicts[compareReadings(body)]++;
  fc.assert(fc.property(documents, property), tries(2_000, 1));
  expect(verdicts.accepted).toBeGreaterThan(300);
  expect(verdicts.refused).toBeGreaterThan(300);
});
