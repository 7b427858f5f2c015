/** The table of docs/deploy.md: `node infra/settings/table.ts` prints it, a test compares. */
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

if (import.meta.main) console.log(settingsTable());
