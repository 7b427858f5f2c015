/** `npm run docs`: writes the parts of the documents that are made from code and recorded data, and the plots. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plotsOf } from "../../bench/harness/page.ts";
import { readResults } from "../../bench/harness/record.ts";
import { countFixed } from "../infra/billed.ts";

// Before the documents are made, which the cost model has a part in.
const FIXED = join(import.meta.dirname, "../../cli/cost/fixed.json");
writeFileSync(FIXED, `${JSON.stringify(countFixed(), null, 2)}\n`);
const { DOCUMENTS, ROOT, render } = await import("./parts.ts");

for (const document of DOCUMENTS) {
  const { before, after } = render(document);
  if (after !== before) process.stdout.write(`${document}\n`);
  writeFileSync(join(ROOT, document), after);
}
mkdirSync(join(ROOT, "docs/plots"), { recursive: true });
for (const [file, svg] of plotsOf(readResults())) writeFileSync(join(ROOT, "docs/plots", file), svg);
