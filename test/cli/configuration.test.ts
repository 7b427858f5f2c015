/** What no flag says is taken from the environment, else from the configuration file, else it is the default. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { CONFIG_KEYS } from "../../cli/options.ts";
import { FEED_TOKEN } from "../../feed/options.ts";
import { runSettings } from "../../lambda/settings.ts";
import {
  type CliOptions,
  makeDirectory,
  NOBODY,
  type ProcessOptions,
  runCli,
  runProcess,
  startFeed,
  WORKSPACE,
} from "./run-cli.ts";

const NAME = "asana-audit-archive.json";
let folder: string;
beforeEach(async () => {
  folder = await makeDirectory();
});

const write = (content: unknown, name = NAME): Promise<void> =>
  writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });

const run = (args: readonly string[], options: CliOptions = {}) =>
  runCli(args, { cwd: folder, token: null, ...options });
const runAs = (args: readonly string[], options: ProcessOptions) =>
  runProcess(args, { cwd: folder, token: null, ...options });

/** A configuration with which a drain archives from a feed. */
async function startConfigured() {
  const { feed, baseUrl } = await startFeed({ events: 50 });
  await writeFile(join(folder, "token"), FEED_TOKEN, { mode: 0o600 });
  const content = { archive: "./archive", workspaces: [WORKSPACE], tokenFile: "token", source: baseUrl };
  return { feed, content };
}

