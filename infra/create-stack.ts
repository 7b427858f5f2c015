import type { App } from "aws-cdk-lib";
import { ArchiverStack } from "./archiver-stack.ts";
import { ReplicaStack } from "./replica-stack.ts";
import { readReplicaSettings, readSettings } from "./settings/settings.ts";

/** What the settings ask for: an archive, or with `replicaOf` the second copy of one. Throws SettingsError. */
export function createStack(app: App, given: Readonly<Record<string, unknown>>): ArchiverStack | ReplicaStack {
  const isCopy = (given["replicaOf"] ?? "") !== "";
  return isCopy ? new ReplicaStack(app, readReplicaSettings(given)) : new ArchiverStack(app, readSettings(given));
}
