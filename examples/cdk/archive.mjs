// A CDK app that is made of ES modules: an archive beside a bucket of the app's own, under the rules of cdk-nag.

import { AsanaAuditArchive } from "asana-audit-archive/cdk";
import { App, Stack, Validations } from "aws-cdk-lib";
import { UrlSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { AwsSolutionsChecks } from "cdk-nag";

const app = new App();
const stack = new Stack(app, "Compliance");
const { watch } = new AsanaAuditArchive(stack, "AuditArchive", {
  workspaces: ["1201234567890123"],
  alarmEmails: ["you@example.com"],
});
watch.topic.addSubscription(new UrlSubscription("https://pager.example.com/alarms"));
Validations.of(app).addPlugins(new AwsSolutionsChecks());