describe("settings", () => {
  it("in the file of this folder make a drain need no options, and paths in it start from its own folder", async () => {
    const { content } = await startConfigured();
    await write(content);
    expect(await run(["drain"])).toMatchObject({ code: 0 });
    expect(await run(["verify"])).toMatchObject({ code: 0 });
    const elsewhere = await makeDirectory();
    const named = ["--config", join(folder, NAME)];
    expect(await run(["status", ...named], { cwd: elsewhere })).toMatchObject({ code: 0 });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it("are found in the user's own folder, unless this one has a file, or one is named", async () => {
    await mkdir(join(folder, "xdg/asana-audit-archive"), { recursive: true });
    const own = join("xdg", "asana-audit-archive", "config.json");
    const env = { XDG_CONFIG_HOME: join(folder, "xdg") };
    const archiveOf = async (args: readonly string[], more: Record<string, string> = {}) =>
      /(\w+) does not exist/.exec((await run(["status", ...args], { env: { ...env, ...more } })).stderr)?.[1];
    await write({ archive: "own" }, own);
    expect(await archiveOf([])).toBe("own");
    await write({ archive: "here", profiles: { eu: { archive: "profiled" } } });
    expect(await archiveOf([])).toBe("here");
    await write({ archive: "named" }, "other.json");
    expect(await archiveOf(["--config", "other.json"])).toBe("named");
    expect(await archiveOf([], { ASANA_AUDIT_CONFIG: "other.json" })).toBe("named");
    expect(await archiveOf(["--profile", "eu"])).toBe("profiled");
    expect(await archiveOf([], { ASANA_AUDIT_PROFILE: "eu" })).toBe("profiled");
    expect(await archiveOf([], { ASANA_AUDIT_PROFILE: "eu", ASANA_AUDIT_ARCHIVE: "variable" })).toBe("variable");
    expect(await archiveOf(["--archive", "flag"], { ASANA_AUDIT_ARCHIVE: "variable" })).toBe("flag");
  });

  it("of a flag replace those of the file, also where a flag may be repeated", async () => {
    const { feed, content } = await startConfigured();
    await write({ ...content, workspaces: ["77", "78"] });
    expect(await run(["drain", "--workspace", WORKSPACE])).toMatchObject({ code: 0 });
    expect(feed.requests.every(({ workspace }) => workspace === WORKSPACE)).toBe(true);
    expect(await run(["drain"], { env: { ASANA_AUDIT_WORKSPACES: `${WORKSPACE}` } })).toMatchObject({ code: 0 });
  });

  it("of workspaces leave a command that reads the whole archive as it is", async () => {
    const { content } = await startConfigured();
    await write(content);
    expect(await run(["drain"])).toMatchObject({ code: 0 });
    await write({ ...content, workspaces: ["77"] });
    expect(await run(["status"])).toMatchObject({ code: 0, stdout: expect.stringContaining(WORKSPACE) });
    expect(await run(["query", "SELECT count(*) AS n FROM events", "--format", "csv"])).toMatchObject({
      stdout: "n\n50\n",
    });
  });

  it("of a checkpoint belong to the archive that they are named with", async () => {
    const { content } = await startConfigured();
    await write({ ...content, checkpoint: "./elsewhere" });
    expect(await run(["drain", "--archive", "other"])).toMatchObject({ code: 0 });
    expect(await readdir(folder)).not.toContain("elsewhere");
    expect(await readdir(join(folder, "other"))).toContain("checkpoint");
    expect(await run(["drain"])).toMatchObject({ code: 0 });
    expect(await readdir(folder)).toContain("elsewhere");
  });

  it("of a token file give way to ASANA_TOKEN, as everything in the file does to the environment", async () => {
    const { content } = await startConfigured();
    await write({ ...content, tokenFile: "missing" });
    expect(await run(["drain"])).toMatchObject({ code: 2, stderr: expect.stringContaining("missing cannot be read") });
    expect(await run(["drain"], { token: FEED_TOKEN })).toMatchObject({ code: 0 });
  });

  it("of a run are taken under the names of the stack's settings, and checked like flags", async () => {
    for (const name of Object.keys(runSettings)) expect(CONFIG_KEYS).toHaveProperty(name);
    const { feed, content } = await startConfigured();
    await write({ ...content, pageLimit: 7 });
    expect(await run(["drain"])).toMatchObject({ code: 0 });
    expect(feed.requests.some(({ query }) => query["limit"] === "7")).toBe(true);
    await write({ ...content, batchMiB: 129 });
    const { code, stderr } = await run(["drain"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`batchMiB in ${NAME} is not usable.`),
    });
    expect(stderr).toContain("Give a whole number of MiB from 1 to 128.");
    expect(await run(["drain"], { env: { ASANA_AUDIT_BATCH_MIB: "x" } })).toMatchObject({
      stderr: expect.stringContaining("ASANA_AUDIT_BATCH_MIB is not usable."),
    });
  });
});

it.each<[string, unknown, string[]]>([
  ["an unknown key", { archve: "x" }, [`${NAME} has the unknown key archve`, "Did you mean archive?"]],
  ["a flag's name for a key", { "token-file": "x" }, ["unknown key token-file", "Did you mean tokenFile?"]],
  [
    "an unknown key of a profile",
    { profiles: { eu: { workspace: "1" } } },
    ["profiles.eu.workspace", "mean workspaces?"],
  ],
  ["a token", { token: "SECRET" }, ["token in", "looks like a token", "tokenFile"]],
  ["a token under another name", { asanaToken: "SECRET" }, ["looks like a token"]],
  ["a token in place of its file", { tokenFile: "2/12/34:0123456789abcdef0123456789abcdef" }, ["looks like a token"]],
  ["no JSON", '{"archive": SECRET}', ["is not JSON"]],
  ["a list", "[]", ["is not a JSON object"]],
  ["profiles that are none", { profiles: { eu: "x" } }, ["profiles in"]],
  ["no place for the archive", { archive: "" }, ["archive in", "is empty"]],
  ["null for the archive", { archive: null }, ["archive in", "not usable", "leave the key out"]],
  ["two archives", { archive: ["a", "b"] }, ["archive in", "not usable"]],
  ["a NUL", { archive: "a\0b" }, ["archive in", "NUL"]],
  [
    "lists without end",
    `{"workspaces": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    ["workspaces in", "not usable"],
  ],
  ["lists without end elsewhere", `{"x": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`, ["unknown key x"]],
  ["a gid that has lost digits", '{"archive": 12012345678901234567}', ["archive in", "not usable"]],
])("a file with %s is refused with its name, and no value is repeated", async (_, content, messages) => {
  await write(content);
  const { code, stdout, stderr } = await run(["status"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  for (const message of [NAME, ...messages]) expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/SECRET|0123456789abcdef/);
});

it("a file or a profile that does not exist is refused", async () => {
  expect(await run(["status", "--config", "none.json"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("none.json"),
  });
  expect(await run(["status", "--profile", "eu"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--config"),
  });
  await write({ profiles: { prod: {}, test: {} } });
  expect(await run(["status", "--profile", "pord"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("mean prod?"),
  });
});

it("a misspelt variable is warned of", async () => {
  const { stderr } = await run(["status"], { env: { ASANA_AUDIT_ARCHVE: "x" } });
  expect(stderr).toContain("ASANA_AUDIT_ARCHVE is not known and has no effect. Did you mean ASANA_AUDIT_ARCHIVE?");
});

it("a file that another user could have written is not taken unless it is named", async () => {
  const refused = { code: 2, stderr: expect.stringContaining("could have been written by another user") };
  await write({ archive: "x" });
  await chmod(join(folder, NAME), 0o666);
  expect(await run(["status"])).toMatchObject(refused);
  expect((await run(["status", "--config", NAME])).stderr).toContain("x does not exist");
  if (process.getuid?.() !== 0) return;
  await chmod(join(folder, NAME), 0o600);
  await chown(join(folder, NAME), NOBODY, NOBODY);
  expect(await run(["status"])).toMatchObject(refused);
});

describe("what stands where a configuration file was expected", () => {
  it("is refused if it is a pipe or too large, without waiting for it", async () => {
    execFileSync("mkfifo", [join(folder, "pipe"), join(folder, NAME)]);
    await writeFile(join(folder, "large.json"), `{}${" ".repeat(1_048_576)}`);
    const refused = (text: string) => ({ code: 2, stderr: expect.stringContaining(text) });
    expect(await run(["status"])).toMatchObject(refused("is not a plain file"));
    expect(await run(["status", "--config", "pipe"])).toMatchObject(refused("is not a plain file"));
    expect(await run(["status", "--config", "/dev/null"])).toMatchObject(refused("is not a plain file"));
    expect(await run(["status", "--config", "large.json"])).toMatchObject(refused("larger than 1 MiB"));
  });

  it("is passed over if it is a folder or below a file, unless it is named", async () => {
    const missing = { code: 2, stderr: expect.stringContaining("--archive is missing") };
    await writeFile(join(folder, "file"), "");
    expect(await run(["status"], { env: { XDG_CONFIG_HOME: join(folder, "file") } })).toMatchObject(missing);
    await mkdir(join(folder, NAME));
    expect(await run(["status"])).toMatchObject(missing);
    for (const named of [NAME, "file/below"]) {
      expect(await run(["status", "--config", named])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(named),
      });
    }
  });

  it("is passed over with a remark if this user may not read it, unless it is named", async () => {
    await mkdir(join(folder, "home/asana-audit-archive"), { recursive: true });
    await writeFile(join(folder, "home/asana-audit-archive/config.json"), "{}");
    await chmod(folder, 0o755);
    await chmod(join(folder, "home"), 0o000);
    // Root may read everything, so it is somebody else who tries.
    const options = {
      env: { XDG_CONFIG_HOME: join(folder, "home") },
      ...(process.getuid?.() === 0 && { uid: NOBODY }),
    };
    const unnamed = await runAs(["status"], options);
    expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringContaining("--archive is missing") });
    expect(unnamed.stderr).toMatch(/warn: the configuration file .* cannot be read \(access is denied\)/);
    expect(await runAs(["status", "--config", "home/x"], options)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("home/x: access is denied"),
    });
  });
});

/** As Asana makes them, but nobody's. */
const SECRET_PART = "0123456789abcdef0123456789abcdef";
const TOKEN = `2/1201234567890123/1209876543210987:${SECRET_PART}`;

describe("a token in a wrong place is refused and never printed", () => {
  it.each<[string, string[], Record<string, string>?]>([
    ["as the token file", ["fetch", "--workspace", "1", "--token-file", TOKEN]],
    ["as a service's token file", ["service", "cron", "--workspace", "1", "--archive", "a", "--token-file", TOKEN]],
    ["as a variable for the token file", ["fetch", "--workspace", "1"], { ASANA_AUDIT_TOKEN_FILE: TOKEN }],
    ["as the archive", ["status", "--archive", TOKEN]],
    ["as a variable for the archive", ["status"], { ASANA_AUDIT_ARCHIVE: `Bearer ${TOKEN}` }],
    ["as the command", [TOKEN]],
    ["as what to explain", ["help", TOKEN]],
    ["as the question", ["ask", TOKEN]],
    ["as the question to explain", ["help", "ask", TOKEN]],
    ["as an argument", ["status", "--archive", "a", TOKEN]],
    ["as an option", ["status", `--${TOKEN}`]],
    ["as the profile", ["status", "--profile", TOKEN]],
    ["as the configuration file", ["status", "--config", TOKEN]],
    ["as a variable for the configuration file", ["status"], { ASANA_AUDIT_CONFIG: TOKEN }],
    ["as the new configuration file", ["init", "--yes", "--workspace", "1", "--config", TOKEN]],
    ["of the older form", ["status", "--archive", `0/${SECRET_PART}`]],
  ])("%s", async (_, args, env = {}) => {
    for (const more of [[], ["--json"], ["--debug"]]) {
      const { code, stdout, stderr } = await run([...args, ...more], { env });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).not.toContain(SECRET_PART);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("as a key, and as the name of a profile", async () => {
    for (const content of [{ [TOKEN]: "x" }, { profiles: { [TOKEN]: {} } }]) {
      await write(content);
      const { code, stderr } = await run(["status", "--profile", "x"]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.not.stringContaining(SECRET_PART) });
    }
  });

  it("with what to do about it", async () => {
    expect(await run(["fetch", "--workspace", "1", "--token-file", TOKEN])).toMatchObject({
      stderr: expect.stringMatching(/--token-file was given a token, not a file\.\n {2}Replace the token at Asana/),
    });
  });
});

describe("init", () => {
  it("writes a file for the owner alone, with which the other commands work", async () => {
    const { content } = await startConfigured();
    expect(await run(["init", "--yes", "--workspace", WORKSPACE])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("asana-audit-archive drain"),
    });
    expect((await stat(join(folder, NAME))).mode & 0o777).toBe(0o600);
    const written = JSON.parse(await readFile(join(folder, NAME), "utf8"));
    expect(written).toEqual({ archive: "./archive", workspaces: [WORKSPACE], tokenFile: "./token" });
    expect(await run(["drain"], { env: { ASANA_AUDIT_SOURCE: content.source } })).toMatchObject({ code: 0 });
  });

  it("on a terminal asks three questions, again where an answer is not valid, and takes the default for an empty one", async (test) => {
    if (spawnSync("script", ["--version"]).status !== 0)
      return test.skip("there is no `script` to make a terminal with");
    const program = `${process.execPath} ${join(import.meta.dirname, "../../cli/bin.js")} init`;
    const child = spawn("script", ["-qec", program, "/dev/null"], { cwd: folder });
    const answers = ["", "12a", "77, 78", "secret.txt"];
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
      // Each question ends with a colon and a move of the cursor behind it.
      const asked = [...shown.matchAll(/: .\[\d+G/gs)].length;
      while (answers.length > 4 - asked) child.stdin.write(`${answers.shift()}\r`);
    });
    const [code] = await once(child, "close");
    expect({ code, shown }).toEqual({ code: 0, shown: expect.stringContaining("A gid consists of digits") });
    expect(JSON.parse(await readFile(join(folder, NAME), "utf8"))).toEqual({
      archive: "./archive",
      workspaces: ["77", "78"],
      tokenFile: "secret.txt",
    });
  });

  it("never overwrites a file", async () => {
    await write("mine");
    const { code, stderr } = await run(["init", "--yes", "--workspace", "1"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("exists already") });
    expect(await readFile(join(folder, NAME), "utf8")).toBe("mine");
  });

  it("without a terminal says what to give, and writes nothing", async () => {
    for (const args of [["init"], ["init", "--yes"], ["init", "--workspace", "1"]]) {
      expect(await run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(["asana-audit-archive.json", "sub/c.json"])(
    "writing %s, refuses a token in place of its file, without repeating it",
    async (config) => {
      await mkdir(join(folder, "sub"));
      for (const given of [TOKEN, ` ${TOKEN}`, `Bearer ${TOKEN}`]) {
        const { code, stdout, stderr } = await run([
          "init",
          "--yes",
          "--workspace",
          "1",
          "--config",
          config,
          "--token-file",
          given,
        ]);
        expect({ code, stdout, stderr }).toEqual({
          code: 2,
          stdout: "",
          stderr: expect.stringContaining("--token-file was given a token, not a file."),
        });
        expect(stderr).not.toContain(SECRET_PART);
      }
      expect(await readdir(folder, { recursive: true })).toEqual(["sub"]);
    },
  );

  it.each([
    ["--archive", "", "--archive is empty"],
    ["--archive", "s3://", "not a valid bucket name"],
    ["--token-file", " ", "--token-file is empty"],
  ])("refuses %s %j, and writes nothing", async (flag, value, message) => {
    const { code, stderr } = await run(["init", "--yes", "--workspace", "1", flag, value]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(await readdir(folder)).toEqual([]);
  });

  it("prints commands that a shell takes as they are", async () => {
    const init = (name: string, tokenFile: string) =>
      run(["init", "--yes", "--workspace", "1", "--config", name, "--token-file", tokenFile], {
        env: { HOME: folder },
      });
    const { stdout } = await init("Ann's config.json", "~/my token");
    expect(stdout).toContain("(umask 077; cat > ~/'my token')");
    const [, command = ""] = /asana-audit-archive (drain --config .*)/.exec(stdout) ?? [];
    const words = execFileSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" });
    expect(words).toBe("drain\n--config\nAnn's config.json\n");
    await writeFile(join(folder, "my token"), "");
    expect((await init("b.json", "~/my token")).stdout).not.toContain("Put the token into");
  });

  it("in another folder names the places that were meant from here", async () => {
    await mkdir(join(folder, "etc"));
    await run(["init", "--yes", "--workspace", "1", "--config", "etc/a.json", "--archive", "s3://bucket/a"]);
    expect(JSON.parse(await readFile(join(folder, "etc/a.json"), "utf8"))).toMatchObject({
      archive: "s3://bucket/a",
      tokenFile: join(folder, "token"),
    });
  });
});
