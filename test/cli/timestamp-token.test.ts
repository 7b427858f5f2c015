/** Time stamps made by openssl, honest and otherwise, as we judge them and as openssl does. */
import { createHash, hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRoots } from "../../cli/seal/authority-certificate.ts";
import { opensslCommand } from "../../cli/seal/openssl-command.ts";
import { checkTimestamp } from "../../cli/seal/timestamp-token.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { StampVerdict } from "../../lambda/seal/judge-stamps.ts";
import { nonceInteger, timestampRequest } from "../../lambda/seal/timestamp-request.ts";
import { createOpensslAuthority, hasOpenssl, type OpensslAuthority } from "../fakes/openssl-authority.ts";
import { SHA512, timestampInfo, timestampResponse } from "../fakes/timestamp-answer.ts";
import { isThorough } from "../tries.ts";

const SEAL = Buffer.from("archive.example.com/asana/1201/2026-11-20\n3\n");
const DIGEST = hash("sha256", SEAL, "buffer");
const REQUEST = timestampRequest(DIGEST, nonceInteger(Buffer.alloc(8, 5)));
/** What `sign` is given: a time stamp of that time. */
const JUNE_2021 = timestampInfo({ digest: DIGEST, time: "20210601120000Z" });
const IN_JUNE_2021 = "2021-06-01T12:00:00.000Z" as Instant;

