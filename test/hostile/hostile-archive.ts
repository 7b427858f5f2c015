/** Folders that look like archives, filled by somebody who wants to do harm through whoever reads them. */
import { execFileSync } from "node:child_process";
import { open, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Instant } from "../../lambda/event/instant.ts";
import { encodeHeader } from "../../lambda/segment/header.ts";
import { putObject } from "../archive/put-object.ts";
import { rebuild } from "../segment/forge.ts";
import { remake } from "./segments.ts";

export const WORKSPACE = "1201";
const DAY = "2026-05-01";
const dayOf = (day: number): string => `2026-05-${String(day).padStart(2, "0")}`;
const keyOf = (day: string, number = 1): string =>
  `events/workspace=${WORKSPACE}/dt=${day}/${String(number).padStart(6, "0")}.ndjson.gz`;

export interface HostileArchive {
  readonly name: string;
  readonly fill: (directory: string) => Promise<void>;
  /** What readers of content have to say of it. */
  readonly says?: RegExp;
}

const line = (gid: string, day = DAY, more = ""): string =>
  `{"gid":"${gid}","created_at":"${day}T09:00:00.000Z","event_type":"user_login_succeeded"${more}}`;
const segmentOf = (lines: readonly string[], day = DAY) =>
  remake({ workspace: WORKSPACE, day, number: 1 }, lines, null);

/** Text that means something to a terminal, a shell, SQL, a spreadsheet, a path or a format. */
export const HOSTILE_TEXTS: readonly string[] = [
  "\u001b[2J\u001b[31mowned",
  "\u001b]0;title\u0007",
  "\u009b31m",
  "\u202egpj.exe",
  "\u2066\u2069",
  "a\rb",
  "a\nb",
  "\u0000",
  "\u007f\u0008\u0008",
  "'; DROP TABLE events; --",
  '" OR 1=1 --',
  "$(touch owned)",
  "`touch owned`",
  "%n%s%x",
  "=HYPERLINK(1)",
  "../../../../etc/passwd",
  "__proto__",
];

const nameFit = (text: string): string => text.replaceAll("/", "_").replaceAll("\u0000", "_");

const names: HostileArchive = {
  name: "names",
  fill: async (directory) => {
    await putObject(directory, keyOf(DAY), segmentOf([line("1")]).bytes);
    for (const text of HOSTILE_TEXTS.map(nameFit)) {
      await putObject(directory, `events/workspace=${WORKSPACE}/dt=${DAY}/${text}`, "x");
      await putObject(directory, `events/workspace=${text}/dt=${DAY}/000001.ndjson.gz`, segmentOf([line("2")]).bytes);
      await putObject(directory, `events/workspace=${WORKSPACE}/dt=${text}/000001.ndjson.gz`, "x");
    }
    const globs = ["*.ndjson.gz", "[0]?.gz", "{a,b}.gz"];
    for (const name of [...globs, "a=b=c", "x".repeat(250), "000002.ndjson.gz/000001.ndjson.gz"]) {
      await putObject(directory, `events/workspace=${WORKSPACE}/dt=${DAY}/${name}`, "x");
    }
    await writeFile(Buffer.concat([Buffer.from(`${directory}/events/`), Buffer.from("fffe1b5b324a", "hex")]), "x");
  },
};

const lines: HostileArchive = {
  name: "lines",
  fill: async (directory) => {
    const hostile = HOSTILE_TEXTS.flatMap((text, index) => {
      const json = JSON.stringify(text);
      // As JSON.stringify escapes it, and with what JSON allows to stand raw.
      return [
        `{"gid":${json.slice(0, -1)} ${index}","created_at":"${DAY}T09:00:00.000Z","event_type":${json},"actor":{"actor_type":"user","name":${json},"email":${json}}}`,
        line(
          `n${index}`,
          DAY,
          `,"resource":{"name":${json},"resource_type":${json}},${json.slice(0, -1)}${index}":${json},"details":{${json}:${json}}`,
        ),
      ];
    });
    const odd = [
      line("deep", DAY, `,"a":${"[".repeat(900)}${"]".repeat(900)}`),
      line("deep details", DAY, `,"details":${'{"a":'.repeat(900)}1${"}".repeat(900)}`),
      line(
        "numbers",
        DAY,
        `,"a":1e999999,"details":{"old_value":${"9".repeat(400)}},"context":{"on_behalf_of_user_id":1e400}`,
      ),
      line("wrong", DAY, ',"actor":[],"resource":7,"details":"x","context":null'),
      line("twice", DAY, ',"gid":"twice again","__proto__":{"gid":"p"},"constructor":1'),
      line("long", DAY, `,"details":{"a":"${"x".repeat(300_000)}"}`),
      `{"gid":${"9".repeat(400)},"created_at":${"1".repeat(400)}}`,
    ];
    await putObject(directory, keyOf(DAY), segmentOf([...hostile, ...odd]).bytes);
  },
};

