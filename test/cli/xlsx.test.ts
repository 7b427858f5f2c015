/** Excel files, read back: unpacked, and cell by cell out of the sheet's XML. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import type { CsvCell } from "../../cli/csv.ts";
import { createSheet, describeCut } from "../../cli/xlsx.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { appendEvents, eventsOf } from "../query/archive.ts";
import { makeDirectory, runCli } from "./run-cli.ts";

interface ReadCell {
  readonly type: "text" | "number" | "boolean";
  readonly value: string;
}

const ENTITIES: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
/** As Excel reads it: entities, then `_x000D_`. */
const readText = (xml: string): string =>
  xml
    .replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity]!)
    .replace(/_x([0-9A-F]{4})_/g, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)));

/** Null where there is no cell. Nothing in the sheet may be a formula. */
function readSheet(file: Uint8Array): (ReadCell | null)[][] {
  const parts = unzipSync(file);
  const xml = strFromU8(parts["xl/worksheets/sheet1.xml"]!);
  expect(xml).not.toMatch(/<f[ >]|t="str"/);
  const texts = [...strFromU8(parts["xl/sharedStrings.xml"]!).matchAll(/<t(?: [^>]*)?>([^<]*)<\/t>/g)];
  return [...xml.matchAll(/<row [^>]*?(?:\/>|>(.*?)<\/row>)/gs)].map(([, row = ""]) => {
    const cells: (ReadCell | null)[] = [];
    for (const [, column = "", type, value = ""] of row.matchAll(
      /<c r="([A-Z]+)\d+"(?: s="\d+")?(?: t="(\w)")?><v>([^<]*)<\/v>/g,
    )) {
      const at = [...column].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
      while (cells.length < at) cells.push(null);
      if (type === "s") cells.push({ type: "text", value: readText(texts[Number(value)]![1]!) });
      else cells.push({ type: type === "b" ? "boolean" : "number", value });
    }
    return cells;
  });
}

const text = (value: string): ReadCell => ({ type: "text", value });

async function written(...rows: (readonly CsvCell[])[]): Promise<(ReadCell | null)[][]> {
  const sheet = createSheet(["a", "b"]);
  for (const row of rows) sheet.add(row);
  return readSheet(await sheet.toBuffer());
}

