/** The README.md of a written template: how it is deployed, and brought up to date, with nothing but the AWS CLI. */
import type { WrittenTemplate } from "../infra/template.ts";
import { shellWord } from "./shell-word.ts";
import { version } from "./version.ts";

/** `commands` are those that deploy it for the first time, as they stand in the text too. */
export function templateReadme(
  folder: string,
  { stackName, parameters, prefix }: WrittenTemplate,
): { readonly text: string; readonly commands: string } {
  const has = (name: string): boolean => parameters.includes(name);
  const values = [
    ...(has("CodeBucket") ? ["CodeBucket=$BUCKET"] : []),
    ...(has("DeploymentRole") ? ["DeploymentRole=$ROLE"] : []),
  ];
  const given = values.map((value) => `"ParameterKey=${value.replace("=", ",ParameterValue=")}"`).join(" ");
  const stack = [
    `--stack-name ${stackName} --capabilities CAPABILITY_NAMED_IAM`,
    `--template-url "https://s3.$AWS_REGION.amazonaws.com/$BUCKET/${prefix}template.json"`,
    ...(given === "" ? [] : [`--parameters ${given}`]),
  ].join(" \\\n  ");
  const upload = `aws s3 cp --recursive ${shellWord(folder)} "s3://$BUCKET/${prefix}"`;
  const deploying = [
    'aws s3 mb "s3://$BUCKET"',
    upload,
    `aws cloudformation create-stack --enable-termination-protection ${stack}`,
    `aws cloudformation wait stack-create-complete --stack-name ${stackName}`,
  ].join("\n");
  const updating = [
    upload,
    `aws cloudformation update-stack ${stack}`,
    `aws cloudformation wait stack-update-complete --stack-name ${stackName}`,
  ].join("\n");
  const names = [
    "AWS_REGION=<region>",
    "BUCKET=<name of a bucket>",
    ...(has("DeploymentRole") ? ["ROLE=<name of the role that deploys>"] : []),
  ];
  const setup = `export ${names.join(" ")}`;
  const text = `# ${stackName}, for CloudFormation

Written by asana-audit-archive ${version}. \`template.json\` is the stack, the zip files are the code of its functions, each named by its
SHA-256, and \`settings.json\` is what it was made of. Nothing here is secret, and nothing has to be bootstrapped.

These commands of the AWS CLI deploy it, with credentials of the account:

\`\`\`sh
${setup}
${deploying}
\`\`\`

The bucket is for the template and the code, in the region of the stack; the first command makes it, if there is none yet.
${has("DeploymentRole") ? ROLE_MEANING : ""}
The outputs say what to do next, which docs/deploy.md explains ("First run", from \`PutToken...\` on):

\`\`\`sh
aws cloudformation describe-stacks --stack-name ${stackName} --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text
\`\`\`

To change a setting, or to take a newer version, write another folder with
\`asana-audit-archive template --out <folder> --settings ${shellWord(`${folder}/settings.json`)} -c <name>=<value>\`.
A stack that is there already takes a folder so:

\`\`\`sh
${updating}
\`\`\`
`;
  return { text, commands: `${setup}\n${deploying}` };
}

const ROLE_MEANING = `The role is the one that CloudFormation is given with \`--role-arn\`, else the one whose credentials run these commands. From then on
only that role may change the policies of buckets and keys; so it must be one that stays. A role with a path, such as one of IAM
Identity Center, has to be named whole when the folder is written: \`-c deploymentRoleArn=<its ARN>\`.
`;
