// What somebody gets wrong who has not read the documents yet.

import { AsanaAuditArchive, SettingsError } from "asana-audit-archive/cdk";
import { App, Stack } from "aws-cdk-lib";

const stack = new Stack(new App(), "Compliance");
const given = [undefined, { workspaces: "acme", alarmEmails: "none", retention: 7 }, { workspaces: ["1201"] }];
for (const [index, props] of given.entries()) {
  try {
    new AsanaAuditArchive(stack, `Archive${index}`, props);
  } catch (error) {
    console.log(error instanceof SettingsError, JSON.stringify(error.problems));
  }
}
