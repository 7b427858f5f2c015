/** `keygen` and `seal`: what is sealed, what a change of keys leaves, and how each way ends. */
import { chmod, copyFile, cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseVerifierKey } from "../../lambda/seal/note.ts";
import { listen } from "../fakes/loopback.ts";
import { startS3Server } from "../fakes/s3-server.ts";
import { createFakeAuthority } from "../fakes/timestamp-answer.ts";
import { ARCHIVE_NAME } from "../seal/signers.ts";
import { WORKSPACE as SEALED_WORKSPACE } from "../segment/sample.ts";
import { makeDirectory, runCli } from "./run-cli.ts";
import { DAYS, makeSealable, makeSealed, readObject } from "./sealed-folder.ts";

const SEALS = `seals/workspace=${SEALED_WORKSPACE}`;
const CAUSE_AND_ADVICE = /^asana-audit-archive: .+\.\n {2}.+\.\n$/;

describe("keygen", () => {
  it("writes a private key for its owner alone and a public one beside it, and says what to do with each", async () => {
    const out = join(await makeDirectory(), "seal.key");
    const { code, stdout } = await runCli(["keygen", "--name", ARCHIVE_NAME, "--out", out]);
    expect(code).toBe(0);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const vkey = (await readFile(`${out}.pub`, "utf8")).trim();
    expect(parseVerifierKey(vkey).keyName).toBe(ARCHIVE_NAME);
    expect(stdout).toContain(`\n  ${vkey}\n`);
    expect(stdout).toContain(`seal --archive <archive> --key ${out}\n`);
    expect(stdout).toContain(`verify --archive <archive> --key ${out}.pub\n`);
    expect(stdout).not.toContain("PRIVATE KEY");
  });

  it("prints as JSON what a script needs", async () => {
    const out = join(await makeDirectory(), "seal.key");
    const { stdout } = await runCli(["keygen", "--name", ARCHIVE_NAME, "--out", out, "--json"]);
    const vkey = (await readFile(`${out}.pub`, "utf8")).trim();
    const { keyName, keyId } = parseVerifierKey(vkey);
    expect(JSON.parse(stdout)).toEqual({ file: out, publicFile: `${out}.pub`, keyName, keyId, vkey });
  });

  it.each(["seal.key", "seal.key.pub"])("ends with 2 where %s exists, and writes nothing", async (taken) => {
    const folder = await makeDirectory();
    await writeFile(join(folder, taken), "mine");
    const { code, stderr } = await runCli(["keygen", "--name", ARCHIVE_NAME, "--out", join(folder, "seal.key")]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(CAUSE_AND_ADVICE) });
    expect(await readdir(folder)).toEqual([taken]);
    expect(await readFile(join(folder, taken), "utf8")).toBe("mine");
  });

  it.each(["", "a name", "a+b", "/a", "a//b"])("ends with 2 for the name %j", async (name) => {
    const folder = await makeDirectory();
    const { code } = await runCli(["keygen", "--name", name, "--out", join(folder, "seal.key")]);
    expect({ code, files: await readdir(folder) }).toEqual({ code: 2, files: [] });
  });
});