describe.skipIf(!hasOpenssl())("a time stamp", () => {
  let folder: string;
  let authority: OpensslAuthority;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "timestamps-"));
    authority = createOpensslAuthority(join(folder, "authority"));
    authority.issue("rsa", { key: "rsa" });
    authority.issue("ec");
    for (const as of ["lax", "also", "clients", "anything", "signing", "strange"] as const) authority.issue(as, { as });
    authority.issue("2020", { from: "20200101000000Z", until: "20201231235959Z" });
    authority.issue("2021", { from: "20210101000000Z", until: "20211231235959Z" });
    authority.issue("2022", { from: "20220101000000Z", until: "20221231235959Z" });
    authority.issue("middle", { as: "root", key: "rsa" });
    authority.issue("under middle", { by: "middle" });
    authority.issue("short", { as: "short" });
    authority.issue("middle of short", { as: "root", by: "short" });
    authority.issue("under short", { by: "short" });
    authority.issue("too far under short", { by: "middle of short" });
    authority.issue("person", { as: "person" });
    authority.issue("under person", { by: "person" });
    authority.issue("otherwise", { as: "otherwise" });
    authority.issue("under otherwise", { by: "otherwise" });
    authority.issue("ended", { as: "root", until: "20201231235959Z" });
    authority.issue("under ended", { by: "ended" });
    authority.issue("stranger", { as: "root", by: "stranger" });
    authority.issue("under stranger", { by: "stranger" });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const roots = (name = "root") => readRoots(authority.pem(name));
  const check = (response: Buffer, root = "root") => checkTimestamp(response, SEAL, roots(root));
  /** Both judge; a verdict is compared with openssl's, at the time of the stamp. */
  const compared = (response: Buffer, at: Instant, root = "root"): [StampVerdict, openssl: boolean] => [
    check(response, root),
    authority.verifies(response, SEAL, Math.floor(Date.parse(at) / 1000), root),
  ];
  const timeOf = (verdict: StampVerdict) => (verdict.kind === "bad" ? null : verdict.genTime);

  describe("that openssl answers to our request is good, and openssl agrees:", () => {
    it.each<[string, string, Parameters<OpensslAuthority["reply"]>[2]]>([
      ["RSA, SHA-256", "rsa", {}],
      ["RSA, SHA-384", "rsa", { digest: "sha384" }],
      ["RSA, SHA-512", "rsa", { digest: "sha512", ess: "sha512" }],
      ["ECDSA, SHA-256", "ec", {}],
      ["ECDSA, SHA-512", "ec", { digest: "sha512", ess: "sha384" }],
      ["the certificate named by its SHA-1, as older authorities do", "rsa", { ess: "sha1" }],
      ["over an intermediate authority", "under middle", { chain: ["middle"] }],
      ["over an intermediate authority that allows no other below it", "under short", { chain: ["short"] }],
    ])("%s", (_, signer, options) => {
      const response = authority.reply(REQUEST, signer, options);
      const verdict = check(response);
      expect(verdict).toMatchObject({ kind: "good", authority: signer });
      expect(compared(response, timeOf(verdict)!)[1]).toBe(true);
    });
  });

  it("is good for ever if its certificate was valid at its time: openssl is told that time, or it finds it expired", () => {
    const response = authority.sign(JUNE_2021, "2021");
    expect(check(response)).toEqual({ kind: "good", genTime: IN_JUNE_2021, authority: "2021" });
    expect(authority.verifies(response, SEAL, Date.parse(IN_JUNE_2021) / 1000)).toBe(true);
    expect(authority.verifies(response, SEAL, Date.parse("2026-01-01") / 1000)).toBe(false);
    const command = opensslCommand({ stamp: "1.tsr", seal: "1.txt", root: "root.pem" }, IN_JUNE_2021);
    expect(command.join("\n").replaceAll(/ \\\n +/g, " ")).toBe(
      "openssl ts -verify -in 1.tsr -data 1.txt -CAfile root.pem -attime 1622548800",
    );
  });

  it("may be over a SHA-512 of the file", () => {
    const digest = createHash("sha512").update(SEAL).digest();
    const info = timestampInfo({ digest, time: "20210601120000Z", hash: SHA512 });
    expect(compared(authority.sign(info, "ec"), IN_JUNE_2021)).toMatchObject([{ kind: "good" }, true]);
  });

  describe("is bad, and openssl agrees:", () => {
    const inJune = (signer: string, options?: Parameters<OpensslAuthority["sign"]>[2]) => () =>
      authority.sign(JUNE_2021, signer, options);
    /** openssl's `cms` brings no intermediates along; `-certfile` does. */
    const over = (...names: string[]) => ({
      flags: ["-cades", ...names.flatMap((name) => ["-certfile", join(folder, "authority", `${name}.pem`)])],
    });

    it.each<[string, () => Buffer, string]>([
      ["the certificate had expired", inJune("2020"), "was no longer valid: it ended at 2020-12-31"],
      ["the certificate was not yet valid", inJune("2022"), "was not yet valid: it is from 2022-01-01"],
      ["the certificate is for clients", inJune("clients"), "is not for time stamps alone"],
      ["the certificate is for clients, too", inJune("also"), "is not for time stamps alone"],
      ["the certificate is for anything", inJune("anything"), "is not for time stamps alone"],
      ["the usage is not critical", inJune("lax"), "is not marked as critical"],
      ["the key is for encryption, too", inJune("signing"), "is not for signatures alone"],
      ["the certificate has an unknown critical extension", inJune("strange"), "has a critical extension"],
      [
        "the issuer is no authority",
        () => authority.sign(JUNE_2021, "under person", over("person")),
        "not that of a certificate authority",
      ],
      [
        "the issuer had expired",
        () => authority.sign(JUNE_2021, "under ended", over("ended")),
        'certificate "ended" was no longer valid',
      ],
      ["the signature names no certificate", inJune("ec", { flags: [] }), "does not name the signer's certificate"],
      [
        "there is no certificate in it",
        inJune("ec", { flags: ["-cades", "-nocerts"] }),
        "does not bring the signer's certificate",
      ],
      ["there are no signed attributes", inJune("ec", { flags: ["-noattr"] }), "is not over a time stamp"],
    ])("%s", (_, make, reason) => {
      const [verdict, openssl] = compared(make(), IN_JUNE_2021);
      expect(verdict).toEqual({ kind: "bad", reason: expect.stringContaining(reason) });
      expect(openssl).toBe(false);
    });

    it("the chain is longer than its authority allows", () => {
      const both = join(folder, "both.pem");
      const chain = authority.pem("middle of short") + authority.pem("short");
      writeFileSync(both, chain);
      const response = authority.sign(JUNE_2021, "too far under short", { flags: ["-cades", "-certfile", both] });
      const [verdict, openssl] = compared(response, IN_JUNE_2021);
      expect(verdict).toEqual({ kind: "bad", reason: expect.stringContaining("does not allow so long a chain") });
      expect(openssl).toBe(false);
    });

    it("it stamps another file", () => {
      const response = authority.sign(timestampInfo({ digest: Buffer.alloc(32), time: "20210601120000Z" }), "ec");
      expect(compared(response, IN_JUNE_2021)).toEqual([
        { kind: "bad", reason: "it stamps something else than this file" },
        false,
      ]);
    });

    it("the authority refused", () => {
      expect(compared(timestampResponse(2), IN_JUNE_2021)).toEqual([
        { kind: "bad", reason: "the authority granted no time stamp (PKIStatus 2)" },
        false,
      ]);
    });
  });

  describe("is bad, though openssl lets it pass:", () => {
    it("it is signed over SHA-1", () => {
      const [verdict] = compared(authority.sign(JUNE_2021, "ec", { digest: "sha1" }), IN_JUNE_2021);
      expect(verdict).toEqual({ kind: "bad", reason: expect.stringContaining("a hash other than SHA-256") });
    });

    it("its issuer's certificate is for something else", () => {
      const flags = ["-cades", "-certfile", join(folder, "authority", "otherwise.pem")];
      const [verdict] = compared(authority.sign(JUNE_2021, "under otherwise", { flags }), IN_JUNE_2021);
      expect(verdict).toEqual({ kind: "bad", reason: 'the certificate "otherwise" is not for time stamps' });
    });
  });

  describe("is not checked down to its authority, and says why,", () => {
    it("where no root was given", () => {
      expect(checkTimestamp(authority.sign(JUNE_2021, "ec"), SEAL, [])).toEqual({
        kind: "unchecked",
        genTime: IN_JUNE_2021,
        authority: "ec",
        reason: "no root of its authority was given",
      });
    });

    it("where the given root is another's: openssl does not accept it either", () => {
      const [verdict, openssl] = compared(authority.sign(JUNE_2021, "under stranger"), IN_JUNE_2021);
      expect(verdict).toMatchObject({ kind: "unchecked", reason: "its authority has none of the given roots" });
      expect(openssl).toBe(false);
      expect(check(authority.sign(JUNE_2021, "under stranger"), "stranger").kind).toBe("good");
    });

    it("where the certificate between is missing; a file of roots may bring it", () => {
      const response = authority.sign(JUNE_2021, "under middle");
      expect(check(response)).toMatchObject({ kind: "unchecked", reason: "its authority has none of the given roots" });
      const both = readRoots(authority.pem("root") + authority.pem("middle"));
      expect(checkTimestamp(response, SEAL, both).kind).toBe("good");
      expect(checkTimestamp(response, SEAL, readRoots(authority.pem("middle"))).kind).toBe("unchecked");
    });

    it("where its signature is of another kind than RSA with PKCS #1 and ECDSA", () => {
      const response = authority.sign(JUNE_2021, "rsa", { padding: "pss" });
      expect(check(response)).toMatchObject({
        kind: "unchecked",
        reason: "its signature is of a kind that this version does not check",
      });
    });
  });

  it.each([
    ["rsa", 0],
    ["ec", 6],
  ])("of an %s key with a byte changed is never good where openssl does not say so", (signer, first) => {
    const response = authority.reply(REQUEST, signer);
    const good = check(response);
    const at = Math.floor(Date.parse(timeOf(good)!) / 1000);
    let accepted = 0;
    for (let index = first; index < response.length; index += isThorough ? 1 : 13) {
      const changed = Buffer.from(response);
      changed[index] = changed[index]! ^ (1 << (index % 8));
      const verdict = check(changed);
      if (verdict.kind !== "good") continue;
      expect({ index, verdict }).toEqual({ index, verdict: good });
      expect({ index, openssl: authority.verifies(changed, SEAL, at) }).toEqual({ index, openssl: true });
      accepted += 1;
    }
    // Only what no signature covers can be another and change nothing: the status, and what CMS says twice.
    expect(accepted).toBeLessThan(isThorough ? 30 : 5);
  });

  it.each([
    ["hash", "608648016503040201"],
    ["signature", "2a864886f70d010101"],
  ])("whose signer's %s has parameters is bad, as for openssl", (_, algorithm) => {
    const response = authority.reply(REQUEST, "rsa");
    const at = Math.floor(Date.parse(timeOf(check(response))!) / 1000);
    const parameters = Buffer.from(`${algorithm}0500`, "hex"); // NULL
    const changed = Buffer.from(response);
    changed[response.lastIndexOf(parameters) + parameters.length - 2] = 0x01; // a BOOLEAN of no byte
    expect(check(changed).kind).toBe("bad");
    expect(authority.verifies(changed, SEAL, at)).toBe(false);
  });

  it("that is cut anywhere, or goes on behind its end, is bad", () => {
    const response = authority.reply(REQUEST, "ec");
    for (let size = 0; size < response.length; size += 13) expect(check(response.subarray(0, size)).kind).toBe("bad");
    expect(check(Buffer.concat([response, Buffer.of(0)])).kind).toBe("bad");
    expect(check(Buffer.from("no time stamp")).kind).toBe("bad");
  });

  it("with a root that is no certificate is a mistake of whoever gave it", () => {
    for (const pem of ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
      expect(() => readRoots(pem)).toThrow("holds no certificate");
  });
});
