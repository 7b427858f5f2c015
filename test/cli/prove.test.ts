/** `prove` and `verify-proof`: one event and what connects it with its seal, in a file that says nothing else. */
import { createHash } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sealKey } from "../../lambda/seal/seal-key.ts";
import { createLocalKey } from "../../lambda/signers/local-key.ts";
import { createOpensslAuthority, hasOpenssl } from "../fakes/openssl-authority.ts";
import { timestampInfo } from "../fakes/timestamp-answer.ts";
import { putLog } from "../seal/sealed-archive.ts";
import { ARCHIVE_NAME } from "../seal/signers.ts";
import { WORKSPACE as SEALED_WORKSPACE } from "../segment/sample.ts";
import { dayFromNow, runCli } from "./run-cli.ts";
import {
  DAYS,
  makeSealable,
  makeSealed,
  readObject,
  SEALED_GID,
  type SealedFolder,
  writeObjects,
} from "./sealed-folder.ts";

async function makeProof(): Promise<SealedFolder & { readonly proof: string }> {
  const sealed = await makeSealed();
  const proof = sealed.path("proof");
  expect(await sealed.run("prove", SEALED_GID, "--out", proof)).toMatchObject({ code: 0, stderr: "" });
  return { ...sealed, proof };
}

const verifyProof = (file: string, ...more: readonly string[]) => runCli(["verify-proof", file, ...more]);

describe("prove", () => {
  it("writes a proof for its owner alone that holds, and holds no other event", async () => {
    const { proof, publicKey } = await makeProof();
    expect((await stat(proof)).mode & 0o777).toBe(0o600);
    const text = await readFile(proof, "utf8");
    const event = Buffer.from(/^extra (.*)$/m.exec(text)![1]!, "base64").toString();
    expect(JSON.parse(event)).toMatchObject({ gid: SEALED_GID });
    expect(text).toContain("\nindex 3\n");
    for (const other of ["000002", "000004"]) {
      const gid = SEALED_GID.replace("000003", other);
      expect(text).not.toContain(gid);
      expect(event).not.toContain(gid);
    }
    expect(await verifyProof(proof, "--key", publicKey)).toMatchObject({ code: 0 });
  });

  it("takes the newest seal that counts the event", async () => {
    const { archive, key, proof, path, run } = await makeProof();
    const objects = new Map<string, Buffer>();
    for (const number of ["000001", "000002"]) {
      const segment = `events/workspace=${SEALED_WORKSPACE}/dt=${DAYS[0]}/${number}.ndjson.gz`;
      objects.set(segment, await readObject(archive, segment));
    }
    await putLog(objects, DAYS[0], 3);
    await writeObjects(archive, objects);
    expect(await run("seal", "--key", key)).toMatchObject({ code: 0 });
    const { stdout } = await run("prove", SEALED_GID, "--out", path("newer"), "--json");
    expect(JSON.parse(stdout)).toMatchObject({ gid: SEALED_GID, day: DAYS[0], seal: 4, size: 9, index: 3 });
    expect(await verifyProof(path("newer"), "--key", `${key}.pub`)).toMatchObject({ code: 0 });
    expect(await verifyProof(proof, "--key", `${key}.pub`)).toMatchObject({ code: 0 });
  });

  it("finds the event on a day that is named, and nowhere else", async () => {
    const { path, run } = await makeSealed();
    expect(await run("prove", SEALED_GID, "--day", DAYS[0], "--out", path("a"))).toMatchObject({ code: 0 });
    expect(await run("prove", SEALED_GID, "--day", DAYS[2], "--out", path("b"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`holds no event ${SEALED_GID} on ${DAYS[2]}`),
    });
  });

  it("ends with 2 for an event that is not there, for none, and for one that is not sealed yet", async () => {
    const { path, run } = await makeSealable();
    const out = ["--out", path("proof")];
    expect(await run("prove", "99", ...out)).toMatchObject({ code: 2, stderr: expect.stringContaining("no event 99") });
    expect(await run("prove", ...out)).toMatchObject({ code: 2, stderr: expect.stringContaining("No event is named") });
    expect(await run("prove", SEALED_GID, ...out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no seal counts it yet"),
    });
    await expect(stat(path("proof"))).rejects.toThrow("ENOENT");
  });

  it("overwrites no file", async () => {
    const { path, run } = await makeSealed();
    await writeFile(path("mine"), "mine");
    expect(await run("prove", SEALED_GID, "--out", path("mine"))).toMatchObject({ code: 2 });
    expect(await readFile(path("mine"), "utf8")).toBe("mine");
  });

  it("writes no proof where the log is not what was sealed, and ends with 1", async () => {
    const { archive, path, run } = await makeSealed();
    const of = (number: string) => `events/workspace=${SEALED_WORKSPACE}/dt=${DAYS[0]}/${number}.ndjson.gz`;
    await rm(join(archive, of("000001")));
    const { code, stdout } = await run("prove", SEALED_GID, "--out", path("proof"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("segment 1 is missing") });
    await expect(stat(path("proof"))).rejects.toThrow("ENOENT");
  });
});

