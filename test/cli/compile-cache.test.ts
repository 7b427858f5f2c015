/** Where node keeps compiled code: nowhere that another user of the machine could have put some. */
import { chmod, chown, mkdir, readdir, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory, NOBODY, runProcess } from "./run-cli.ts";

const PLACE = ".cache/asana-audit-archive/compiled";

/** Starts the program with a home and a temporary folder of its own, as it is started by a user. */
async function start(home: string, env: Record<string, string> = {}) {
  const temporary = await makeDirectory();
  const { code } = await runProcess(["--version"], {
    env: { HOME: home, TMPDIR: temporary, NODE_COMPILE_CACHE: "", ...env },
  });
  return { code, temporary: await readdir(temporary) };
}

const isUsed = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).length > 0;

it("compiled code is kept in the user's own cache, for the user alone, and never in the temporary folder", async () => {
  const home = await makeDirectory();
  expect(await start(home)).toEqual({ code: 0, temporary: [] });
  expect(await isUsed(join(home, PLACE))).toBe(true);
  for (const made of [PLACE, dirname(PLACE)]) expect((await stat(join(home, made))).mode & 0o777).toBe(0o700);
  const cache = await makeDirectory();
  expect(await start("/nowhere", { XDG_CACHE_HOME: cache })).toEqual({ code: 0, temporary: [] });
  expect(await isUsed(join(cache, "asana-audit-archive/compiled"))).toBe(true);
});

it.each<[string, (home: string) => Promise<unknown>]>([
  ["is writable for others", (home) => chmod(join(home, PLACE), 0o777)],
  ["is writable for a group", (home) => chmod(join(home, PLACE), 0o770)],
  ["lies in a folder that is writable for others", (home) => chmod(join(home, ".cache"), 0o777)],
])("a cache that %s is not used", async (_, spoil) => {
  const home = await makeDirectory();
  await mkdir(join(home, PLACE), { recursive: true, mode: 0o700 });
  await spoil(home);
  expect(await start(home)).toEqual({ code: 0, temporary: [] });
  expect(await isUsed(join(home, PLACE))).toBe(false);
});

it.each<[string, (home: string) => Promise<unknown>]>([
  ["another user's", (home) => chown(join(home, PLACE), NOBODY, NOBODY)],
  ["inside of another user's", (home) => chown(join(home, ".cache"), NOBODY, NOBODY)],
])("a cache that is %s is not used", async (_, spoil) => {
  const home = await makeDirectory();
  await mkdir(join(home, PLACE), { recursive: true, mode: 0o700 });
  if (process.getuid?.() !== 0) return; // only root can give files away
  await spoil(home);
  expect(await start(home)).toEqual({ code: 0, temporary: [] });
  expect(await isUsed(join(home, PLACE))).toBe(false);
});

it("a cache that is a link to what others may write to is not used", async () => {
  const [home, shared] = [await makeDirectory(), await makeDirectory()];
  await chmod(shared, 0o777);
  await mkdir(dirname(join(home, PLACE)), { recursive: true });
  await symlink(shared, join(home, PLACE));
  expect(await start(home)).toEqual({ code: 0, temporary: [] });
  expect(await isUsed(shared)).toBe(false);
});

it("without a place for a cache it starts all the same", async () => {
  expect(await start("/dev/null")).toEqual({ code: 0, temporary: [] });
});
