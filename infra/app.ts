import { Annotations, App, CfnRule, Fn, Validations } from "aws-cdk-lib";
import { ArchiverStack } from "./archiver-stack.ts";
import { createStack } from "./create-stack.ts";
import { createNagPacks } from "./nag-packs.ts";
import { settingsInContext } from "./settings/context.ts";
import { SettingsError } from "./settings/settings.ts";

/** The value in `cdk.json` until somebody sets a workspace, so that the stack can be synthesised and inspected. */
const SAMPLE = "sample";
const SAMPLE_WORKSPACE = "1200000000000000";

const app = new App();
try {
  const given = settingsInContext(app.node);
  const isSample = given["workspaces"] === SAMPLE;
  const sample = { alarmEmails: "none", ...given, workspaces: SAMPLE_WORKSPACE };
  const stack = createStack(app, isSample ? sample : given);
  // A copy knows no workspaces: it has whatever the archive has.
  if (isSample && stack instanceof ArchiverStack) refuseDeployment(stack);
  Validations.of(app).addPlugins(...createNagPacks());
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exit(2);
}

/** A sample can be synthesised but not deployed: CloudFormation checks a template's rules before it creates anything. */
function refuseDeployment(stack: ArchiverStack): void {
  const advice = "This is a sample. Set your workspace with -c workspaces=<gid> or in cdk.json.";
  Annotations.of(stack).addWarningV2("asana-audit-archive:sample", advice);
  new CfnRule(stack, "NameYourWorkspace", {
    assertions: [{ assert: Fn.conditionEquals("sample", "your workspace"), assertDescription: advice }],
  });
}
