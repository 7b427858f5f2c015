/** What file systems, NAS boxes and programs that copy folders leave in an archive does no harm and raises no alarm. */
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory, runCli, startFeed, WORKSPACE } from "./run-cli.ts";

const STRAYS = ["Thumbs.db", ".DS_Store", "@eaDir/000001.ndjson.gz@SynoEAStream", ".nfs000000000123abcd00000001"];

async function makeArchive() {
  const { flags } = await startFeed({ events: 50 });
  const archive = join(await makeDirectory(), "archive");
  expect(await runCli(["drain", ...flags, "--archive", archive])).toMatchObject({ code: 0 });
  const workspace = join(archive, "events", `workspace=${WORKSPACE}`);
  const [day = ""] = await readdir(workspace);
  return { archive, flags, day: join(workspace, day) };
}

it("stray files are named as remarks, and every command goes on as without them", async () => {
  const { archive, flags, day } = await makeArchive();
  for (const name of STRAYS) {
    await mkdir(join(day, name, ".."), { recursive: true });
    await writeFile(join(day, name), "junk");
  }
  const { code, stdout } = await runCli(["verify", "--archive", archive]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("No faults found") });
  expect(stdout).toContain("4 files that other programs probably left here:\n");
  expect(stdout).toContain("/Thumbs.db (Windows)\n");
  expect(stdout).toContain("/@eaDir/000001.ndjson.gz@SynoEAStream (a NAS)\n");
  expect(stdout).toContain("you may delete or move them");
  expect(stdout).not.toContain("find out who changed it");
  const json = JSON.parse((await runCli(["verify", "--archive", archive, "--json"])).stdout);
  expect(json).toMatchObject({ outcome: "clean", strayCount: 4, faultCount: 0 });
  for (const args of [
    ["status", "--archive", archive],
    ["drain", ...flags, "--archive", archive],
    ["query", "--archive", archive, "SELECT count(*) FROM events"],
    ["export", "--archive", archive],
  ]) {
    expect({ args, ...(await runCli(args)) }).toMatchObject({ code: 0 });
  }
});

it.each([
  ["a day", "dt=2026-01-01", ".."],
  ["a segment", "dt=2026-01-01/000001.ndjson.gz", "../README.txt"],
  ["nothing known", "dt=2026-01-01/other", "nowhere"],
])(
  "a link in the place of %s is one fault of verify, which checks the rest, and other readers stop and name it",
  async (_, name, target) => {
    const { archive, day } = await makeArchive();
    const link = join(day, "..", name);
    await mkdir(join(link, ".."), { recursive: true });
    await symlink(target, link);
    const { code, stdout } = await runCli(["verify", "--archive", archive, "--json"]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 1,
      faultCount: 1,
      faults: [{ invariant: "I6", key: `events/workspace=${WORKSPACE}/${name}/` }],
      workspaces: [{ events: 50 }],
    });
    for (const args of [["status"], ["export"], ["query", "SELECT 1"]]) {
      expect({ args, ...(await runCli([...args, "--archive", archive])) }).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining(`${name} is neither a file nor a folder.`),
      });
    }
  },
);

it("a link with a name that other programs give is a remark, and no reader stops", async () => {
  const { archive, day } = await makeArchive();
  await symlink("nowhere", join(day, "@eaDir"));
  expect((await runCli(["verify", "--archive", archive])).code).toBe(0);
  expect((await runCli(["query", "--archive", archive, "SELECT 1"])).code).toBe(0);
});

it("a file that a query would read stays a fault, also under a name that another program gives", async () => {
  const { archive, day } = await makeArchive();
  await writeFile(join(day, "._000001.ndjson.gz"), "junk");
  const { code, stdout } = await runCli(["verify", "--archive", archive]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("its name is one that macOS gives") });
});
