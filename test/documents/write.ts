/** `npm run docs`: writes the parts of the documents that are made from code and recorded data, and the plots. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plotsOf } from "../../bench/harness/page.ts";
import { readResults } from "../../bench/harness/record.ts";
import { DOCUMENTS, ROOT, render } from "./parts.ts";

for (const document of DOCUMENTS) {
  const { before, after } = render(document);
  if (after !== before) process.stdout.write(`${document}\n`);
  writeFileSync(join(ROOT, document), after);
}
mkdirSync(join(ROOT, "docs/plots"), { recursive: true });
for (const [file, svg] of plotsOf(readResults())) writeFileSync(join(ROOT, "docs/plots", file), svg);
