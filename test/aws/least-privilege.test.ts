/** The stack with IAM enforced, over TLS: the function has its own role only. */
import { hash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import type { SealingResult } from "../../lambda/sealer-handler.ts";
import { createS3Archive } from "../../lambda/stores/s3-archive.ts";
import { createDeployer, MISREAD } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";
import { createScene, createThreeDays, type Scene, SEALED_HOURS_AGO } from "./scene.ts";

describe.runIf(isEmulatorInstalled())("deployed with IAM enforced, over TLS", () => {
  const feed = createThreeDays(SEALED_HOURS_AGO);
  let folder: string;
  let served: ServedFeed;
  let emulator: Emulator;
  let scene: Scene;
  let settings: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "deploy-test-"));
    served = await serveFeed(feed, { clock: { now: () => Date.now() } });
    emulator = await startEmulator({ enforceIam: true });
    const deployer = createDeployer(emulator, folder, MISREAD);
    scene = createScene(emulator, deployer, feed);
    await deployer.bootstrap();
    // Of a secret that CloudFormation made, the emulator gives the name where AWS gives the ARN, which no policy matches.
    const secrets = new SecretsManagerClient(emulator.client);
    const { ARN } = await secrets.send(new CreateSecretCommand({ Name: "token", SecretString: FEED_TOKEN }));
    const tokenSecretArns = `${FEED_WORKSPACE}=${ARN}`;
    settings = { sourceBaseUrl: served.baseUrl, drainEveryMinutes: "60", tokenSecretArns };
    await scene.deploy(settings);
  });
  afterAll(async () => {
    await emulator?.stop();
    await served?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("the function's role is enough for a drain and for a rescan", async () => {
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
    expect(await scene.invoke("rescan")).toMatchObject({ outcome: "caught-up" });
    expect(await scene.archived()).toEqual(scene.shown());
  });

  it("the sealer's role is enough to seal and to publish, without which it would fail", async () => {
    const result = await scene.seal();
    expect(result).toMatchObject({ reports: [{ workspace: FEED_WORKSPACE, halted: null }] });
    const { sealed, newest } = (result as SealingResult).reports[0]!;
    expect(sealed.length).toBeGreaterThan(0);
    const archive = createS3Archive({ bucket: scene.deployed().bucket }, scene.s3);
    const found = await Array.fromAsync(archive.list("seals/"));
    expect(found.map(({ key }) => key)).toEqual(
      sealed.map(({ number }) => `seals/workspace=${FEED_WORKSPACE}/${String(number).padStart(6, "0")}.txt`),
    );
    const file = await archive.get(found.at(-1)!.key);
    expect(hash("sha256", file!)).toBe(newest!.sha256);
  });

  it("enforcement is real: with one statement of its policy left out, the same run is denied", async () => {
    const lesser = createDeployer(emulator, folder, {
      ...MISREAD,
      withoutStatements: [...MISREAD.withoutStatements, "MoveCheckpoints"],
    });
    // Another setting, so that the template has another name in the bucket of assets.
    await createScene(emulator, lesser, feed).deploy({ ...settings, logLevel: "debug" });
    expect(await scene.invoke()).toMatchObject({ errorMessage: expect.stringMatching(/access is denied/) });
  });
});
