import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Emulator } from "./emulator.ts";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "node_modules/.bin");
const run = promisify(execFile);

/** What a deployment says, and the names in the commands that it gives. */
export interface Deployed {
  readonly outputs: Readonly<Record<string, string>>;
  readonly bucket: string;
  readonly table: string;
  /** Where the token is, by the command that puts it there: asked for only where that is a secret. */
  readonly secretId: string;
  /** ARN of the alias that schedules invoke. */
  readonly live: string;
  /** ARN of the alias that seals. */
  readonly sealer: string;
  readonly alarmTopic: string;
}

export type Outputs = Readonly<Record<string, string>>;

export interface Deployer {
  bootstrap(): Promise<void>;
  /** `edit` changes the template before it is deployed, in place. */
  deploy(settings: Readonly<Record<string, string>>, edit?: (template: Template) => void): Promise<Deployed>;
  /** Deploys a second copy. */
  deployReplica(settings: Readonly<Record<string, string>>): Promise<Outputs>;
  /** What was deployed last, by that name. */
  template(stack: string): Promise<Template>;
  destroy(): Promise<void>;
  /** Runs one of the commands that a deployment gives, as it is pasted; `typed` is what is typed then. */
  paste(command: string, typed?: string): Promise<string>;
}

/** Works the stack of `checkout` with the real CDK command line, in a folder of its own. */
export function createDeployer(
  emulator: Emulator,
  folder: string,
  adapt: AdaptOptions = {},
  checkout: string = root,
): Deployer {
  // What the CDK checks of a template's text takes most of a synthesis; test/infra/app.test.ts has it checked.
  const env: Record<string, string> = {
    ...emulator.env,
    CDK_VALIDATION: "false",
    PATH: `${bin}${delimiter}${emulator.env["PATH"]}`,
  };
  const assembly = join(folder, "cdk.out");
  const outputsFile = join(folder, "outputs.json");

  async function cdk(cwd: string, ...args: readonly string[]): Promise<void> {
    try {
      await run("cdk", ["--no-notices", "--no-version-reporting", ...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`cdk ${args.join(" ")} failed:\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
    }
  }

  const template = async (stack: string): Promise<Template> =>
    JSON.parse(await readFile(join(assembly, `${stack}.template.json`), "utf8"));

  async function deployStack(
    stack: string,
    settings: Readonly<Record<string, string>>,
    edit: (template: Template) => void = () => {},
  ): Promise<Outputs> {
    await mkdir(assembly, { recursive: true });
    const given = { "@aws-cdk/core:bootstrapQualifier": QUALIFIER, ...settings };
    const context = Object.entries(given).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    await cdk(checkout, "synth", "--quiet", "--output", assembly, ...context);
    const edited = await template(stack);
    edit(edited);
    adaptTemplate(edited, adapt);
    await writeFile(join(assembly, `${stack}.template.json`), JSON.stringify(edited));
    await cdk(folder, "deploy", "--app", assembly, "--require-approval", "never", "--outputs-file", outputsFile);
    return JSON.parse(await readFile(outputsFile, "utf8"))[stack];
  }

  return {
    bootstrap: () =>
      cdk(
        folder,
        ...["bootstrap", "--qualifier", QUALIFIER, "--toolkit-stack-name", `CDKToolkit-${QUALIFIER}`],
        `aws://${env["CDK_DEFAULT_ACCOUNT"]}/${env["CDK_DEFAULT_REGION"]}`,
      ),
    async deploy(settings, edit) {
      return readOutputs(await deployStack(STACK, settings, edit));
    },
    deployReplica: (settings) => deployStack(`${STACK}Replica`, settings),
    template,
    destroy: () => cdk(folder, "destroy", "--app", assembly, "--force"),
    async paste(command, typed = "") {
      // A shell of those who type: `read -s` is not of every one.
      const running = run("/bin/bash", ["-c", command], { cwd: root, env });
      running.child.stdin!.end(typed);
      return (await running).stdout;
    },
  };
}

const STACK = "AsanaAuditArchive";

/** Of a deployment role of the archive's own, as docs/deploy.md has it. */
const QUALIFIER = "archive";

/**
 * What is left out where IAM is enforced: guards with which the emulator would deny what AWS allows. It does not know the
 * keys of conditional creation nor with which algorithm somebody signs, and takes a session's ARN where AWS takes its role's.
 */
export const MISREAD = {
  withoutStatements: [
    "OnlyConditionalCreation",
    "NoMultipart",
    "OnlyTheWriterWrites",
    "OnlyTheSealerSeals",
    "OnlyTheSealerSigns",
    "OnlyTheSealerPublishes",
    "OnlyOneAlgorithm",
  ],
  withoutKey: "kms:SigningAlgorithm",
};

export interface AdaptOptions {
  /** Statements of these names are left out of the policies of buckets, topics, keys and roles. */
  readonly withoutStatements?: readonly string[];
  /** Conditions on this key are left out of what other statements allow. */
  readonly withoutKey?: string;
}

/** Takes out what the emulator does not have; what is left out is asserted on the template by the tests of `infra`. */
export function adaptTemplate(
  template: Template,
  { withoutStatements = [], withoutKey = "" }: AdaptOptions = {},
): void {
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type === "AWS::Athena::NamedQuery") delete template.Resources[id];
    // The emulator has no metric math: there, such an alarm does not exist.
    if (Type === "AWS::CloudWatch::Alarm" && "Metrics" in Properties) delete template.Resources[id];
    for (const policy of [Properties.PolicyDocument, Properties.KeyPolicy] as (Policy | undefined)[]) {
      if (policy === undefined) continue;
      policy.Statement = policy.Statement.filter(({ Sid }) => !withoutStatements.includes(Sid ?? ""));
      for (const { Condition = {} } of policy.Statement)
        for (const keys of Object.values(Condition)) delete keys[withoutKey];
    }
  }
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs?: unknown;
}

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is as deep as CloudFormation has made it
  readonly Properties: any;
}

interface Policy {
  Statement: { readonly Sid?: string; readonly Condition?: Record<string, Record<string, unknown>> }[];
}

export function readOutputs(outputs: Outputs): Deployed {
  const find = (name: RegExp, pattern: RegExp): string => {
    const [, value] = Object.entries(outputs).find(([key]) => name.test(key)) ?? [];
    const found = pattern.exec(value ?? "")?.[1];
    if (found === undefined) throw new Error(`No output ${name} holds ${pattern}: ${value}`);
    return found;
  };
  return {
    outputs,
    bucket: find(/^Verify$/, /s3:\/\/(\S+)/),
    table: find(/^Status$/, /dynamodb:\/\/(\S+)/),
    get secretId() {
      return find(/^PutToken/, /--secret-id '([^']+)'/);
    },
    live: find(/^RunOnce/, /--function-name '([^']+)'/),
    // Asked for only by who has it: earlier versions did not seal.
    get sealer() {
      return find(/^SealNow$/, /--function-name '([^']+)'/);
    },
    alarmTopic: find(/^AlarmTopic$/, /(.+)/),
  };
}
