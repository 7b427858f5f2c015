/** The stack with its token in Parameter Store, put there by the command that the deployment prints, with IAM enforced, over TLS. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DoctorFinding } from "../../cli/doctor/finding.ts";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import { createDeployer, type Deployer, MISREAD, type Template } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled, isOnPath } from "./install.ts";
import { createScene, createThreeDays, type Scene } from "./scene.ts";

const NAME = `/asana-audit-archive/AsanaAuditArchive/${FEED_WORKSPACE}`;
const NEXT_TOKEN = "0/next";

const hasCli = isOnPath("aws");
if (!hasCli)
  console.warn("\n  SKIPPED: the AWS CLI is not installed, so no token is put into Parameter Store with it.\n");

describe.runIf(isEmulatorInstalled() && hasCli)("with its token in Parameter Store", () => {
  const feed = createThreeDays();
  let folder: string;
  let served: ServedFeed;
  let emulator: Emulator;
  let deployer: Deployer;
  let scene: Scene;
  let ssm: SSMClient;

  const put = (token: string) => deployer.paste(scene.deployed().outputs[`PutToken${FEED_WORKSPACE}`]!, `${token}\n`);
  const settings = () => ({ tokenIn: "parameters", sourceBaseUrl: served.baseUrl, drainEveryMinutes: "60" });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "parameters-test-"));
    served = await serveFeed(feed, { clock: { now: () => Date.now() } });
    emulator = await startEmulator({ enforceIam: true });
    ssm = new SSMClient(emulator.client);
    deployer = createDeployer(withCli(emulator), folder, MISREAD);
    scene = createScene(emulator, deployer, feed);
    await deployer.bootstrap();
    await scene.deploy(settings(), allowVersions);
  });
  afterAll(async () => {
    ssm?.destroy();
    await emulator?.stop();
    await served?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("a run without a token fails, and says which parameter is to hold it", async () => {
    expect(await scene.invoke()).toMatchObject({ errorMessage: expect.stringContaining(`${NAME} holds no token`) });
  });

  it("the command that the deployment prints puts it there, as a SecureString", async () => {
    await put(FEED_TOKEN);
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: NAME, WithDecryption: true }));
    expect(Parameter).toMatchObject({ Type: "SecureString", Value: FEED_TOKEN });
  });

  it("a run with it archives what the source shows, with the function's own role", async () => {
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
    expect(await scene.archived()).toEqual(scene.shown());
  });

  it("doctor reads it there, and asks the source whether it works", async () => {
    const printed = await deployer.paste("node cli/bin.js doctor --stack AsanaAuditArchive --json || true");
    const findings: DoctorFinding[] = printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(findings.find(({ check }) => check === `token of ${FEED_WORKSPACE}`)).toMatchObject({
      verdict: "ok",
      found: expect.stringContaining("it shows the audit log"),
    });
  });

  it("the same command replaces it, and while the new one does not work yet, a run takes the one before", async () => {
    await put(NEXT_TOKEN);
    // A function that runs holds the token for a while, so it is started anew by a setting.
    await scene.deploy({ ...settings(), logLevel: "debug" }, allowVersions);
    expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
  });

  it("without its right to the parameter, the same run is denied", async () => {
    const withoutStatements = [...MISREAD.withoutStatements, "ReadTokens"];
    const lesser = createDeployer(emulator, folder, { ...MISREAD, withoutStatements });
    await createScene(emulator, lesser, feed).deploy({ ...settings(), memoryMiB: "768" });
    expect(await scene.invoke()).toMatchObject({ errorMessage: expect.stringMatching(/access is denied/) });
  });

  it("the token is in no line that function or emulator wrote", () => {
    for (const token of [FEED_TOKEN, NEXT_TOKEN]) {
      expect(scene.logs()).not.toContain(token);
      expect(emulator.log()).not.toContain(token);
    }
  });
});

/** The emulator takes the version that is asked for as part of the parameter's name, and AWS has none in an ARN. */
function allowVersions({ Resources }: Template): void {
  for (const { Properties } of Object.values(Resources)) {
    for (const statement of Properties.PolicyDocument?.Statement ?? [])
      if (statement.Sid === "ReadTokens")
        statement.Resource = [statement.Resource, { "Fn::Join": ["", [statement.Resource, ":*"]] }];
  }
}

/** Its environment with the AWS CLI in it, which trusts the emulator's certificate. */
function withCli(emulator: Emulator): Emulator {
  const path = [emulator.env["PATH"], process.env["PATH"]].join(delimiter);
  return { ...emulator, env: { ...emulator.env, PATH: path, AWS_CA_BUNDLE: emulator.env["NODE_EXTRA_CA_CERTS"]! } };
}
