import types from "./event-types.json" with { type: "json" };
import type { Random } from "./random.ts";

/** What is known of one event type. */
export interface TypeFacts {
  readonly name: string;
  /** As it comes over the wire. */
  readonly category: string;
  readonly resources: readonly string[];
  readonly details: readonly string[];
}

/** Seen on the wire under another category than the one it is documented under. */
const WIRE_CATEGORY: Readonly<Record<string, string>> = { project_privacy_settings_changed: "roles" };

type Listed = Readonly<Record<string, { readonly resources: readonly string[]; readonly details?: readonly string[] }>>;

/** All known event types, by name. The file lists them by the source that names them, then by category. */
export const EVENT_TYPES: ReadonlyMap<string, TypeFacts> = new Map(
  Object.values(types.types as Readonly<Record<string, Readonly<Record<string, Listed>>>>).flatMap((categories) =>
    Object.entries(categories).flatMap(([documented, listed]) =>
      Object.entries(listed).map(([name, { resources, details = [] }]) => {
        const category = WIRE_CATEGORY[name] ?? documented;
        return [
          name,
          { name, category, resources: resources.length === 0 ? ["workspace"] : resources, details },
        ] as const;
      }),
    ),
  ),
);

/** Old and new values as seen in samples. */
const CHANGES: Readonly<Record<string, readonly (readonly [string | null, string])[]>> = {
  workspace_saml_settings_changed: [["optional", "required"]],
  workspace_password_requirements_changed: [
    ["strong", "simple"],
    ["simple", "strong"],
  ],
  workspace_guest_invite_permissions_changed: [
    ["admins_only", "anyone"],
    ["anyone", "admins_only"],
  ],
  workspace_default_session_duration_changed: [
    ["14 days", "never"],
    ["never", "14 days"],
  ],
  workspace_require_app_approvals_of_type_changed: [["off", "all_apps"]],
  user_workspace_admin_role_changed: [
    ["member", "domain_admin"],
    ["domain_admin", "super_admin"],
    ["domain_admin", "member"],
  ],
  user_division_admin_role_changed: [["member", "division_admin"]],
  project_privacy_settings_changed: [
    [null, "private_to_members"],
    ["private_to_members", "public_to_workspace"],
  ],
  team_privacy_settings_changed: [[null, "secret"]],
  workspace_associated_email_domain_added: [[null, "subsidiary.example"]],
};
const METHODS = ['["SAML"]', '["SAML"]', '["GOOGLE"]', '["ONE_TIME_KEY"]', '["PASSWORD","TWO_FACTOR"]'];
const APPS = ["Zapier", "Power BI", "Slack", "Tableau", "Jira Cloud", "Miro"];

/** The `details` of an event of this type, in JSON: `{}` for most. */
export function detailsOf(random: Random, type: TypeFacts): string {
  if (type.details.length === 0) return "{}";
  if (type.details[0] === "method") return `{"method":${random.pick(METHODS)},"saml_response":null}`;
  if (type.details[0] === "app_type") {
    const app = random.int(APPS.length);
    return `{"app_type":"oauth","app_gid":"${1_196_000_000_000_000 + app}","app_name":"${APPS[app]}","app_url":""}`;
  }
  const [before, after] = random.pick(CHANGES[type.name] ?? [["off", "on"]]);
  const fields: Record<string, unknown> = {};
  if (type.details.includes("group")) {
    fields["group"] = { gid: "1197000000000000", name: "example.com", resource_type: "workspace" };
  }
  if (type.details.includes("old_value")) fields["old_value"] = before;
  fields["new_value"] = after;
  return JSON.stringify(fields);
}