describe("seal", () => {
  it("seals every settled day that was looked at, quiet ones too, and then has nothing to do: both end with 0", async () => {
    const { archive, key, publicKey, run } = await makeSealable();
    const first = await run("seal", "--key", key);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("3 days sealed") });
    const numbers = (await readdir(join(archive, SEALS))).sort();
    expect(numbers).toEqual(["000001.txt", "000002.txt", "000003.txt"]);
    const origins = await Promise.all(
      numbers.map(async (name) => (await readObject(archive, `${SEALS}/${name}`)).toString().split("\n", 1)[0]),
    );
    expect(origins).toEqual(DAYS.map((day) => `${ARCHIVE_NAME}/${SEALED_WORKSPACE}/${day}`));
    expect(await run("seal", "--key", key)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("nothing is due"),
    });
    expect(await readdir(join(archive, SEALS))).toHaveLength(3);
    expect(await run("verify", "--key", publicKey)).toMatchObject({ code: 0 });
  });

  it("reports in JSON the seals that it made, with what a script would note of the newest", async () => {
    const { archive, key, run } = await makeSealable();
    const { stdout } = await run("seal", "--key", key, "--json");
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ workspace: SEALED_WORKSPACE, newest: { number: 3, day: DAYS[2] } });
    expect(report.sealed.map(({ number, day }: { number: number; day: string }) => [number, day])).toEqual(
      DAYS.map((day, index) => [index + 1, day]),
    );
    const pin = `${report.newest.number}:${report.newest.sha256}`;
    expect(await runCli(["verify", "--archive", archive, "--expect", pin, "--key", `${key}.pub`])).toMatchObject({
      code: 0,
    });
  });

  it("seals again, late, a day that has more segments or was looked at again, in the next run", async () => {
    const { archive, key, publicKey, run } = await makeSealable();
    const second = `events/workspace=${SEALED_WORKSPACE}/dt=${DAYS[0]}/000002.ndjson.gz`;
    const bytes = await readObject(archive, second);
    const look = `coverage/workspace=${SEALED_WORKSPACE}/dt=${DAYS[0]}/000001.json`;
    const lookBytes = await readObject(archive, look);
    await rm(join(archive, second));
    await rm(join(archive, look));
    // Without its look, the first day is one that is sealed late, right after the first seal.
    expect(await run("seal", "--key", key)).toMatchObject({ code: 0 });
    await writeFile(join(archive, second), bytes);
    await writeFile(join(archive, look), lookBytes);
    const { code, stdout } = await run("seal", "--key", key, "--json");
    expect({ code, sealed: JSON.parse(stdout).sealed }).toMatchObject({ code: 0, sealed: [{ day: DAYS[0] }] });
    expect(await run("verify", "--key", publicKey)).toMatchObject({ code: 0 });
  });

  it("has the authorities stamp the newest seal once, and seals also where one gives no stamp", async () => {
    const { archive, key, run } = await makeSealable();
    const authority = createFakeAuthority("loopback", () => Date.now());
    const server = createServer(async (request, response) => {
      const query = Buffer.concat(await request.toArray());
      response.setHeader("content-type", "application/timestamp-reply");
      response.end(await authority.stamp(query, new AbortController().signal));
    });
    const url = `http://127.0.0.1:${await listen(server)}/tsr`;
    const args = ["seal", "--key", key, "--timestamp-url", `${url}/../x`, "--timestamp-url", url] as const;
    expect(await run(...args)).toMatchObject({ code: 0, stdout: expect.stringContaining("3 days sealed") });
    const stamps = join(archive, `stamps/workspace=${SEALED_WORKSPACE}`);
    expect(await readdir(stamps)).toEqual(["000003.1.tsr", "000003.2.tsr"]);
    await run(...args);
    expect(authority.asked).toHaveLength(2);
    server.closeAllConnections();
    server.close();
    await rm(stamps, { recursive: true });
    const { code, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("did not answer") });
  });

  it.each(["http://tsa.example.com/tsr", "https://me:secret@tsa.example.com/", "no url"])(
    "ends with 2 for an authority that cannot be one, before anything is sealed: %s",
    async (url) => {
      const { archive, key, run } = await makeSealable();
      const { code, stderr } = await run("seal", "--key", key, "--timestamp-url", url);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(CAUSE_AND_ADVICE) });
      expect(await readdir(archive)).not.toContain("seals");
    },
  );

  it("halts a workspace whose log is not what was sealed, with 5, and seals the others", async () => {
    const { archive, key, run } = await makeSealed();
    const other = join(archive, "events", "workspace=1200");
    await cp(join(archive, "events", `workspace=${SEALED_WORKSPACE}`), other, { recursive: true });
    await rm(join(archive, `events/workspace=${SEALED_WORKSPACE}/dt=${DAYS[0]}`), { recursive: true });
    const { code, stdout, stderr } = await run("seal", "--key", key);
    expect({ code, stdout }).toEqual({ code: 5, stdout: expect.stringContaining("1200: nothing is due") });
    expect(stderr).toContain(`asana-audit-archive: ${SEALED_WORKSPACE}: events/workspace=${SEALED_WORKSPACE}`);
    expect(stderr).toContain("Run verify");
  });

  it("seals the workspaces that are named, and no other", async () => {
    const { archive, key, run } = await makeSealable();
    await cp(join(archive, "events", `workspace=${SEALED_WORKSPACE}`), join(archive, "events", "workspace=7"), {
      recursive: true,
    });
    const { stdout } = await run("seal", "--key", key, "--workspace", SEALED_WORKSPACE, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ workspace: SEALED_WORKSPACE });
  });

  it("seals an archive in a bucket as it does one in a folder", async () => {
    const { archive, key, publicKey } = await makeSealable();
    const store = await startS3Server();
    for (const name of await readdir(archive, { recursive: true })) {
      const path = join(archive, name);
      if ((await stat(path)).isFile()) store.put(`/bucket/deep/${name}`, await readFile(path));
    }
    const run = (command: string, ...more: readonly string[]) =>
      runCli([command, "--archive", "s3://bucket/deep", ...more], { env: store.env });
    expect(await run("seal", "--key", key)).toMatchObject({ code: 0 });
    expect([...store.objects.keys()].filter((path) => path.startsWith(`/bucket/deep/${SEALS}`))).toHaveLength(3);
    expect(await run("verify", "--key", publicKey)).toMatchObject({ code: 0 });
  });
});

