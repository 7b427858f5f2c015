/**
 * `npm run release -- <version>`: gives the sources that version, and writes into `release/` what is published of it: the
 * package, a CycloneDX list of all packages that it depends on or has bundled, and notes with the changes and the SHA-256 of
 * each file. It commits, tags and publishes nothing. The same sources and version give the same files.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { bundleHandler } from "../infra/bundle/bundle.ts";
import { FUNCTION_NAMES } from "../infra/bundle/function-name.ts";

const root = join(import.meta.dirname, "..");
const out = join(root, "release");

const UNRELEASED = "## Unreleased\n";

const read = (name: string): string => readFileSync(join(root, name), "utf8");
const write = (name: string, text: string): void => writeFileSync(join(root, name), text);
const npm = (args: readonly string[], cwd = root): string =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Puts what is unreleased under a heading of the new version, and returns it. */
function releaseChanges(version: string): string {
  const changelog = read("CHANGELOG.md");
  const [before = "", after] = changelog.split(UNRELEASED);
  if (after === undefined || changelog.includes(`\n## ${version}\n`))
    throw new Error(`CHANGELOG.md has no section "Unreleased", or one for ${version} already.`);
  const [changes = ""] = after.split("\n## ");
  if (changes.trim() === "") throw new Error("CHANGELOG.md says nothing that is unreleased.");
  write("CHANGELOG.md", `${before}${UNRELEASED}\n## ${version}\n${after}`);
  return changes.trim();
}

/**
 * The packages that this one depends on, and those whose code is in the functions' bundles, without what would differ each time
 * that the list is made.
 */
async function listComponents(): Promise<string> {
  const bundled = new Set<string>();
  for (const name of FUNCTION_NAMES) {
    const scratch = mkdtempSync(join(tmpdir(), "release-"));
    const { inputs } = await bundleHandler(name, scratch);
    rmSync(scratch, { recursive: true });
    for (const path of Object.keys(inputs)) bundled.add(/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? "");
  }
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  const lock = JSON.parse(read("package-lock.json"));
  const {
    devDependencies,
    peerDependencies: _,
    peerDependenciesMeta: __,
    ...manifest
  } = JSON.parse(read("package.json"));
  const more = Object.entries(devDependencies).filter(([name]) => bundled.has(name));
  manifest.dependencies = { ...manifest.dependencies, ...Object.fromEntries(more) };
  lock.packages[""] = manifest;
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  // There are no development dependencies in it: npm would leave out whatever one of them needs as well.
  const list = JSON.parse(npm(["sbom", "--package-lock-only", "--sbom-format", "cyclonedx"], folder));
  rmSync(folder, { recursive: true });
  delete list.serialNumber;
  delete list.metadata.timestamp;
  list.metadata.component.name = manifest.name;
  return `${JSON.stringify(list, null, 2)}\n`;
}

const hash = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

const [version] = process.argv.slice(2);
if (version === undefined || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
  throw new Error("Usage: npm run release -- <version>, for example 1.2.3");
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
const changes = releaseChanges(version);
npm(["version", version, "--no-git-tag-version", "--allow-same-version"]);
npm(["pack", "--silent", "--pack-destination", out]);
const [tarball = ""] = readdirSync(out);
writeFileSync(join(out, `${basename(tarball, ".tgz")}.cdx.json`), await listComponents());
const zips = FUNCTION_NAMES.map((name) => join(root, "dist/infra/bundle/prebuilt", `${name}.zip`));
const files = [...readdirSync(out).map((name) => join(out, name)), ...zips];
const rows = files.map((path) => `| \`${basename(path)}\` | \`${hash(path)}\` |`);
writeFileSync(
  join(out, "notes.md"),
  `# ${version}\n\n${changes}\n\nHow to upgrade, and how to go back: docs/upgrading.md in the package.\n\n| file | SHA-256 |\n| --- | --- |\n${rows.join("\n")}\n\nThe zip files are in the package, and are what the functions run.\n`,
);
