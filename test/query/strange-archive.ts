/**
 * A large archive of which a tenth is strange: events without a gid, type or category, five kinds of actor, actors without a
 * gid, one gid with two types and two names, and things whose state changes after the window that questions are about.
 */
import { createRandom } from "../../feed/random.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { COLLECTED, companyEvents, inSegments, RETIRED, type SampleEvent, type Visible } from "./sample-archive.ts";

export const STRANGE_RANGE = { first: "2026-04-01", last: "2026-06-30" };
export const STRANGE_WINDOW = { since: "2026-05-01", until: "2026-06-01" };

export function makeStrange(events: number): readonly SampleEvent[] {
  const tenth = Math.floor(events / 10);
  const ordinary = (seed: string, count: number): Visible[] =>
    companyEvents({ seed, people: 150, events: count, fromMs: FROM_MS, toMs: TO_MS, lateRate: 0.02 });
  return [
    ...inSegments(COLLECTED, [...ordinary("large", events - 2 * tenth), ...strangeEvents(tenth)]),
    ...inSegments(RETIRED, ordinary("small", tenth)),
  ];
}

const FROM_MS = Date.parse(STRANGE_RANGE.first);
const BURST = 50;
const TO_MS = Date.parse("2026-07-01");

const person = (number: number) => ({
  gid: `77${number}`,
  name: `Person ${number}`,
  email: `Person${number}@Example.com`,
});

/** One of them acts in each event; `n` says which person, agent or address it is. */
const ACTORS: readonly ((n: number) => object | null)[] = [
  (n) => ({ actor_type: "user", ...person(n % 20) }),
  (n) => ({ actor_type: "user", name: `Nameless ${n % 5}` }),
  (n) => ({ actor_type: "user", email: `only-address-${n % 3}@partner.example` }),
  () => ({ actor_type: "user" }),
  () => ({ actor_type: "asana_support" }),
  (n) => ({ actor_type: "asana_support", name: `Agent ${n % 2}` }),
  // Support that acts under the gid of a person, and a person who was renamed.
  (n) => ({ actor_type: "asana_support", ...person(n % 20) }),
  (n) => ({ actor_type: "user", ...person(n % 20), name: "Married Name", email: null }),
  () => ({ actor_type: "asana" }),
  () => ({ actor_type: "anonymous" }),
  () => ({ actor_type: "external_administrator" }),
  () => null,
];

const TYPES: readonly (readonly [type: string | null, category: string | null, kind: string | null])[] = [
  ["task_deleted", "deletion", "task"],
  ["task_undeleted", "deletion", "task"],
  ["task_undeleted", "creation", "task"],
  ["project_deleted", "deletion", "project"],
  ["project_undeleted", "deletion", "project"],
  ["task_permanently_deleted", "deletion", "task"],
  ["project_share_link_enabled", "access_control", "project"],
  ["project_share_link_disabled", "access_control", "project"],
  ["project_view_link_enabled", "access_control", "project"],
  ["project_view_link_disabled", "access_control", "project"],
  ["user_login_failed", "logins", "user"],
  ["user_login_failed", "logins", "user"],
  ["user_login_failed", "logins", null],
  ["user_login_succeeded", "logins", "user"],
  ["attachment_downloaded", "content_export", "attachment"],
  ["attachment_downloaded", "content_export", "attachment"],
  ["attachment_downloaded", "content_export", "attachment"],
  ["workspace_export_started", "content_export", "workspace"],
  [null, "content_export", "project"],
  ["brand_new_type", null, null],
  ["user_deprovisioned", "user_updates", "user"],
  ["user_invited", "user_updates", "user"],
  ["workspace_password_requirements_changed", "admin_settings", "workspace"],
  ["project_member_added", "access_control", "project"],
];

function strangeEvents(count: number): Visible[] {
  const stepMs = Math.floor((TO_MS - FROM_MS) / (count + 1));
  const { int, pick } = createRandom(15);
  return Array.from({ length: count }, (_, index) => {
    // In bursts, so that they meet in hours and days; each at a moment of its own, so that their order is known.
    const atMs = FROM_MS + (index - (index % BURST) + 1) * stepMs + (index % BURST) * 61_003;
    const [type, category, kind] = pick(TYPES);
    const actor = pick(ACTORS)(int(60));
    const n = int(40);
    const user = int(4) === 0 ? { email: `lost-${n % 4}@example.org` } : { ...person(n % 20), name: null };
    const thing = int(8) === 0 ? { name: "no gid" } : { gid: `88${kind?.length}${n}`, name: `Thing ${n}` };
    const line = {
      ...(int(3) > 0 && { gid: `66${String(index).padStart(8, "0")}` }),
      created_at: new Date(atMs).toISOString(),
      ...(type !== null && { event_type: type }),
      ...(category !== null && { event_category: category }),
      ...(actor !== null && { actor }),
      ...(kind !== null && { resource: { resource_type: kind, ...(kind === "user" ? user : thing) } }),
      details: { strange: index, method: [pick(["SAML", "PASSWORD"])], old_value: String(n), new_value: n },
      context: {
        context_type: pick(["web", "api", "asana_support"]),
        ...(int(2) === 0 && { client_ip_address: `198.51.100.${int(6)}` }),
        ...(int(4) === 0 && { rule_name: "A rule" }),
      },
    };
    return {
      event: scanEvent(Buffer.from(JSON.stringify(line))),
      visibleAtMs: atMs + int(2) * int(40) * 1_800_000,
    };
  });
}
