/**
 * The reference of what the package exports, made by API Extractor from the declarations of a build: one page for each entry
 * point. `npm run docs:api` writes them.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";

/** By the page's name: what is imported, and the declarations that are read. */
const ENTRIES: Readonly<Record<string, readonly [entry: string, declarations: string]>> = {
  core: ["asana-audit-archive", "index"],
  aws: ["asana-audit-archive/aws", "aws"],
  // What `cdk.ts` hands on: its own declarations only name them.
  cdk: ["asana-audit-archive/cdk", "constructs"],
  testing: ["asana-audit-archive/testing", "testing"],
};

const pathOf = (name: string): string => `docs/api/${name}.md`;

export const PAGES: readonly string[] = Object.keys(ENTRIES).map(pathOf);

/** What API Extractor says of an exported name, as far as a page needs it. */
interface ApiItem {
  readonly kind: string;
  readonly name?: string;
  readonly docComment?: string;
  readonly excerptTokens?: readonly { readonly text: string }[];
  readonly members?: readonly ApiItem[];
}

/** The pages by path, from the build in a folder that has `package.json`, `dist/` and `node_modules/`. */
export function describePackage(folder: string): ReadonlyMap<string, string> {
  return new Map(Object.entries(ENTRIES).map(([name, entry]) => [pathOf(name), describeEntry(folder, ...entry)]));
}

function describeEntry(folder: string, entry: string, declarations: string): string {
  const items = extract(folder, join(folder, `dist/package/${declarations}.d.ts`));
  const sections = Map.groupBy(items, ({ kind }) => SECTIONS[kind] ?? "Types");
  const titles = ["Functions", "Classes", "Constants", "Types"].filter((title) => sections.has(title));
  const parts = titles.map((title) => `## ${title}\n\n${sections.get(title)!.map(describeItem).join("\n\n")}`);
  return `# \`${entry}\`\n\n${PREAMBLE}\n\n${parts.join("\n\n")}\n`;
}

const PREAMBLE = "Made from the declarations by `npm run docs:api`.";

const SECTIONS: Readonly<Record<string, string>> = { Function: "Functions", Class: "Classes", Variable: "Constants" };

function extract(folder: string, entryPoint: string): readonly ApiItem[] {
  const scratch = mkdtempSync(join(tmpdir(), "asana-audit-archive-api-"));
  try {
    const apiJsonFilePath = join(scratch, "api.json");
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: entryPoint,
        newlineKind: "lf",
        compiler: { overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [entryPoint] }, skipLibCheck: true },
        docModel: { enabled: true, apiJsonFilePath },
        messages: { extractorMessageReporting: { default: { logLevel: "none" as ExtractorLogLevel.None } } },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, "package.json"),
    });
    const { errorCount } = Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => {
        if (message.logLevel === ExtractorLogLevel.Error) console.error(message.text);
        message.handled = true;
      },
    });
    if (errorCount > 0) throw new Error(`API Extractor cannot read ${entryPoint}.`);
    const model = JSON.parse(readFileSync(apiJsonFilePath, "utf8")) as ApiItem;
    return model.members?.[0]?.members ?? [];
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const COMPILER_OPTIONS = { target: "es2022", module: "nodenext", lib: ["esnext"], types: ["node"], strict: true };

function describeItem(item: ApiItem): string {
  const text = textOf(item);
  const code = `\`\`\`ts\n${declarationOf(item)}\n\`\`\``;
  return [`### ${item.name}`, ...(text === "" ? [] : [text]), code].join("\n\n");
}

/** A comment without its marks, in the lines in which it was written. That of a constructor is API Extractor's, and says nothing. */
const textOf = ({ kind, docComment = "" }: ApiItem): string =>
  (kind === "Constructor" ? "" : docComment)
    .replace(/^\/\*\*\s?|\s*\*\/\s*$/g, "")
    .replaceAll(/^[ \t]*\* ?/gm, "")
    .trim();

/** As TypeScript, with the comments of its members. */
function declarationOf(item: ApiItem): string {
  const head = excerptOf(item).replace(/^export (declare )?/, "");
  if (item.members === undefined) return head;
  const members = item.members.map((member) => {
    const text = textOf(member);
    const comment =
      text === "" ? "" : text.includes("\n") ? `/**\n * ${text.replaceAll("\n", "\n * ")}\n */\n` : `/** ${text} */\n`;
    return `${comment}${excerptOf(member)}`.replaceAll(/^/gm, "  ");
  });
  return `${head} {\n${members.join("\n")}\n}`;
}

const excerptOf = ({ excerptTokens = [] }: ApiItem): string =>
  excerptTokens
    .map(({ text }) => text)
    .join("")
    .trim();

if (import.meta.main) {
  const root = join(import.meta.dirname, "../..");
  mkdirSync(join(root, "docs/api"), { recursive: true });
  for (const [page, text] of describePackage(root)) writeFileSync(join(root, page), text);
}
