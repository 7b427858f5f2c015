/** The stack as one CloudFormation template: the CDK's own synthesis, for whoever deploys with something else. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { App, type IReusableStackSynthesizer } from "aws-cdk-lib";
import { createStack } from "./create-stack.ts";
import { CODE_PREFIX, TemplateSynthesizer } from "./template-synthesizer.ts";

export { SettingsError } from "./settings/settings.ts";

export interface WrittenTemplate {
  readonly stackName: string;
  /** Those that have no default, in the order in which the template has them. */
  readonly parameters: readonly string[];
  /** What the keys of its files are expected to begin with in a bucket. */
  readonly prefix: string;
}

/** Writes the template and the functions' code into a folder; `scratch` is one to work in. Throws SettingsError. */
export function writeTemplate(
  given: Readonly<Record<string, unknown>>,
  folder: string,
  scratch: string,
): WrittenTemplate {
  const synthesizer = new TemplateSynthesizer();
  const app = new App({
    outdir: scratch,
    // By its strict types, the CDK's own base class is not what its interface asks for.
    defaultStackSynthesizer: synthesizer as IReusableStackSynthesizer,
    analyticsReporting: false,
    treeMetadata: false,
    // It takes longer than all else, and the tests have asked it about this stack.
    builtinCloudFormationValidation: false,
  });
  const { artifactId, stackName } = createStack(app, given);
  const { template } = app.synth().getStackArtifact(artifactId);
  writeFileSync(join(folder, "template.json"), `${JSON.stringify(template)}\n`);
  for (const [name, path] of synthesizer.files) copyFileSync(path, join(folder, name));
  const parameters = Object.entries(template.Parameters ?? {}).filter(
    ([, one]) => !Object.hasOwn(one as object, "Default"),
  );
  return { stackName, parameters: parameters.map(([name]) => name), prefix: CODE_PREFIX };
}
