/**
 * Installs what the programs of examples/readers import into `.tools/readers`, once; `.ci/run` does. Where it cannot be had, it says
 * so and those tests are skipped; `REQUIRE_READERS=1` makes that a failure.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installPythonPackages } from "../python-packages.ts";

/** Spark 4 needs a newer Java than others of our tests. */
const REQUIREMENTS = ["pandas==3.1.1", "polars==2.1.0", "chdb==4.4.0", "pyspark==3.5.7"];
const FOLDER = join(import.meta.dirname, "../../.tools/readers");
/** Written last, so that an installation that was cut off, or is of other versions, is done again. */
const DONE = join(FOLDER, "installed");
const VERSIONS = REQUIREMENTS.join("\n");

export const readersPython = join(FOLDER, "bin/python");

export const areReadersInstalled = (): boolean => existsSync(DONE) && readFileSync(DONE, "utf8") === VERSIONS;

function install(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  console.log(`Installing ${REQUIREMENTS.join(", ")} into .tools/readers (about 1.5 GB) ...`);
  installPythonPackages(FOLDER, REQUIREMENTS);
  writeFileSync(DONE, VERSIONS);
}

if (import.meta.main && !areReadersInstalled()) {
  try {
    install();
  } catch (error) {
    const message = `What examples/readers import cannot be installed: ${String(error).split("\n")[0]}.`;
    if (process.env["REQUIRE_READERS"] === "1") throw new Error(message, { cause: error });
    console.warn(`\n  SKIPPED: ${message}\n`);
  }
}