describe("seal ends with 2 and makes no seal", () => {
  const expectRefused = async (
    { archive, run }: Awaited<ReturnType<typeof makeSealable>>,
    args: readonly string[],
    message: string,
  ) => {
    const { code, stdout, stderr } = await run("seal", ...args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
    expect(stderr).toMatch(CAUSE_AND_ADVICE);
    expect(stderr).not.toContain("PRIVATE KEY-----");
    expect(await readdir(archive)).not.toContain("seals");
  };

  it("for a key that others may read", async () => {
    const sealable = await makeSealable();
    await chmod(sealable.key, 0o644);
    await expectRefused(sealable, ["--key", sealable.key], "chmod 600");
  });

  it("for a key that is not there, the public key, and a file that is no key", async () => {
    const sealable = await makeSealable();
    await writeFile(sealable.path("notes"), "no key", { mode: 0o600 });
    await expectRefused(sealable, ["--key", sealable.path("nothing")], "does not exist");
    await expectRefused(sealable, ["--key", sealable.publicKey], "is not an Ed25519 private key");
    await expectRefused(sealable, ["--key", sealable.path("notes")], "is not an Ed25519 private key");
  });

  it("for a key without its .pub, or with that of another key", async () => {
    const sealable = await makeSealable();
    const other = await makeSealable();
    await copyFile(other.publicKey, sealable.publicKey);
    await expectRefused(sealable, ["--key", sealable.key], "is not the public key of");
    await rm(sealable.publicKey);
    await expectRefused(sealable, ["--key", sealable.key], "says which archive the key seals");
  });

  it("without a key, and for both kinds of a key's change at once", async () => {
    const sealable = await makeSealable();
    await expectRefused(sealable, [], "--key is missing");
    const both = ["--rotate-to", sealable.key, "--key-lost", sealable.publicKey];
    await expectRefused(sealable, ["--key", sealable.key, ...both], "two ways to change the key");
  });
});

describe("a change of keys", () => {
  const newKey = async (path: string): Promise<string> => {
    expect(await runCli(["keygen", "--name", ARCHIVE_NAME, "--out", path])).toMatchObject({ code: 0 });
    return path;
  };

  it("by rotation is a seal that both keys sign: who has the old one trusts the new one, and the old one signs no more", async () => {
    const { key, publicKey, path, run } = await makeSealed();
    const next = await newKey(path("next.key"));
    const { code, stdout } = await run("seal", "--key", key, "--rotate-to", next, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ changed: { number: 4, reason: "rotation" } });
    expect(await run("verify", "--key", publicKey)).toMatchObject({ code: 0 });
    expect(await run("verify", "--key", `${next}.pub`)).toMatchObject({ code: 0 });
    expect(await run("seal", "--key", key)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("are signed with"),
    });
    expect(await run("seal", "--key", next)).toMatchObject({ code: 0 });
  });

  it("by rotation is done once, however often it is asked for", async () => {
    const { archive, key, path, run } = await makeSealed();
    const next = await newKey(path("next.key"));
    await run("seal", "--key", key, "--rotate-to", next);
    expect(await run("seal", "--key", key, "--rotate-to", next)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("signs already"),
    });
    expect(await readdir(join(archive, SEALS))).toHaveLength(4);
  });

  it("never leads back to a key that has handed over: that is refused, and nothing is written", async () => {
    const { archive, key, path, run } = await makeSealed();
    const next = await newKey(path("next.key"));
    await run("seal", "--key", key, "--rotate-to", next);
    for (const back of [
      ["--key", next, "--rotate-to", key],
      ["--key", key, "--key-lost", `${next}.pub`],
    ])
      expect(await run("seal", ...back)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("a key that handed over does not come back"),
      });
    expect(await readdir(join(archive, SEALS))).toHaveLength(4);
    expect(await run("seal", "--key", next)).toMatchObject({ code: 0 });
  });

  it("by loss is a seal of the new key alone, so who has the old one cannot tell, and is told so with 2", async () => {
    const { key, publicKey, path, run } = await makeSealed();
    const next = await newKey(path("next.key"));
    await rm(key);
    expect(await run("seal", "--key", next, "--key-lost", publicKey)).toMatchObject({ code: 0 });
    expect(await run("verify", "--key", publicKey)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("who signed seal 4 is not known"),
    });
    expect(await run("verify", "--key", publicKey, "--key", `${next}.pub`)).toMatchObject({ code: 0 });
    expect(await run("seal", "--key", next)).toMatchObject({ code: 0 });
  });

  it("of an archive that has no seal yet needs none", async () => {
    const { archive, key, path, run } = await makeSealable();
    const next = await newKey(path("next.key"));
    expect(await run("seal", "--key", key, "--rotate-to", next)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("has no seal yet"),
    });
    expect(await readdir(archive)).not.toContain("seals");
  });
});
