import { EVENT_TYPES, type TypeFacts } from "./details.ts";
import type { Role } from "./people.ts";
import { createWeighted, type Random } from "./random.ts";

/** Who acts: somebody of the staff, or one of those who are nobody in particular. */
export type Agent = Role | "service-account" | "asana" | "asana_support" | "anonymous" | "external_administrator";

/** What members do, by how often. Types of their categories that are not named here come now and then. */
const MEMBER: Readonly<Record<string, number>> = {
  user_login_succeeded: 14,
  user_login_failed: 1.2,
  user_logged_out: 4,
  attachment_uploaded: 24,
  attachment_downloaded: 16,
  task_deleted: 12,
  comment_deleted: 5,
  story_deleted: 2,
  project_member_added: 9,
  project_member_removed: 3,
  team_member_added: 3,
  team_member_removed: 1.5,
  attachment_deleted: 2,
  project_csv_export_started: 1.5,
  project_privacy_settings_changed: 1,
  user_app_authorized: 0.8,
};
const GUEST: Readonly<Record<string, number>> = {
  user_login_succeeded: 8,
  user_logged_out: 3,
  attachment_downloaded: 20,
  attachment_uploaded: 4,
  comment_deleted: 1,
};
const IT: Readonly<Record<string, number>> = {
  user_login_succeeded: 6,
  user_invited: 8,
  user_deprovisioned: 3,
  user_reprovisioned: 1,
  user_password_reset: 2,
  team_member_added: 6,
  team_member_removed: 4,
  service_account_created: 0.3,
  workspace_members_export_started: 1,
};
const SERVICE_ACCOUNT: Readonly<Record<string, number>> = {
  user_invited: 10,
  user_deprovisioned: 6,
  user_reprovisioned: 2,
  team_member_added: 20,
  team_member_removed: 12,
  project_member_added: 30,
  task_deleted: 20,
  attachment_uploaded: 25,
  object_export_started: 2,
};
const OTHERS = {
  asana: {
    task_permanently_deleted: 20,
    message_permanently_deleted: 2,
    status_update_permanently_deleted: 2,
    domain_user_billing_paused: 1,
    domain_user_billing_unpaused: 1,
  },
  asana_support: { workspace_saml_settings_changed: 1, workspace_force_password_reset: 1, workspace_baa_signed: 1 },
  anonymous: { attachment_downloaded: 5, user_login_failed: 2, user_forgot_password_started: 2 },
  external_administrator: { user_deprovisioned: 3, user_invited: 5, user_reprovisioned: 1 },
} as const;
/** What nobody listed above does often belongs to those who run the workspace. */
const ADMIN_CATEGORIES = ["admin_settings", "roles", "content_export", "user_updates"];

/** Draws what such an agent does next. Every known type is somebody's. */
export const nextDeed: Readonly<Record<Agent, (random: Random) => TypeFacts>> = {
  member: weighted(MEMBER, (type) => (ADMIN_CATEGORIES.includes(type.category) ? 0 : 0.25)),
  guest: weighted(GUEST, () => 0),
  it: weighted(IT, (type) => (type.category === "apps" || type.category === "user_updates" ? 0.5 : 0)),
  admin: weighted({ user_login_succeeded: 12 }, (type) => (ADMIN_CATEGORIES.includes(type.category) ? 1 : 0.1)),
  "service-account": weighted(SERVICE_ACCOUNT, () => 0),
  asana: weighted(OTHERS.asana, () => 0),
  asana_support: weighted(OTHERS.asana_support, () => 0),
  anonymous: weighted(OTHERS.anonymous, () => 0),
  external_administrator: weighted(OTHERS.external_administrator, () => 0),
};

function weighted(named: Readonly<Record<string, number>>, otherwise: (type: TypeFacts) => number) {
  const entries = [...EVENT_TYPES.values()].map((type) => [type, named[type.name] ?? otherwise(type)] as const);
  return createWeighted(entries.filter(([, weight]) => weight > 0));
}
