import { definitions, REQUIRED } from "./definitions.ts";

/** The table of docs/deploy.md, where `npm run docs` writes it. */
export function settingsTable(): string {
  const rows = Object.entries(definitions).map(([name, { initial, kind, meaning }]) =>
    row(
      `\`${name}\``,
      REQUIRED.includes(name) ? "has to be set" : spell(initial),
      `${meaning} Allowed: ${kind.allowed}.`,
    ),
  );
  return [row("setting", "default", "meaning"), row("---", "---", "---"), ...rows].join("\n");
}

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

function spell(initial: unknown): string {
  const isEmpty = initial === null || (typeof initial === "object" && Object.keys(initial).length === 0);
  return isEmpty ? "none" : `\`${initial}\``;
}