describe("a cell", () => {
  it.each([
    ["=1+1"],
    ["+1"],
    ["-1"],
    ["@SUM(A1)"],
    ['=HYPERLINK("http://example.com")'],
    ["1201234567890123"],
    ["2026-05-01T09:00:00.120Z"],
    ["007"],
    ["true"],
    ["  spaces  "],
    ["two\nlines\tand a tab"],
    ["<b>&amp;</b>"],
    ["名前 👩‍👩‍👧"],
  ])("that is the text %j stays that text", async (value) => {
    expect((await written([value]))[1]).toEqual([text(value)]);
  });

  it.each([
    ["control characters", "a\u0000b\u001b[2J\r\n\u007f\u009b"],
    ["what a reader could not decode", "\ufffd\ufffe\uffff\ufdd0\u{1fffe}"],
    ["what Excel takes for an escape", "_x0041_ and _x005F_x0041_"],
    ["names of the language", "constructor"],
    ["other names of the language", "__proto__"],
  ])("keeps %s", async (_, value) => {
    expect((await written([value]))[1]).toEqual([text(value)]);
  });

  it("is a number only where Excel keeps all its digits", async () => {
    expect(
      await written([5n, 1.5], [999_999_999_999_999n, 1_000_000_000_000_000n], [-3, Number.NaN], [true, false]),
    ).toEqual([
      [text("a"), text("b")],
      [
        { type: "number", value: "5" },
        { type: "number", value: "1.5" },
      ],
      [{ type: "number", value: "999999999999999" }, text("1000000000000000")],
      [{ type: "number", value: "-3" }, text("NaN")],
      [
        { type: "boolean", value: "1" },
        { type: "boolean", value: "0" },
      ],
    ]);
  });

  it("is empty for null and for an empty text", async () => {
    expect(await written([null, "x"], ["", null])).toEqual([[text("a"), text("b")], [null, text("x")], []]);
  });

  it("that is longer than Excel allows ends in a mark, and is counted", async () => {
    const sheet = createSheet(["a"]);
    sheet.add(["x".repeat(32_767)]);
    expect(describeCut(sheet)).toBeNull();
    sheet.add(["x".repeat(32_768)]);
    expect(describeCut(sheet)).toMatch(/^1 cell longer than the 32,767 characters that Excel holds: cut/);
    const [, whole, cut] = readSheet(await sheet.toBuffer()).map(([cell]) => cell);
    expect(whole).toEqual(text("x".repeat(32_767)));
    expect(cut!.value).toHaveLength(32_767);
    expect(cut!.value).toMatch(/x \[cut here by Excel's limit: 32,768 characters in all\]$/);
  });
});

describe("more than Excel or the memory holds is refused", () => {
  it("before a row is read, where the number of rows is known", () => {
    expect(() => createSheet(["a"], 1_048_576)).toThrow(
      expect.objectContaining({
        message: "There are more than 1,048,575 rows, and an Excel sheet holds no more below its heading.",
        advice: expect.stringContaining("--format csv"),
      }),
    );
    createSheet(["a"], 1_048_575);
  });

  it("at the row that is too many, where it is not", () => {
    const sheet = createSheet(["a"]);
    for (let row = 1; row <= 1_048_575; row++) sheet.add([null]);
    expect(() => sheet.add([null])).toThrow("more than 1,048,575 rows");
  });

  it("and so are too many columns, and more cells than there is memory for", () => {
    expect(() => createSheet(Array.from({ length: 16_385 }, String))).toThrow("16,385 columns");
    const sheet = createSheet(["a", "b"], 0, 4);
    sheet.add([1, 2]);
    sheet.add([3, 4]);
    expect(() => sheet.add([5, 6])).toThrow("more than 4 cells");
  });
});

describe("--format xlsx", () => {
  async function makeArchive() {
    const directory = await makeDirectory();
    const archive = join(directory, "archive");
    const event = {
      gid: "1210000000000001",
      created_at: "2026-05-01T10:00:00.000Z",
      event_type: "workspace_export_started",
      event_category: "content_export",
      actor: { actor_type: "user", gid: "71", name: "=1+1", email: "ann@example.com" },
      details: { saml_response: "x".repeat(40_000) },
    };
    await appendEvents(createDirectoryArchive(archive), eventsOf(event));
    return { archive, file: join(directory, "answer.xlsx") };
  }

  it("writes an answer: ids and times as text, numbers as numbers", async () => {
    const { archive, file } = await makeArchive();
    const sql = "SELECT gid, created_at, actor_name, count(*) AS n FROM events GROUP BY ALL";
    const ran = await runCli(["query", "--archive", archive, "--format", "xlsx", "--output", file, sql]);
    expect(ran).toMatchObject({ code: 0, stdout: "", stderr: `1 row written to ${file}\n` });
    expect(readSheet(await readFile(file))).toEqual([
      ["gid", "created_at", "actor_name", "n"].map(text),
      [text("1210000000000001"), text("2026-05-01T10:00:00.000Z"), text("=1+1"), { type: "number", value: "1" }],
    ]);
  });

  it("writes a question's answer, the columns that were chosen, times in the time zone that was given", async () => {
    const { archive, file } = await makeArchive();
    const chosen = ["--columns", "created_at,who", "--tz", "Europe/Berlin", "--format", "xlsx", "--output", file];
    const { code, stdout, stderr } = await runCli(["ask", "exports", "--archive", archive, ...chosen]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toMatch(/^exports: .*\n.*\n1 row written to /);
    expect(readSheet(await readFile(file))[1]).toEqual([
      text("2026-05-01T12:00:00.000+02:00"),
      text("ann@example.com"),
    ]);
  });

  it("writes exported events, and says what Excel could not hold", async () => {
    const { archive, file } = await makeArchive();
    const { code, stderr } = await runCli(["export", "--archive", archive, "--format", "xlsx", "--output", file]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^1 event exported .*\n1 cell longer than the 32,767 characters/);
    const [head, row] = readSheet(await readFile(file));
    expect(head!.slice(0, 2)).toEqual([text("gid"), text("created_at")]);
    expect(row!.slice(0, 2)).toEqual([text("1210000000000001"), text("2026-05-01T10:00:00.000Z")]);
  });

  it("needs a new file: it is not printed, and nothing is overwritten", async () => {
    const { archive, file } = await makeArchive();
    for (const command of [["export"], ["query", "SELECT 1"], ["ask", "exports"], ["search", "ann"]]) {
      const base = [...command, "--archive", archive, "--format", "xlsx"];
      const printed = await runCli(base);
      expect(printed).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--output answer.xlsx") });
    }
    const base = ["query", "SELECT 1", "--archive", archive, "--format", "xlsx", "--output", file];
    expect((await runCli(base)).code).toBe(0);
    const before = await readFile(file);
    expect(await runCli(base)).toMatchObject({ code: 2, stderr: expect.stringContaining("already exists") });
    expect(await readFile(file)).toEqual(before);
  });

  it("--output takes the other formats too, and a query that fails leaves no file", async () => {
    const { archive, file } = await makeArchive();
    const csv = file.replace(/xlsx$/, "csv");
    const base = ["query", "--archive", archive, "--format", "csv", "--output"];
    expect(await runCli([...base, csv, "SELECT nope FROM events"])).toMatchObject({ code: 2 });
    const named = await runCli([...base, file, "SELECT gid FROM events"]);
    expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining("--format xlsx") });
    expect(await runCli([...base, csv, "SELECT gid FROM events"])).toMatchObject({ code: 0, stdout: "" });
    expect(await readFile(csv, "utf8")).toBe("gid\n1210000000000001\n");
  });
});
