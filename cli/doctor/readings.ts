/** Where the cures of the checks are explained: a document and a heading of it. A test looks whether they exist. */
const runbook = (heading: string): string => `docs/runbook.md, "${heading}"`;
const deploy = (heading: string): string => `docs/deploy.md, "${heading}"`;
const desk = (heading: string): string => `docs/desk.md, "${heading}"`;

export const READ = {
  denied: runbook("A request is denied"),
  deployed: deploy("If the first deployment fails"),
  disk: desk("Disks"),
  notArchiving: runbook("Not archiving"),
  firstHour: deploy("The first hour"),
  key: runbook("A key is disabled or pending deletion"),
  mail: runbook("No mail arrives"),
  node: desk("What runs it"),
  keepSeals: deploy("Keep the seals elsewhere"),
  notSealed: runbook("Not sealed"),
  owner: desk("What it makes, and who may read it"),
  proxy: desk("Behind a proxy"),
  rescans: runbook("Rescans not done"),
  settings: desk("Settings that stay"),
  stores: desk("Stores that speak S3"),
  token: runbook("Stopped"),
  trail: deploy("The tripwire"),
  tripwire: runbook("Tripwire"),
  upgrading: deploy("Upgrading"),
} as const;
