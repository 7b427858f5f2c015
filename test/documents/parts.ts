/** The parts of the documents that are made from code and recorded data. `npm run docs` writes them; a test compares. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BENCHES } from "../../bench/benches.ts";
import { performanceParts } from "../../bench/harness/page.ts";
import { readResults } from "../../bench/harness/record.ts";
import { settingsTable } from "../../infra/settings/table.ts";
import { loadQuestions } from "../../sql/questions.ts";
import { loadViews, type View } from "../../sql/views.ts";
import { describeTampering } from "../hostile/damages/table.ts";
import { describeSealedTampering } from "../hostile/sealed-table.ts";
import { describeCalls } from "../infra/policy/calls-page.ts";
import { describeScores } from "../mutation/scores.ts";
import { describeEvidence } from "../simulation/evidence.ts";
import { describeRules } from "../simulation/mutants.ts";
import { describeBills, describeFixedCost } from "./bills.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** All that is written for readers. */
export const DOCUMENT_PATHS: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  "examples/README.md",
  "feed/README.md",
  "infra/guardrails/README.md",
];

/** By document, then by the name that stands in its marks: `<!-- name: npm run docs -->` and `<!-- /name -->`. */
const PARTS: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
  "docs/cost.md": describeBills,
  "docs/deploy.md": () => ({ settings: settingsTable(), cost: describeFixedCost() }),
  "docs/evidence.md": () => ({ simulation: describeEvidence(), rules: describeRules(), mutants: describeScores() }),
  "docs/permissions.md": () => ({ calls: describeCalls() }),
  "docs/performance.md": () => performanceParts(BENCHES, readResults()),
  "docs/querying.md": () => ({
    columns: loadViews().map(describeView).join("\n\n"),
    questions: listQuestions(),
  }),
  "docs/tampering.md": () => ({ ...describeTampering(), ...describeSealedTampering() }),
};

export const DOCUMENTS: readonly string[] = Object.keys(PARTS);

/** The document as it stands, and with its parts as they are to be. */
export function render(document: string): { readonly before: string; readonly after: string } {
  const before = readFileSync(join(ROOT, document), "utf8");
  const after = Object.entries(PARTS[document]!()).reduce((text, [name, part]) => {
    const marks = new RegExp(`(<!-- ${name}: npm run docs -->\n).*?(<!-- /${name} -->)`, "s");
    if (!marks.test(text))
      throw new Error(
        `${document} has no marks for ${name}: add "<!-- ${name}: npm run docs -->" and "<!-- /${name} -->".`,
      );
    return text.replace(marks, (_, begin: string, end: string) => `${begin}\n${part.trim()}\n\n${end}`);
  }, before);
  return { before, after };
}

function describeView(view: View): string {
  const head = `### \`${view.name}\`\n\n${view.meaning}\n`;
  if (view.name === "events") return `${head}\nThe columns of \`events_all\` without \`copy\`.`;
  const rows = view.columns.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${meaning} |`);
  return `${head}\n| column | type | meaning |\n| --- | --- | --- |\n${rows.join("\n")}`;
}

function listQuestions(): string {
  const topics = Map.groupBy(loadQuestions(), ({ topic }) => topic);
  return [...topics]
    .map(([topic, questions]) => {
      const lines = questions.map(({ name, sentence }) => `- [${name}](../sql/questions/${name}.sql): ${sentence}`);
      return `### ${topic}\n\n${lines.join("\n")}`;
    })
    .join("\n\n");
}
