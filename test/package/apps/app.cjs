// A CDK app that is made of CommonJS modules, with the archive in a stack of its own.
const { App } = require("aws-cdk-lib");
const { ArchiverStack, readSettings } = require("asana-audit-archive/cdk");

const app = new App();
new ArchiverStack(app, readSettings({ workspaces: ["1201234567890123"], alarmEmails: "none" }));
