/**
 * Reads very many documents that are pages, nearly pages, or only look like some, and compares the scanner's reading
 * with the reference's:
 *
 *     node test/long/fuzz-pages.ts [documents, default 100000] [seed, default the time]
 */
import fc from "fast-check";
import { compareReadings, documents } from "../hostile/page-tokens.ts";

const [numRuns = 100_000, seed = Date.now() & 0x7fffffff] = process.argv.slice(2).map(Number);
const verdicts = { accepted: 0, refused: 0 };
fc.assert(
  fc.property(documents, (body) => void verdicts[compareReadings(body)]++),
  { numRuns, seed },
);
console.log(
  `Seed ${seed}: ${verdicts.accepted} pages read token for token alike, ${verdicts.refused} refused by both.`,
);
