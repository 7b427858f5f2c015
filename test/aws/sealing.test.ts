/**
 * Seals as the deployed functions make them: signed by the emulated KMS, published to their topic, stamped over https by an
 * authority that answers with openssl on loopback; then checked at a desk by what an auditor holds, and verified in portions.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import type { SealingResult } from "../../lambda/sealer-handler.ts";
import { createS3Archive } from "../../lambda/stores/s3-archive.ts";
import { runCli } from "../cli/run-cli.ts";
import { createCertificate } from "../fakes/certificate.ts";
import { listen } from "../fakes/loopback.ts";
import { createOpensslAuthority, hasOpenssl, type OpensslAuthority } from "../fakes/openssl-authority.ts";
import { createDeployer } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";
import {
  createScene,
  createThreeDays,
  receiveAll,
  type Scene,
  SEALED_HOURS_AGO,
  subscribe,
  until,
  verifyEverything,
} from "./scene.ts";

/** The emulator takes the TLS off what a function sends to 127.0.0.1. */
const AUTHORITY_HOST = "127.0.0.2";

describe.runIf(isEmulatorInstalled() && hasOpenssl())("seals of a deployed archive", () => {
  const feed = createThreeDays(SEALED_HOURS_AGO);
  const asked: { url: string | undefined; request: Buffer; answer: Buffer }[] = [];
  let folder: string;
  let served: ServedFeed;
  let authority: OpensslAuthority;
  let server: Server;
  let emulator: Emulator;
  let scene: Scene;
  let inbox: string;
  let seals: SealingResult["reports"][number];

  const archive = () => createS3Archive({ bucket: scene.deployed().bucket }, scene.s3);
  const keysOf = async (prefix: string) => (await Array.fromAsync(archive().list(prefix))).map(({ key }) => key);
  const read = async (key: string) => (await archive().get(key))!;
  const verifierKey = async () => (await read((await keysOf("keys/"))[0]!)).toString().split("\n")[0]!;
  const verify = async (...args: string[]) => {
    const place = ["--archive", `s3://${scene.deployed().bucket}`, "--key", await verifierKey()];
    return await runCli(["verify", ...place, ...args], { token: null, env: { ...emulator.env } });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sealing-test-"));
    authority = createOpensslAuthority(join(folder, "authority"));
    authority.issue("stamps");
    const certificate = createCertificate("491231", AUTHORITY_HOST);
    const trusted = join(folder, "authority.pem");
    writeFileSync(trusted, certificate.cert);
    server = createServer(certificate, async (received, response) => {
      const request = await buffer(received);
      const answer = authority.reply(request, "stamps");
      asked.push({ url: received.url, request, answer });
      response.writeHead(200, { "content-type": "application/timestamp-reply" }).end(answer);
    });
    const port = await listen(server, AUTHORITY_HOST);
    served = await serveFeed(feed, { clock: { now: () => Date.now() } });
    // A function trusts the authority's certificate as it would trust that of an authority on the internet.
    emulator = await startEmulator({ environment: { NODE_EXTRA_CA_CERTS: trusted } });
    const deployer = createDeployer(emulator, folder);
    scene = createScene(emulator, deployer, feed);
    await deployer.bootstrap();
    const timestampUrls = `https://${AUTHORITY_HOST}:${port}/tsr`;
    await scene.deploy({ sourceBaseUrl: served.baseUrl, drainEveryMinutes: "60", timestampUrls });
    await scene.putToken();
    inbox = await subscribe(scene, scene.deployed().outputs["SealsTopic"]!);
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
    expect(await scene.invoke("rescan")).toMatchObject({ outcome: "caught-up" });
  });
  afterAll(async () => {
    await emulator?.stop();
    await served?.close();
    server?.closeAllConnections();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("one for each settled day, whose number and hash are told to whoever subscribed to their topic", async () => {
    const result = (await scene.seal()) as SealingResult;
    seals = result.reports[0]!;
    expect(seals).toMatchObject({ workspace: FEED_WORKSPACE, halted: null });
    expect(seals.sealed.length).toBeGreaterThan(2);
    const told: string[] = [];
    await until(async () => {
      told.push(...(await receiveAll(scene.sqs, inbox)));
      return told.length >= seals.sealed.length ? true : null;
    }, "message of each seal");
    const lines = told.map((body) => JSON.parse(body).Message.split("\n")[0]);
    expect(lines.sort()).toEqual(seals.sealed.map(({ number, sha256 }) => `${number}:${sha256}`));
  });

  it("the newest is stamped by the authority, which was sent its hash and nothing else", async () => {
    const [stamp, ...others] = await keysOf("stamps/");
    const { number, sha256 } = seals.newest!;
    expect([stamp, others]).toEqual([
      `stamps/workspace=${FEED_WORKSPACE}/${String(number).padStart(6, "0")}.1.tsr`,
      [],
    ]);
    expect(asked.map(({ url }) => url)).toEqual(["/tsr"]);
    expect(asked[0]!.request.includes(Buffer.from(sha256, "hex"))).toBe(true);
    expect(asked[0]!.request.length).toBeLessThan(100);
    expect(await read(stamp!)).toEqual(asked[0]!.answer);
  });

  it("the next sealing finds nothing to seal, and asks for no stamp before another is due", async () => {
    expect(await scene.seal()).toMatchObject({ reports: [{ sealed: [] }] });
    expect(asked).toHaveLength(1);
  });

  it("an auditor with the key, a published line and the authority's root sees all of it shown", async () => {
    const { number, sha256 } = seals.newest!;
    const root = join(folder, "root.pem");
    writeFileSync(root, authority.pem("root"));
    const { code, stdout } = await verify("--expect", `${number}:${sha256}`, "--tsa-ca", root);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("No faults found") });
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      new RegExp(`time stamp: seal ${number} existed on \\S+ \\S+ UTC, says`),
    );
  });

  it("a line that this archive never published is a fault, and a stamp does not count with another authority's root", async () => {
    const { number } = seals.newest!;
    expect(await verify("--expect", `${number}:${"0".repeat(64)}`)).toMatchObject({ code: 1 });
    const other = createOpensslAuthority(join(folder, "other"));
    const root = join(folder, "other.pem");
    writeFileSync(root, other.pem("root"));
    expect((await verify("--tsa-ca", root)).stdout).toMatch(/not checked/);
  });

  it("the state machine finds them whole, and an object below them that is none", async () => {
    expect(await verifyEverything(emulator, scene)).toMatchObject({ outcome: "clean", faults: [] });
    const Key = `seals/workspace=${FEED_WORKSPACE}/000999.txt`;
    await scene.s3.send(new PutObjectCommand({ Bucket: scene.deployed().bucket, Key, Body: "forged" }));
    const { outcome, faults } = await verifyEverything(emulator, scene);
    expect([outcome, JSON.stringify(faults)]).toEqual(["faulty", expect.stringContaining("I9")]);
  });
});