/** Right in all its parts, and its lines are no events. */
const noEvents: HostileArchive = {
  name: "lines that are no events",
  fill: async (directory) => {
    const wrong = [
      "{oops",
      "[1]",
      '"text"',
      "null",
      " ",
      "[".repeat(100_000),
      `${'{"a":'.repeat(50_000)}`,
      "\u001b[2Jraw",
      "\u0001a\u0001b",
    ];
    await putObject(
      directory,
      keyOf(DAY),
      segmentOf([line("1"), ...wrong, ...HOSTILE_TEXTS.filter((text) => !text.includes("\n"))]).bytes,
    );
  },
};

const notUtf8: HostileArchive = {
  name: "bytes that are no text",
  fill: async (directory) => {
    const { manifest } = segmentOf([line("1"), line("2"), line("3")]);
    const text = [
      line("1"),
      line("2", DAY, ',"name":"\xff\xfe\xc0\x80"'),
      line("3", DAY, ',"name":"\xed\xa0\x80\x9b31m"'),
    ];
    await putObject(directory, keyOf(DAY), rebuild(manifest, Buffer.from(`${text.join("\n")}\n`, "latin1")));
  },
};

const damaged: HostileArchive = {
  name: "damaged segments",
  says: /dt=2026-05-\d\d\/000001.ndjson.gz/,
  fill: async (directory) => {
    const { bytes, manifest } = segmentOf([line("1")]);
    const bomb = gzipSync(Buffer.alloc(100_000_000, 0x20));
    const text = bytes.toString("latin1");
    const headed = (manifestText: string) =>
      Buffer.concat([encodeHeader(Buffer.from(manifestText)), bytes.subarray(-60)]);
    const all: Buffer[] = [
      Buffer.alloc(0),
      Buffer.from("\u001b[2J plain text"),
      bomb,
      headed("{"),
      headed("[".repeat(2_000)),
      headed(`{"format":"\u001b[2J"}`),
      headed('{"format":99999999999}'),
      headed(JSON.stringify({ ...manifest, workspace: "\u001b[31m" })),
      headed(JSON.stringify({ ...manifest, day: "../../../etc" })),
      headed(JSON.stringify({ ...manifest, number: 1e9, count: -1 })),
      headed(JSON.stringify({ ...manifest, run: "'; DROP TABLE events; --" })),
      headed(JSON.stringify({ ...manifest, oldest: "9999-99-99T99:99:99.999Z" as Instant })),
      Buffer.from(text.replace("1201", "120\u001b"), "latin1"),
      Buffer.concat([bytes, bomb]),
      bytes.subarray(0, 100),
    ];
    for (const [index, content] of all.entries()) await putObject(directory, keyOf(dayOf(index + 1)), content);
    await putObject(directory, keyOf("2026-06-01"), segmentOf([line("good", "2026-06-01")], "2026-06-01").bytes);
  },
};

const withFile = (name: string, says: RegExp, make: (path: string) => Promise<unknown>): HostileArchive => ({
  name,
  says,
  fill: async (directory) => {
    await putObject(directory, keyOf(DAY), segmentOf([line("1")]).bytes);
    await make(join(directory, keyOf(DAY, 2)));
  },
});

const NO_FILE = /neither a (file|segment) nor a folder/;
const SPARSE_BYTES = 1.5 * 2 ** 30;

export const HOSTILE_ARCHIVES: readonly HostileArchive[] = [
  names,
  lines,
  noEvents,
  notUtf8,
  damaged,
  withFile("a pipe", NO_FILE, async (path) => execFileSync("mkfifo", [path])),
  withFile("a link to another file", NO_FILE, (path) => symlink("/etc/passwd", path)),
  withFile("a link to the folder above", NO_FILE, (path) => symlink("..", path)),
  withFile("a file of 1.5 GB", /larger than a segment can be/, async (path) => {
    const file = await open(path, "w");
    await file.truncate(SPARSE_BYTES); // takes no room on the disk
    await file.close();
  }),
];
