import { type RunSettings, readDefined, runSettings, type ValuesOf } from "../../lambda/settings.ts";
import { definitions } from "./definitions.ts";

export type Settings = ValuesOf<typeof definitions>;

/** All problems at once, a sentence each: which setting, why, what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `- ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** Reads what is given, fills in the rest; settings that were read before stay as they are. Throws SettingsError. */
export function readSettings(given: Readonly<Record<string, unknown>>): Settings {
  const { values, problems: wrong } = readDefined(definitions, given);
  const problems = wrong.length > 0 ? wrong : contradictions(values);
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(values);
}

/** Those that each run is told. */
export function runSettingsOf(settings: Settings): RunSettings {
  const names = Object.keys(runSettings) as (keyof RunSettings)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as RunSettings;
}

function contradictions(settings: Settings): string[] {
  const { workspaces, retiredWorkspaces, retentionMode, retentionDays, acknowledgeComplianceDays } = settings;
  const problems: string[] = [];
  if (workspaces.length === 0) {
    problems.push(
      "workspaces names none, so there is nothing to archive. Name at least one by its gid, in cdk.json or as " +
        "-c workspaces=<gid>; it is the Domain ID on the settings page of the admin console.",
    );
  }
  for (const workspace of retiredWorkspaces.filter((one) => workspaces.includes(one))) {
    problems.push(`retiredWorkspaces names ${workspace}, which workspaces names too. Allowed: one of the two.`);
  }
  for (const workspace of Object.keys(settings.tokenSecretArns).filter((one) => !workspaces.includes(one))) {
    problems.push(`tokenSecretArns names ${workspace}, which is not in workspaces. Allowed: those that are.`);
  }
  if (retentionMode === "compliance" && acknowledgeComplianceDays !== retentionDays) {
    problems.push(
      `retentionMode is "compliance", which cannot be undone: for ${retentionDays} days nobody, not even the root user, ` +
        `could erase anything, whoever asks. If that is meant, set acknowledgeComplianceDays to ${retentionDays} as well.`,
    );
  }
  if (retentionMode === "compliance" && settings.breakGlassRoleArn !== null) {
    problems.push(
      "breakGlassRoleArn names a role, which in compliance mode could delete nothing. Allowed: none in that mode.",
    );
  }
  if (settings.expireAfterDays !== null && settings.expireAfterDays < retentionDays) {
    problems.push(
      `expireAfterDays is ${settings.expireAfterDays}, before the lock of ${retentionDays} days ends. ` +
        `Allowed: ${retentionDays} or more, or empty for never.`,
    );
  }
  if (
    settings.expireAfterDays !== null &&
    settings.coldAfterDays !== null &&
    settings.coldAfterDays >= settings.expireAfterDays
  ) {
    problems.push(
      `coldAfterDays is ${settings.coldAfterDays}, when segments are gone already: they expire after ` +
        `${settings.expireAfterDays} days. Allowed: fewer, or empty for never.`,
    );
  }
  return problems;
}
