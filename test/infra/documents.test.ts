import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { refusals } from "../../infra/checks/refusals.ts";

const read = (path: string) => readFile(path, "utf8");

describe("docs/deploy.md", () => {
  it("is right about the sample in cdk.json", async () => {
    expect(JSON.parse(await read("cdk.json")).context).toEqual({ workspaces: "sample" });
  });
});

describe("docs/aws-checks.md", () => {
  it("counts the requests that have to be refused, at least 12", async () => {
    expect(refusals.length).toBeGreaterThanOrEqual(12);
    expect(await read("docs/aws-checks.md")).toContain(`${refusals.length} requests have to be refused`);
  });
});
