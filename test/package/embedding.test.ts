/** The core in other people's programs: those of docs/embedding.md as they stand, and one in TypeScript. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startFeed, WORKSPACE } from "../cli/run-cli.ts";
import { APPS, install, ROOT, start } from "./outsider.ts";

/** The programs that the page shows; each begins with its name. */
function writePrograms(folder: string): void {
  const page = readFileSync(join(ROOT, "docs/embedding.md"), "utf8");
  for (const [, name, text] of page.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```/gms))
    writeFileSync(join(folder, name!), text!);
}

function makeApp(others: readonly string[] = []): string {
  const folder = install(others);
  writePrograms(folder);
  writeFileSync(join(folder, "package.json"), '{ "name": "outsider", "private": true, "type": "module" }\n');
  return folder;
}

describe("a program that embeds the core", () => {
  it("archives all that the source shows and finds no fault in it", async () => {
    const { baseUrl } = await startFeed({ events: 500 });
    const env = { ASANA_TOKEN: "feed-token", SOURCE: baseUrl, WORKSPACE };
    const ended = await start(makeApp(), [process.execPath, "archive.mjs"], env);
    expect(ended).toEqual({ code: 0, stderr: "", stdout: "{ archived: 500, outcome: 'clean', faultCount: 0 }\n" });
  });

  it("is told in a sentence what is wrong, and what to do", async () => {
    const { baseUrl } = await startFeed({ events: 1 });
    const env = { ASANA_TOKEN: "another", SOURCE: baseUrl, WORKSPACE };
    const { code, stdout, stderr } = await start(makeApp(), [process.execPath, "archive.mjs"], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^\S.*token.*\n\S.*\n$/);
  });

  it("gets the same functions by `require`", async () => {
    const program =
      'const { drain, verify, version } = require("asana-audit-archive"); console.log(typeof drain, typeof verify, version);';
    const { stdout, stderr } = await start(install(), [process.execPath, "-e", program]);
    expect({ stdout, stderr }).toEqual({ stderr: "", stdout: expect.stringMatching(/^function function \d/) });
  });

  it.each([
    [
      "vitest",
      'import("asana-audit-archive/testing")',
      "asana-audit-archive/testing needs the package vitest, which is not installed. Run `npm install --save-dev vitest`.",
    ],
    [
      "@aws-sdk/client-ssm",
      'import("asana-audit-archive/aws").then(({ createSsmClient }) => createSsmClient())',
      "createSsmClient of asana-audit-archive/aws needs the package @aws-sdk/client-ssm, which is not installed. Run `npm install @aws-sdk/client-ssm`.",
    ],
  ])("without the package %s is told what needs it, and to install it", async (_missing, use, told) => {
    const program = `${use}.catch(({ message }) => console.log(message))`;
    expect(await start(install(), [process.execPath, "-e", program])).toEqual({
      code: 0,
      stdout: `${told}\n`,
      stderr: "",
    });
  });

  it.each(["asana-audit-archive", "asana-audit-archive/aws", "asana-audit-archive/cdk", "asana-audit-archive/testing"])(
    "on an old node is told by %s to install a newer one",
    async (entry) => {
      const program = `Object.defineProperty(process.versions, "node", { value: "20.19.0" });
        import("${entry}").catch(({ message }) => console.log(message));`;
      const folder = install(["aws-cdk-lib", "constructs", "vitest"]);
      const { stdout } = await start(folder, [process.execPath, "-e", program]);
      expect(stdout).toBe(
        "asana-audit-archive needs node 22.12 or newer, and this is node 20.19.0. Install a newer node.\n",
      );
    },
  );
});

it("the types hold in strict programs of TypeScript, in ES modules and in CommonJS", async () => {
  const folder = install(["aws-cdk-lib", "constructs", "vitest", "@types/node", "undici-types"]);
  const files = ["types.mts", "types.cts"];
  for (const name of files) cpSync(join(APPS, "types.mts"), join(folder, name));
  const options = { module: "nodenext", target: "es2024", strict: true, noEmit: true, types: ["node"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  expect(await start(folder, [process.execPath, tsc, "-p", "."])).toEqual({ code: 0, stdout: "", stderr: "" });
});