describe("verify-proof", () => {
  it("ends with 0 for a proof that holds, and says which event, day, seal and key it is about", async () => {
    const { proof, publicKey } = await makeProof();
    const { code, stdout } = await verifyProof(proof, "--key", publicKey);
    expect(code).toBe(0);
    const keyId = (await readFile(publicKey, "utf8")).split("+")[1];
    for (const part of [
      `GOOD  event ${SEALED_GID} is one of 6`,
      `time       ${DAYS[0]}T00:00:03.000Z`,
      `workspace  ${SEALED_WORKSPACE} of ${ARCHIVE_NAME}`,
      `day        ${DAYS[0]}`,
      "seal       1, made ",
      `key        ${keyId}, given by you`,
    ])
      expect(stdout).toContain(part);
    expect(stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
    const json = await verifyProof(proof, "--json", "--key", (await readFile(publicKey, "utf8")).trim());
    expect(JSON.parse(json.stdout)).toMatchObject({ outcome: "holds", gid: SEALED_GID, day: DAYS[0], seal: 1, keyId });
  });

  it("ends with 2 without a key, or with another one, even one of the same name", async () => {
    const { proof, path } = await makeProof();
    await createLocalKey(path("other"), ARCHIVE_NAME);
    await createLocalKey(path("foreign"), "another.example.com");
    const told = { code: 2, stdout: expect.stringMatching(/^CANNOT TELL {2}/) };
    expect(await verifyProof(proof)).toMatchObject(told);
    expect(await verifyProof(proof, "--key", path("other.pub"))).toMatchObject(told);
    expect(await verifyProof(proof, "--key", path("foreign.pub"))).toMatchObject(told);
  });

  it("ends with 2 for a private key, a file that is no key, and a file that is no proof", async () => {
    const { proof, key, publicKey, path } = await makeProof();
    await writeFile(path("notes"), "neither\n");
    expect(await verifyProof(proof, "--key", key)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is a private key"),
    });
    for (const args of [
      [proof, "--key", path("notes")],
      [proof, "--key", path("nothing")],
      [path("notes"), "--key", publicKey],
      [path("nothing"), "--key", publicKey],
      [publicKey, "--key", publicKey],
    ] as const)
      expect(await verifyProof(...args)).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringMatching(/\n {2}.+\.\n$/),
      });
  });

  it("says that line endings were changed, and ends with 2", async () => {
    const { proof, publicKey } = await makeProof();
    await writeFile(proof, (await readFile(proof, "utf8")).replaceAll("\n", "\r\n"));
    expect(await verifyProof(proof, "--key", publicKey)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("its line endings were changed"),
    });
  });

  it.skipIf(!hasOpenssl())("with a time stamp of its seal, or of a later one, says since when it exists", async () => {
    const { archive, proof, publicKey, path } = await makeProof();
    const authority = createOpensslAuthority(path("authority"));
    authority.issue("Example authority");
    await writeFile(path("root.pem"), authority.pem("root"));
    const seal = (number: number) => join(archive, sealKey(SEALED_WORKSPACE, number));
    const stampOf = async (number: number, at: string) => {
      const digest = createHash("sha256")
        .update(await readFile(seal(number)))
        .digest();
      await writeFile(path(at), authority.sign(timestampInfo({ digest, time: at }), "Example authority"));
      return path(at);
    };
    const tomorrow = dayFromNow(1);
    const first = await stampOf(1, `${tomorrow.replaceAll("-", "")}062041Z`);
    const third = await stampOf(3, `${tomorrow.replaceAll("-", "")}072041Z`);
    const key = ["--key", publicKey];
    const root = ["--tsa-ca", path("root.pem")];
    const good = await verifyProof(proof, ...key, "--stamp", first, ...root);
    expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/^GOOD {2}/) });
    expect(good.stdout).toContain(`  existed    on ${tomorrow} 06:20:41 UTC, says Example authority`);
    expect(good.stdout).not.toContain("really sealed");
    const between = ["--chain", seal(2), "--chain", seal(3)];
    expect(await verifyProof(proof, ...key, "--stamp", third, ...between, ...root)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`on ${tomorrow} 07:20:41 UTC`),
    });
    const unchecked = await verifyProof(proof, ...key, "--stamp", first);
    expect(unchecked).toMatchObject({ code: 2, stdout: expect.stringMatching(/^CANNOT TELL {2}the proof holds, but/) });
    expect(unchecked.stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
    const early = await stampOf(1, "20200101000000Z");
    for (const [stamp, why] of [
      [[third], "something else"],
      [[third, "--chain", seal(3)], "is not the seal after the one before it"],
      [[early], "the seal says that it was made at"],
    ] as const) {
      const { code, stdout } = await verifyProof(proof, ...key, ...root, "--stamp", ...stamp);
      expect({ code, stdout: stdout.replaceAll(/\n +/g, " ") }).toEqual({
        code: 1,
        stdout: expect.stringContaining(why),
      });
    }
    expect(await verifyProof(proof, ...key, ...root)).toMatchObject({ code: 2, stdout: "" });
    expect(await verifyProof(proof, ...key, "--stamp", first, "--chain", publicKey)).toMatchObject({ code: 2 });
  });

  it.each<[string, (text: string) => string]>([
    ["that is cut off in its hashes", (text) => text.slice(0, text.indexOf("\n\n") - 5)],
    ["that is cut off in its seal", (text) => text.slice(0, -40)],
    ["with another index", (text) => text.replace("\nindex 3\n", "\nindex 2\n")],
    ["with another event", (text) => text.replace(/^extra .*$/m, `extra ${btoa('{"gid":"1"}')}`)],
    ["with another day in its seal", (text) => text.replaceAll(DAYS[0], DAYS[1])],
    ["with another size in its seal", (text) => text.replace("\n6\n", "\n7\n")],
  ])("ends with 1 for a proof %s", async (_, change) => {
    const { proof, publicKey } = await makeProof();
    const before = await readFile(proof, "utf8");
    await writeFile(proof, change(before));
    expect(await readFile(proof, "utf8")).not.toBe(before);
    expect(await verifyProof(proof, "--key", publicKey)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^BAD {2}.+\.\n/s),
    });
  });
});
