/** What `verify` and `status` say of a sealed archive, and with which exit codes. */
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { wrap } from "../../cli/terminal.ts";
import { sealHash } from "../../lambda/seal/seal-file.ts";
import { sealKey } from "../../lambda/seal/seal-key.ts";
import { stampKey } from "../../lambda/seal/stamp-key.ts";
import { createOpensslAuthority, hasOpenssl } from "../fakes/openssl-authority.ts";
import { timestampInfo } from "../fakes/timestamp-answer.ts";
import { ARCHIVE_NAME } from "../seal/signers.ts";
import { WORKSPACE as SEALED_WORKSPACE } from "../segment/sample.ts";
import { dayFromNow } from "./run-cli.ts";
import { DAYS, makeSealable, makeSealed, readObject } from "./sealed-folder.ts";

const isShort = (line: string) => line.length <= 80;

describe("verify with the key", () => {
  it("says at 80 columns what is sealed, by which key, and what is to be written down", async () => {
    const { publicKey, run } = await makeSealed();
    const { code, stdout } = await run("verify", "--key", publicKey);
    expect(code).toBe(0);
    const keyId = (await readFile(publicKey, "utf8")).split("+")[1];
    for (const part of [
      `  sealed as ${ARCHIVE_NAME}\n`,
      "      3  seals, chained and signed                         I9\n",
      ` 3 of 3  days sealed, ${DAYS[0]} to ${DAYS[2]}             I10\n`,
      "      1  of them without an event\n",
      " 3 of 3  days looked at to the end after they had settled  I11\n",
      " 3 of 3  segments here are as they were sealed             I3 I5\n",
      " 7 of 7  events here are those that were sealed            I10\n",
      `    key ${keyId} signed seals 1 to 3: given by you\n`,
      "\nGOOD  No faults found in what is here.\n",
    ])
      expect(stdout).toContain(part);
    expect(stdout).toMatch(/\n {6}3:[0-9a-f]{64}\n/);
    expect(stdout.split("\n").filter((line) => !isShort(line))).toEqual([]);
    expect(stdout).not.toContain("without events here");
  });

  it("ends with 1 for what is not as it was sealed, and claims nothing that a fault denies", async () => {
    const { archive, publicKey, run } = await makeSealed();
    await rm(join(archive, `events/workspace=${SEALED_WORKSPACE}/dt=${DAYS[2]}`), { recursive: true });
    const { code, stdout } = await run("verify", "--key", publicKey);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("days sealed; see the faults below") });
    expect(stdout).toMatch(/\n {2}I10 {2}seals\/\S+: 1 events of .* were sealed, but not all of them are here/);
    expect(stdout).toContain("\nBAD  Keep the archive as it is");
    expect(stdout).not.toContain("are as they were sealed  ");
  });

  it("ends with 1 where all events are gone and the seals are left, and where only the coverage is", async () => {
    const { archive, publicKey, run } = await makeSealed();
    await rm(join(archive, "events"), { recursive: true });
    expect(await run("verify", "--key", publicKey)).toMatchObject({ code: 1 });
    await rm(join(archive, "coverage"), { recursive: true });
    expect(await run("verify", "--key", publicKey)).toMatchObject({ code: 1 });
  });

  it("ends with 2 where the seals are gone, and says that nothing is signed", async () => {
    const { archive, publicKey, run } = await makeSealed();
    await rm(join(archive, "seals"), { recursive: true });
    expect(await run("verify", "--key", publicKey)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("has no seal, so nothing here is signed"),
    });
  });

  it("ends with 1 where one workspace has a fault and of another something cannot be told", async () => {
    const { archive, publicKey, run } = await makeSealed();
    await cp(join(archive, `events/workspace=${SEALED_WORKSPACE}`), join(archive, "events/workspace=7"), {
      recursive: true,
    });
    await rm(join(archive, `events/workspace=7/dt=${DAYS[0]}`), { recursive: true });
    await rm(join(archive, sealKey(SEALED_WORKSPACE, 1)));
    const both = ["--workspace", SEALED_WORKSPACE, "--workspace", "7"];
    expect(await run("verify", "--key", publicKey, ...both)).toMatchObject({ code: 1 });
  });

  it("holds for a copy of one day with its coverage and the seals, and for that day alone", async () => {
    const { archive, publicKey, path, run } = await makeSealed();
    const copy = path("copy");
    for (const part of ["events", "coverage"]) {
      const place = join(copy, part, `workspace=${SEALED_WORKSPACE}`, `dt=${DAYS[0]}`);
      await mkdir(dirname(place), { recursive: true });
      await cp(join(archive, part, `workspace=${SEALED_WORKSPACE}`, `dt=${DAYS[0]}`), place, { recursive: true });
    }
    await cp(join(archive, "seals"), join(copy, "seals"), { recursive: true });
    await rename(archive, path("elsewhere"));
    await rename(copy, archive);
    expect(await run("verify", "--day", DAYS[0], "--key", publicKey)).toMatchObject({ code: 0 });
    expect(await run("verify", "--key", publicKey)).toMatchObject({ code: 1 });
  });
});

