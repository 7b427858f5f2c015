/**
 * Lets cfn-lint, checkov and the Control Tower rules look at the templates. Each finding is mended or acknowledged, with the
 * reason, in acknowledged.json; an acknowledgement that nothing needs any more fails too. cdk-nag looks at every synthesis.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { installLinters, type Linters } from "./install.ts";
import { templates } from "./templates.ts";

interface Finding {
  readonly tool: string;
  readonly rule: string;
  /** Logical id. */
  readonly resource: string;
  readonly template: string;
}

interface Acknowledged {
  readonly tool: string;
  readonly rule: string;
  /** A pattern of logical ids. */
  readonly resource: string;
  /** A pattern of templates, where it is not about all. */
  readonly template?: string;
  readonly reason: string;
}

/** A linter's findings on standard output, as JSON. It exits with another code than 0 when it finds something. */
function lint(program: string, args: readonly string[], folder: string) {
  const options = { encoding: "utf8", maxBuffer: 256 * 1024 * 1024, cwd: folder } as const;
  const { stdout, stderr, error } = spawnSync(program, args, options);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`${basename(program)} did not answer: ${error ?? stderr.slice(-2000)}`);
  }
}

const nameOf = (path: string): string => basename(path, ".json");

function cfnLint({ cfnLint }: Linters, folder: string, files: readonly string[]): Finding[] {
  const found = lint(cfnLint, ["--format", "json", ...files], folder) as {
    Filename: string;
    Rule: { Id: string };
    Location: { Path: unknown[] | null };
  }[];
  return found.map(({ Filename, Rule, Location }) => ({
    tool: "cfn-lint",
    rule: Rule.Id,
    resource: String(Location.Path?.[1] ?? ""),
    template: nameOf(Filename),
  }));
}

function checkov({ checkov }: Linters, folder: string): Finding[] {
  const args = ["--directory", folder, "--framework", "cloudformation", "--output", "json", "--quiet", "--compact"];
  const { results, summary } = lint(checkov, [...args, "--skip-download"], folder) as {
    results: { failed_checks: { check_id: string; resource: string; file_path: string }[] };
    summary: { parsing_errors: number };
  };
  if (summary.parsing_errors > 0) throw new Error(`checkov cannot read ${summary.parsing_errors} of the templates.`);
  return results.failed_checks.map(({ check_id, resource, file_path }) => ({
    tool: "checkov",
    rule: check_id,
    resource: resource.split(".").at(-1)!,
    template: nameOf(file_path),
  }));
}

/** A rule of the guard names the places that it found, somewhere in what it says about them. */
function guard({ guard, guardRules }: Linters, folder: string): Finding[] {
  const args = ["validate", "--data", folder, "--rules", guardRules, "--structured", "--output-format", "json"];
  const reports = lint(guard, [...args, "--show-summary", "none"], folder) as {
    name: string;
    not_compliant: { Rule: { name: string } }[];
  }[];
  return reports.flatMap(({ name, not_compliant }) =>
    not_compliant.flatMap((found) => {
      const places = [...JSON.stringify(found).matchAll(/\/Resources\/(\w+)/g)].map(([, id]) => id!);
      return [...new Set(places)].map((resource) => ({
        tool: "control-tower",
        rule: found.Rule.name,
        resource,
        template: nameOf(name),
      }));
    }),
  );
}

const isAbout = (one: Acknowledged, { tool, rule, resource, template }: Finding): boolean =>
  one.tool === tool &&
  one.rule === rule &&
  new RegExp(one.resource).test(resource) &&
  new RegExp(one.template ?? "").test(template);

function judge(findings: readonly Finding[]): number {
  const file = join(import.meta.dirname, "acknowledged.json");
  const acknowledged = JSON.parse(readFileSync(file, "utf8")) as readonly Acknowledged[];
  const open = findings.filter((finding) => !acknowledged.some((one) => isAbout(one, finding)));
  const needless = acknowledged.filter((one) => !findings.some((finding) => isAbout(one, finding)));
  for (const { tool, rule, resource, template } of open) console.log(`${tool} ${rule}: ${resource} of ${template}`);
  for (const { tool, rule, resource } of needless) console.log(`acknowledged for nothing: ${tool} ${rule} ${resource}`);
  console.log(`${findings.length} findings, ${open.length} of them neither mended nor acknowledged.`);
  return open.length + needless.length === 0 ? 0 : 1;
}

const linters = installLinters();
if (linters !== null) {
  const folder = mkdtempSync(join(tmpdir(), "linters-"));
  try {
    const files = Object.entries(templates()).map(([name, template]) => {
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(template.toJSON(), null, 1));
      return `${name}.json`;
    });
    const findings = [...cfnLint(linters, folder, files), ...guard(linters, folder), ...checkov(linters, folder)];
    process.exitCode = judge(findings);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
