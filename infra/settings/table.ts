/** The settings table of docs/deploy.md. `npx node infra/settings/table.ts` writes it; a test compares it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { definitions } from "./definitions.ts";

export function settingsTable(): string {
  const rows = Object.entries(definitions).map(([name, { initial, kind, meaning }]) =>
    row(`\`${name}\``, spell(initial), `${meaning} Allowed: ${kind.allowed}.`),
  );
  return [row("setting", "default", "meaning"), row("---", "---", "---"), ...rows].join("\n");
}

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

function spell(initial: unknown): string {
  const isEmpty = initial === null || (typeof initial === "object" && Object.keys(initial).length === 0);
  return isEmpty ? "none" : `\`${initial}\``;
}

/** The table between its markers in docs/deploy.md. */
export const TABLE_IN_DOCUMENT = /(?<=<!-- settings: [^>]*-->\n).*?(?=\n<!-- \/settings -->)/s;

if (import.meta.main) {
  const path = join(import.meta.dirname, "..", "..", "docs", "deploy.md");
  writeFileSync(path, readFileSync(path, "utf8").replace(TABLE_IN_DOCUMENT, settingsTable));
}
