/** An installation that cannot run the program says so in a sentence, and what to do next. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory } from "./run-cli.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** A checkout of the parts that a start needs, with what `npm` has installed of the node package. */
async function makeCheckout(installed: readonly string[] = []): Promise<string> {
  const checkout = await makeDirectory();
  for (const part of ["cli", "lambda", "package", "package.json"])
    await cp(join(ROOT, part), join(checkout, part), { recursive: true });
  for (const file of installed) {
    const path = join(checkout, "node_modules/node", file);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, "{}");
  }
  return checkout;
}

/** The check comes first, so an old version number is all that it takes to be an old node. */
function startAs(version: string, file: string) {
  const script = `Object.defineProperty(process.versions, "node", { value: "${version}" }); import(${JSON.stringify(file)});`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
  return { status, stdout, stderr };
}

it.each([
  ["without the development packages", [], "Run `npm ci` (without --omit=dev)"],
  ["without install scripts", ["package.json"], "run `npm rebuild node`"],
  ["with everything, but started by another node", ["package.json", "bin/node"], "has a node of its own"],
])("an old node in a checkout that was installed %s is told how to get the right one", async (_, installed, advice) => {
  const checkout = await makeCheckout(installed);
  for (const file of ["bin.js", "check-node.js"]) {
    const { status, stdout, stderr } = startAs("20.11.0", join(checkout, "cli", file));
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^asana-audit-archive: this is node 20\.11\.0, and node 22\.18 or newer is needed\.\n/);
    expect(stderr).toContain(advice);
    expect(stderr.split("\n")).toHaveLength(3);
  }
});

it("every script of npm that starts TypeScript asks for the right node first, and so do the tests", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const starts = Object.values(scripts).flatMap((script) => script.match(/\bnode .*?\.ts\b/g) ?? []);
  expect(starts.length).toBeGreaterThan(3);
  for (const start of starts) expect(start).toMatch(/^node --import \.\/cli\/check-node\.js /);
  // Vitest itself runs on an older node, where the tests would fail one by one.
  expect(readFileSync(join(ROOT, "vitest.config.ts"), "utf8")).toMatch(/^import "\.\/cli\/check-node\.js";\n/);
});

it("what says so imports no name that an old node's modules lack, which would fail before the first line", () => {
  for (const file of ["bin.js", "check-node.js"]) {
    expect(readFileSync(join(ROOT, "cli", file), "utf8")).not.toMatch(/^import \{/m);
  }
});

it("a checkout in which nothing was installed says so", async () => {
  const checkout = await makeCheckout();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, "cli/bin.js"), "status"], {
    encoding: "utf8",
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toBe(
    "asana-audit-archive: the package commander is not installed.\n  Run `npm ci` in the checkout.\n",
  );
});