describe("verify", () => {
  it("without a key ends with 2, and says that the signer is unknown and how to tell", async () => {
    const { run } = await makeSealed();
    const { code, stdout } = await run("verify");
    expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringContaining("SIGNER UNKNOWN: ask for") });
    expect(stdout).toContain("\nCANNOT TELL  No faults found, but not everything could be told");
  });

  it("misses the newest seal only where it was noted", async () => {
    const { archive, publicKey, run } = await makeSealed();
    const pin = `3:${sealHash(await readObject(archive, sealKey(SEALED_WORKSPACE, 3)))}`;
    expect(await run("verify", "--key", publicKey, "--expect", pin)).toMatchObject({ code: 0 });
    await rm(join(archive, sealKey(SEALED_WORKSPACE, 3)));
    expect(await run("verify", "--key", publicKey, "--expect", pin)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("000003.txt: was expected, but is missing"),
    });
  });

  it("names whole days that were not looked at in one line, and counts them as faults under --no-gaps", async () => {
    const { archive, key, publicKey, run } = await makeSealable();
    await rm(join(archive, `coverage/workspace=${SEALED_WORKSPACE}/dt=${DAYS[0]}`), { recursive: true });
    expect(await run("seal", "--key", key)).toMatchObject({ code: 0 });
    const { code, stdout } = await run("verify", "--key", publicKey);
    expect(code).toBe(0);
    expect(stdout).toContain(`not looked at: 1 whole day (${DAYS[0]}): before the archiver's first look\n`);
    expect(await run("verify", "--key", publicKey, "--no-gaps")).toMatchObject({ code: 1 });
  });

  it("refuses a private key, a file that holds no key, and one that holds no certificate, with 2", async () => {
    const { key, publicKey, path, run } = await makeSealed();
    await writeFile(path("notes"), "nothing\n");
    for (const args of [
      ["--key", key],
      ["--key", path("notes")],
      ["--key", path("nothing")],
      ["--key", publicKey, "--tsa-ca", path("notes")],
    ])
      expect(await run("verify", ...args)).toMatchObject({ code: 2, stdout: "" });
  });

  it.skipIf(!hasOpenssl())(
    "says of a time stamp who made it, and else how somebody without this program checks it",
    async () => {
      const { archive, publicKey, path, run } = await makeSealed();
      const authority = createOpensslAuthority(path("authority"));
      authority.issue("Example authority");
      const digest = Buffer.from(sealHash(await readObject(archive, sealKey(SEALED_WORKSPACE, 2))), "hex");
      const time = `${dayFromNow(1).replaceAll("-", "")}062041Z`;
      const stamp = authority.sign(timestampInfo({ digest, time }), "Example authority");
      const place = stampKey({ workspace: SEALED_WORKSPACE, seal: 2, authority: 1 });
      await mkdir(dirname(join(archive, place)), { recursive: true });
      await writeFile(join(archive, place), stamp);
      await writeFile(path("root.pem"), authority.pem("root"));
      const checked = await run("verify", "--key", publicKey, "--tsa-ca", path("root.pem"));
      expect(checked.stdout).toContain(`time stamp: seal 2 existed on ${dayFromNow(1)} 06:20:41 UTC, says Example`);
      const unchecked = await run("verify", "--key", publicKey);
      expect(unchecked.stdout.replaceAll(/\n +/g, " ")).toContain("not checked: no root of its authority was given");
      expect(unchecked.stdout).toContain(
        `      openssl ts -verify -in ${place} \\\n        -data ${sealKey(SEALED_WORKSPACE, 2)} \\\n        -CAfile root.pem -attime `,
      );
      expect([checked.code, unchecked.code]).toEqual([0, 0]);
      expect(unchecked.stdout.split("\n").filter((line) => !isShort(line))).toEqual([]);
    },
  );
});

describe("status", () => {
  it("says up to which day all is sealed, the newest seal, and which settled days are not sealed", async () => {
    const { archive, run } = await makeSealed();
    const sealed = await run("status");
    expect(sealed).toMatchObject({ code: 0 });
    expect(sealed.stdout).toContain(`every day up to ${DAYS[2]} is sealed; the newest seal is number 3, of `);
    await rm(join(archive, sealKey(SEALED_WORKSPACE, 3)));
    const { stdout } = await run("status", "--json");
    const { seals } = JSON.parse(stdout).workspaces[0];
    const unsealed = { from: DAYS[2] };
    expect(seals).toMatchObject({ newest: { number: 2 }, lastDay: DAYS[1], unsealed, holdsUnsealed: true });
    for (const kind of ["events", "coverage"])
      await rm(join(archive, `${kind}/workspace=${SEALED_WORKSPACE}/dt=${DAYS[2]}`), { recursive: true });
    expect((await run("status")).stdout).toMatch(
      / not sealed \(.*\): no event of them is held, and nobody has looked\n/,
    );
  });

  it("names a seal that is missing or cannot be read, and ends with 1", async () => {
    const { archive, run } = await makeSealed();
    await rm(join(archive, sealKey(SEALED_WORKSPACE, 2)));
    await writeFile(join(archive, sealKey(SEALED_WORKSPACE, 3)), "not a seal");
    const { code, stdout } = await run("status");
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("000002.txt: is missing") });
    expect(stdout).toContain("000003.txt: cannot be read");
  });
});

it("a long line is broken at spaces, keeps its beginning, and no word is lost", () => {
  expect(wrap("  ab cd  ef", "    ", 7)).toBe("  ab cd\n    ef");
  expect(wrap("abcdefgh ij", " ", 4)).toBe("abcdefgh\n ij");
  expect(wrap("short", " ")).toBe("short");
});
