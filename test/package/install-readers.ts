/**
 * Installs what the programs of examples/readers import into `.tools/readers`, once; `.ci/run --long` does. Without Python it says so,
 * and those tests are skipped.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Spark 4 needs a newer Java than others of our tests. */
const REQUIREMENTS = ["pandas==3.1.1", "polars==2.1.0", "chdb==4.4.0", "pyspark==3.5.7"];
const FOLDER = join(import.meta.dirname, "../../.tools/readers");
/** Written last, so that an installation that was cut off, or is of other versions, is done again. */
const DONE = join(FOLDER, "installed");
const VERSIONS = REQUIREMENTS.join("\n");

if (!existsSync(DONE) || readFileSync(DONE, "utf8") !== VERSIONS) {
  console.log(`Installing ${REQUIREMENTS.join(", ")} into .tools/readers (about 1.3 GB) ...`);
  rmSync(FOLDER, { recursive: true, force: true });
  if (spawnSync("python3", ["-m", "venv", FOLDER], { stdio: "inherit" }).status === 0) {
    const options = ["--quiet", "--disable-pip-version-check"];
    execFileSync(join(FOLDER, "bin/pip"), ["install", ...options, ...REQUIREMENTS], { stdio: "inherit" });
    writeFileSync(DONE, VERSIONS);
  } else console.warn("\n  No Python here: the examples that read an archive with other tools will be SKIPPED.\n");
}
