/** Events that are no objects, or not UTF-8, through every command, from a source that shows them. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { listen } from "../fakes/loopback.ts";
import { makeDirectory, runCli } from "./run-cli.ts";

const GOOD = '{"gid":"1","created_at":"2026-05-01T09:00:00.000Z","event_type":"x"}';
const BAD_TEXT = '{"gid":"2","created_at":"2026-05-01T09:00:01.000Z","event_type":"caf\xe9"}';
const LINES = [GOOD, "42", '"text"', "[1]", "null", '"\xff"', BAD_TEXT].map((line) => Buffer.from(line, "latin1"));
const inOrder = (content: string): string[] => content.split("\n").slice(0, -1).sort();
const expected = LINES.map((line) => line.toString("latin1")).sort();

/** Shows the lines in one page, and nothing behind it. */
async function startSource(): Promise<string[]> {
  const server = createServer((request, response) => {
    const isFirst = !request.url!.includes("offset=");
    const elements = isFirst ? LINES.map((line) => line.toString("latin1")).join(",") : "";
    response.end(Buffer.from(`{"data":[${elements}],"next_page":{"offset":"o"}}`, "latin1"));
  });
  const port = await listen(server);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return ["--source", `http://127.0.0.1:${port}`, "--workspace", "1201"];
}

it("are archived beside the others, verified, and exported byte for byte", async () => {
  const flags = await startSource();
  const directory = await makeDirectory();
  const archive = join(directory, "archive");
  const drained = await runCli(["drain", ...flags, "--archive", archive, "--json"]);
  expect(drained.code).toBe(0);
  expect(JSON.parse(drained.stdout)).toMatchObject({ outcome: "caught-up", archived: LINES.length });
  expect(JSON.parse((await runCli(["drain", ...flags, "--archive", archive, "--json"])).stdout)).toMatchObject({
    archived: 0,
  });
  expect(await runCli(["verify", "--archive", archive])).toMatchObject({ code: 0 });
  const file = join(directory, "events.ndjson");
  expect(await runCli(["export", "--archive", archive, "--output", file])).toMatchObject({ code: 0 });
  expect(inOrder(await readFile(file, "latin1"))).toEqual(expected);

  const csv = await runCli(["export", "--archive", archive, "--format", "csv"]);
  expect(csv.code).toBe(0);
  const [, ...rows] = csv.stdout.trimEnd().split("\n");
  const lastCells = rows.map((row) => row.split(",").at(-1)).sort();
  expect(lastCells).toEqual(["", "", "", "42", "[1]", "text", "\ufffd"]);

  const sql = ["SELECT gid, dt FROM events ORDER BY line", "--archive", archive, "--format", "ndjson"];
  const queried = await runCli(["query", ...sql]);
  expect({ code: queried.code, rows: inOrder(queried.stdout).length }).toEqual({ code: 0, rows: LINES.length });
  const asked = await runCli(["ask", "strange", "--archive", archive, "--format", "ndjson"]);
  expect({ code: asked.code, rows: inOrder(asked.stdout).length }).toEqual({ code: 0, rows: LINES.length - 1 });
});

it("are printed by fetch", async () => {
  const fetched = await runCli(["fetch", ...(await startSource())]);
  expect(fetched.code).toBe(0);
  expect(inOrder(fetched.stdout)).toEqual(LINES.map(String).sort());
});
