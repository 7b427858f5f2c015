/** A first deployment that fails, and the retry as docs/deploy.md has it, with the one step that AWS adds. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDeployer, type Deployer, type Template } from "./deployment.ts";
import { authorizationFor, type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";
import { createScene, createThreeDays, type Scene } from "./scene.ts";

const STACK = "AsanaAuditArchive";
const SETTINGS = { drainEveryMinutes: "60" };

describe.runIf(isEmulatorInstalled())("a first deployment that fails", () => {
  let folder: string;
  let emulator: Emulator;
  let deployer: Deployer;
  let scene: Scene;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retry-test-"));
    emulator = await startEmulator();
    deployer = createDeployer(emulator, folder);
    scene = createScene(emulator, deployer, createThreeDays());
    await deployer.bootstrap();
  });
  afterAll(async () => {
    await emulator?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const call = async (action: string, parameters: Record<string, string> = {}) => {
    const body = new URLSearchParams({ Action: action, Version: "2010-05-15", StackName: STACK, ...parameters });
    const authorization = authorizationFor("cloudformation");
    const response = await fetch(emulator.endpoint, { method: "POST", body, headers: { authorization } });
    return await response.text();
  };
  const archiveBuckets = async () => {
    const { Buckets = [] } = await scene.s3.send(new ListBucketsCommand({}));
    return Buckets.map(({ Name }) => Name!).filter((name) => name.startsWith("asanaauditarchive"));
  };

  it("leaves no bucket behind, and nothing but what is protected of the stack", async () => {
    await expect(scene.deploy(SETTINGS, refuseLate)).rejects.toThrow(/failed/);
    expect(await call("DescribeStacks")).toContain("<StackStatus>ROLLBACK_COMPLETE</StackStatus>");
    expect(await archiveBuckets()).toEqual([]);
  });

  it("is refused a retry while what is left of it is protected, and works when that is lifted, as written", async () => {
    await expect(scene.deploy(SETTINGS)).rejects.toThrow(/TerminationProtection/);
    const page = await readFile("docs/deploy.md", "utf8");
    expect(page).toContain(
      `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${STACK}\n` +
        "npx cdk deploy",
    );
    await call("UpdateTerminationProtection", { EnableTerminationProtection: "false" });
    // Another setting, so that the template has another name in the bucket of assets.
    await scene.deploy({ ...SETTINGS, logLevel: "debug" });
    expect(await call("DescribeStacks")).toContain("<StackStatus>CREATE_COMPLETE</StackStatus>");
    expect(await archiveBuckets()).toContain(scene.deployed().bucket);
  });
});

/** Something that fails after everything else of the archive has been made: nobody ever signals. */
function refuseLate(template: Template): void {
  const made = Object.keys(template.Resources).filter((id) => template.Resources[id]!.Type.startsWith("AWS::S3::"));
  const Handle = { Ref: "NobodysHandle" };
  Object.assign(template.Resources, {
    NobodysHandle: { Type: "AWS::CloudFormation::WaitConditionHandle", Properties: {} },
    RefusedLate: {
      Type: "AWS::CloudFormation::WaitCondition",
      Properties: { Handle, Timeout: "1", Count: 1 },
      DependsOn: made,
    },
  });
}
