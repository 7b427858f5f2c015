import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const importsOf = (folder: string): { path: string; target: string }[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const path = join(folder, name);
      const targets = readFileSync(path, "utf8").matchAll(/^(?:import|export) [^;]*?"([^"]+)";$/gms);
      return [...targets].map(([, target = ""]) => ({ path, target: join(path, "..", target) }));
    });

describe("the stack and the function", () => {
  it("share the contract, the settings of a run and the spelling of gids: of lambda/, constructs, settings and stack import only those", () => {
    const shared = ["infra/constructs", "infra/settings", "infra/bundle"].flatMap(importsOf);
    expect(shared.length).toBeGreaterThan(50);
    const targets = shared.map(({ target }) => target).filter((target) => target.startsWith("lambda/"));
    expect([...new Set(targets)].sort()).toEqual(["lambda/contract.ts", "lambda/event/parse.ts", "lambda/settings.ts"]);
  });

  it("the function imports nothing that runs at synthesis, on the command line or in a test", () => {
    const outside = importsOf("lambda").filter(({ target }) =>
      /^(infra|cli|feed|sql|package|test|bench)\//.test(target),
    );
    expect(outside).toEqual([]);
  });
});
