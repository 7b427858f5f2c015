import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CsvCell, csvLines } from "../../cli/csv.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { appendEvents, eventsOf } from "../query/archive.ts";
import { makeDirectory, runCli } from "./run-cli.ts";

const line = (...cells: CsvCell[]) => csvLines([cells], { exact: false });

describe("a line of CSV", () => {
  it.each([
    ["a\rb", '"a\rb"\n'],
    ["a\nb", '"a\nb"\n'],
    ['say "so"', '"say ""so"""\n'],
    ["a,b", '"a,b"\n'],
    [" a ", '" a "\n'],
    ["", '""\n'],
    [null, "\n"],
    [-5, "-5\n"],
    [-9_007_199_254_740_993n, "-9007199254740993\n"],
    [true, "true\n"],
  ])("quotes what a reader would divide or trim: %s", (cell, expected) => {
    expect(line(cell)).toBe(expected);
  });

  const starts = [
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\u00a0",
    "\ufeff",
    "\u200b",
    "\u2003",
    "\u0000",
    " \u00a0\t\ufeff ",
    "x;",
    "x; ",
    "x\t",
    "x\r",
  ];
  it.each(starts)(
    "starts no formula in a spreadsheet, whatever comes before the sign (%j), unless it is to be exact",
    (start) => {
      for (const sign of ["=", "+", "-", "@", "＝", "＋", "－", "＠"]) {
        const cell = `${start}${sign}cmd|'/c calc'!A1`;
        const [disarmed, exact] = [line(cell), csvLines([[cell]], { exact: true })].map((text) =>
          text.trimEnd().replace(/^"|"$/gs, ""),
        );
        // A spreadsheet may divide a cell at these characters and skip white space: no part may then begin with a sign.
        const parts = disarmed!.split(/[;\t\r\n]/).map((part) => part.replace(/^[\s\u200b\ufeff]+/, ""));
        expect(parts.filter((part) => /^[=+\-@＝＋－＠]/.test(part))).toEqual([]);
        expect(disarmed!.replace("'", "")).toBe(cell);
        expect(exact).toBe(cell);
      }
    },
  );

  it("leaves a sign inside a text as it is", () => {
    expect(line("a = b - c @ d+e")).toBe("a = b - c @ d+e\n");
  });
});

it("query, ask and export write the same cells: formulas are disarmed, except with --exact", async () => {
  const archive = join(await makeDirectory(), "archive");
  const name = "x;=cmd\r+1";
  const event = { gid: "1", created_at: "2026-05-01T10:00:00.000Z", event_type: "=t", actor: { name } };
  await appendEvents(createDirectoryArchive(archive), eventsOf(event));
  const to = ["--archive", archive, "--format", "csv"];
  const commands = [
    ["query", ...to, "SELECT event_type, actor_name FROM events"],
    ["ask", "around", ...to, "--at", "2026-05-01T10:00:00Z"],
    ["export", ...to],
  ];
  for (const command of commands) {
    expect((await runCli(command)).stdout).toMatch(/'=t.*"x;'=cmd\r'\+1"|"x;'=cmd\r'\+1".*'=t/s);
    expect((await runCli([...command, "--exact"])).stdout).toMatch(
      /,=t.*"x;=cmd\r\+1"|"x;=cmd\r\+1".*,=t|^=t,"x;=cmd\r\+1"/ms,
    );
  }
});
