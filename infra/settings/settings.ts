import { type Definition, definitions } from "./definitions.ts";
import { SettingProblem } from "./kinds.ts";

type Definitions = typeof definitions;
export type Settings = { readonly [K in keyof Definitions]: Definitions[K] extends Definition<infer T> ? T : never };

/** All problems at once, a sentence each: which setting, why, what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `- ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** Reads what is given, fills in the rest. Throws SettingsError. */
export function readSettings(given: Readonly<Record<string, unknown>>): Settings {
  const known = Object.keys(definitions);
  const problems = Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => `${name} is not a setting. Known are: ${known.join(", ")}.`);
  const read: Record<string, unknown> = {};
  for (const [name, { kind, initial }] of Object.entries<Definition<unknown>>(definitions)) {
    try {
      read[name] = kind.read(given[name] ?? initial);
    } catch (error) {
      if (!(error instanceof SettingProblem)) throw error;
      problems.push(`${name} is ${JSON.stringify(given[name])}: ${error.message}. Allowed: ${kind.allowed}.`);
    }
  }
  if (problems.length === 0) problems.push(...contradictions(read as Settings));
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(read as Settings);
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
