/**
 * Answers to every question, computed from what the archive is known to hold: in TypeScript, without SQL, event by event.
 */
import type { KnownEvent } from "./known-events.ts";

export type Row = readonly (string | number | null)[];
type Values = Readonly<Record<string, string>>;
type Expectation = (events: readonly KnownEvent[], values: Values) => Row[];

const who = (event: KnownEvent) =>
  event["actor_email"] ?? event["actor_name"] ?? event["actor_gid"] ?? event["actor_type"] ?? null;
const has = (event: KnownEvent, column: string, text: string) => event[column]?.includes(text) === true;
const is = (event: KnownEvent, column: string, ...texts: string[]) => texts.includes(event[column] ?? "null");
const inWorkspace = (event: KnownEvent, { workspace = "" }: Values) =>
  workspace === "" || event["workspace"] === workspace;
/** Texts: a day comes before its own times of day, so a bound that is a day alone stands for its first moment. */
const timeOf = (event: KnownEvent): string => event["created_at"] ?? event["dt"]!;
const inPeriod = (event: KnownEvent, values: Values) =>
  timeOf(event) >= values["since"]! && timeOf(event) < values["until"]! && inWorkspace(event, values);
const before = (event: KnownEvent, { as_of }: Values) => event["created_at"]! < as_of!;
const isPerson = (event: KnownEvent, side: "actor" | "resource", text: string) =>
  [event[`${side}_gid`], event[`${side}_email`]?.toLowerCase()].includes(text.toLowerCase());
const domainOf = (address: string | null | undefined) => address?.split("@")[1]?.toLowerCase() ?? "";
const nameOfActor = (event: KnownEvent) => event["actor_gid"] ?? event["actor_email"] ?? event["actor_name"] ?? null;
/** Who acted: type and gid, and without a gid the name. */
const actor = (event: KnownEvent) =>
  JSON.stringify([event["actor_type"], event["actor_gid"] !== null, nameOfActor(event)]);
const inOrder = (events: readonly KnownEvent[]) =>
  sorted(events, (event) => [event["created_at"]!, event["gid"] ?? null]);
/** The newest first; of several at one moment, the one with the greatest gid. */
const newestFirst = (events: readonly KnownEvent[]) =>
  [...events].sort((a, b) => compareKeys([b["created_at"]!], [a["created_at"]!]) || compareGids(a, b));
const compareGids = (a: KnownEvent, b: KnownEvent) =>
  a["gid"] === null || b["gid"] === null
    ? Number(a["gid"] === null) - Number(b["gid"] === null)
    : compareUtf8(b["gid"]!, a["gid"]!);

/** One row for each event that passes, in order of time. A column is one that `cell` knows. */
const listing =
  (columns: string, passes: (event: KnownEvent, values: Values) => boolean): Expectation =>
  (events, values) =>
    eventRows(
      columns,
      events.filter((event) => inPeriod(event, values) && passes(event, values)),
    );

const eventRows = (columns: string, events: readonly KnownEvent[]): Row[] =>
  inOrder(events).map((event) => columns.split(" ").map((column) => cell(event, column)));

/** What `search` looks into, in the order in which it names them. */
const SEARCHED = [
  ...["gid", "actor_name", "actor_email", "actor_gid", "resource_name", "resource_email", "resource_gid"],
  ...["old_value", "new_value", "client_ip_address", "oauth_app_name", "rule_name", "on_behalf_of_user_id"],
];
const foundIn = (event: KnownEvent, text: string) =>
  SEARCHED.filter((field) => folded(event[field] ?? "").includes(folded(text)));

/** Character by character, as SQL does it: none becomes two. */
const each = (text: string, change: (character: string) => string) =>
  [...text].map((character) => ([...change(character)].length === 1 ? change(character) : character)).join("");
/** What is the same but for its case, or for how its accents are written. */
const folded = (text: string): string => {
  const upper = each(text, (character) => character.toUpperCase()).normalize();
  return each(upper, (character) => (character === "İ" ? "i" : character.toLowerCase()));
};

const TAIL = "actor_gid workspace gid";

/** A field of the event, who acted, whom or which account it was about, or `details.<key>`. */
function cell(event: KnownEvent, column: string): string | null {
  if (column === "who") return who(event);
  if (column === "whose") return event["resource_email"] ?? event["resource_name"] ?? event["resource_gid"] ?? null;
  if (column === "account") return event["resource_name"] ?? event["resource_gid"] ?? null;
  const [name = "", key] = column.split(".");
  if (key === undefined) return event[name] ?? null;
  const details = JSON.parse(event["details"] ?? "{}") as Record<string, unknown>;
  const value = details[key];
  return value === undefined || value === null ? null : typeof value === "string" ? value : JSON.stringify(value);
}

/** The name that the actor of these events had last. */
function label(events: readonly KnownEvent[]): string | null {
  const named = inOrder(events).findLast((event) => (event["actor_email"] ?? event["actor_name"]) !== null);
  return named === undefined ? (events[0]!["actor_gid"] ?? events[0]!["actor_type"] ?? null) : who(named);
}
const groups = (events: readonly KnownEvent[], key: (event: KnownEvent) => unknown): KnownEvent[][] => [
  ...Map.groupBy(events, (event) => JSON.stringify(key(event))).values(),
];
const of = (group: readonly KnownEvent[], ...categories: string[]) =>
  group.filter((event) => is(event, "event_category", ...categories)).length;
const idOf = (group: readonly KnownEvent[]) =>
  ["actor_type", "actor_gid", "workspace"].map((column) => group[0]![column] ?? null);
/** Events about the same thing, divided further by `more`. An event about a thing without a gid is a group of its own. */
const things = (events: readonly KnownEvent[], more: (event: KnownEvent) => unknown = () => null) =>
  groups(events, (event) => [event["workspace"], event["resource_gid"] ?? event["line"], more(event)]);
/** The gid of the account that signs in, or its name. */
function accountOf(event: KnownEvent): { gid: string | null; name: string | null } {
  const isUser = is(event, "resource_type", "user", "null");
  const of = (column: string) => (isUser ? (event[`resource_${column}`] ?? null) : null);
  return {
    gid: of("gid") ?? event["actor_gid"] ?? null,
    name: of("email") ?? event["actor_email"] ?? of("name") ?? event["actor_name"] ?? null,
  };
}

export const EXPECTED: Readonly<Record<string, Expectation>> = {
  "admin-roles": listing(`created_at who event_type whose old_value new_value client_ip_address ${TAIL}`, (event) =>
    is(
      event,
      "event_type",
      ...["user_workspace_admin_role_changed", "user_division_admin_role_changed", "custom_role_created"],
      "role_permission_changed",
    ),
  ),
  "api-use": (events, values) =>
    sorted(
      groups(
        events.filter(
          (event) =>
            inPeriod(event, values) &&
            (is(event, "context_type", "api") || event["api_authentication_method"] !== null),
        ),
        (event) => [event["workspace"], event["api_authentication_method"], event["oauth_app_name"], actor(event)],
      ).map((group) => [
        ...[group[0]!["api_authentication_method"] ?? null, group[0]!["oauth_app_name"] ?? null, label(group)],
        ...[
          group.length,
          distinct(group, "event_type"),
          distinct(group, "client_ip_address"),
          first(group),
          last(group),
        ],
        ...idOf(group),
      ]),
      (row) => [-Number(row[3]), row[10]!, row[0]!, row[1]!, row[8]!, row[9]!, row[2]!],
    ),
  around: (events, values) =>
    eventRows(
      `created_at who event_type resource_type resource_name resource_gid old_value new_value client_ip_address ${TAIL}`,
      events
        .filter((event) => inWorkspace(event, values) && event["created_at"] !== null)
        .filter(
          (event) => Math.abs(msOf(event["created_at"]!) - msOf(values["at"]!)) <= Number(values["minutes"]) * 60_000,
        ),
    ),
  "deletions-in-bulk": (events, values) =>
    sorted(
      groups(
        events.filter(
          (event) =>
            inPeriod(event, values) &&
            is(event, "event_category", "deletion") &&
            !has(event, "event_type", "_undeleted"),
        ),
        (event) => [event["workspace"], event["created_at"]!.slice(0, 13), event["resource_type"], actor(event)],
      )
        .filter((group) => group.length >= Number(values["at_least"]))
        .map((group) => [
          ...[`${first(group).slice(0, 13)}:00:00.000`, label(group), group[0]!["resource_type"] ?? null, group.length],
          ...[distinct(group, "resource_gid"), first(group), last(group), ...idOf(group)],
        ]),
      (row) => [-Number(row[3]), row[0]!, row[9]!, row[7]!, row[8]!, row[1]!, row[2]!],
    ),
  "done-to-person": listing(
    `created_at who event_type old_value new_value client_ip_address ${TAIL}`,
    (event, values) =>
      is(event, "resource_type", "user") &&
      isPerson(event, "resource", values["person"]!) &&
      (event["actor_gid"] === null || event["actor_gid"] !== event["resource_gid"]),
  ),
  downloads: (events, values) =>
    sorted(
      groups(
        events.filter((event) => inPeriod(event, values) && is(event, "event_type", "attachment_downloaded")),
        (event) => [event["workspace"], event["dt"], actor(event)],
      )
        .filter((group) => group.length >= Number(values["at_least"]))
        .map((group) => [
          ...[group[0]!["dt"]!, label(group), group.length, distinct(group, "resource_gid")],
          ...[distinct(group, "client_ip_address"), first(group), last(group), ...idOf(group)],
        ]),
      (row) => [-Number(row[2]), row[0]!, row[9]!, row[7]!, row[8]!, row[1]!],
    ),
  exports: listing(
    `created_at who event_type resource_type resource_name resource_gid client_ip_address api_authentication_method ${TAIL}`,
    (event, { actor = "" }) =>
      (actor === "" || isPerson(event, "actor", actor)) &&
      (is(event, "event_category", "content_export") || has(event, "event_type", "_export_")) &&
      !is(event, "event_type", "attachment_downloaded"),
  ),
  "failed-sign-ins": (events, values) => {
    const tries = events.filter(
      (event) =>
        inPeriod(event, { ...values, until: "9" }) &&
        before(event, values) &&
        is(event, "event_type", "user_login_failed", "user_login_succeeded"),
    );
    const found = groups(tries, (event) => {
      const { gid, name } = accountOf(event);
      return [event["workspace"], gid, gid === null ? (name?.toLowerCase() ?? null) : null];
    }).flatMap((ofAccount) => failureSeries(inOrder(ofAccount)));
    return sorted(
      found
        .filter(({ failures }) => failures.length >= Number(values["at_least"]))
        .filter(({ failures }) => timeOf(failures[0]!) < values["until"]!)
        .map(({ failures, success }) => [
          failures.map((event) => accountOf(event).name).findLast((name) => name !== null) ?? null,
          ...[failures.length, distinct(failures, "client_ip_address"), first(failures), last(failures)],
          ...[success?.["created_at"] ?? null, accountOf(failures[0]!).gid, failures[0]!["workspace"]!],
        ]),
      (row) => [-Number(row[1]), row[3]!, row[7]!, row[6]!, row[0]!],
    );
  },
  "first-ever": (events, values) =>
    sorted(
      groups(
        events.filter((event) => inPeriod(event, { ...values, since: values["history"]! })),
        (event) => [event["workspace"], event["event_type"]],
      )
        .filter((group) => group.every((event) => timeOf(event) >= values["since"]!))
        .map((group) => [
          group[0]!["event_type"] ?? null,
          inOrder(group).find((event) => event["event_category"] !== null)?.["event_category"] ?? null,
          ...[first(group), group.length, who(inOrder(group)[0]!), group[0]!["workspace"]!],
        ]),
      (row) => [row[2]!, row[0]!, row[5]!],
    ),
  "gone-for-good": listing(
    `created_at who event_type resource_type resource_name resource_gid client_ip_address ${TAIL}`,
    (event) => has(event, "event_type", "_permanently_deleted"),
  ),
  guests: listing(
    `created_at who resource_email resource_gid client_ip_address ${TAIL}`,
    (event, values) =>
      is(event, "event_type", "user_invited") &&
      !values["own_domains"]!.split(",").includes(domainOf(event["resource_email"])),
  ),
  "joiners-and-leavers": listing(
    `created_at who event_type whose client_ip_address api_authentication_method ${TAIL}`,
    (event) =>
      is(
        event,
        "event_type",
        ...["user_invited", "user_deprovisioned", "user_reprovisioned", "user_csv_import_started"],
        ...["domain_user_billing_paused", "domain_user_billing_unpaused"],
      ),
  ),
  "last-days-of-leavers": (events, values) => {
    const leavers = events.filter(
      (event) => inPeriod(event, { ...values, workspace: "" }) && is(event, "event_type", "user_deprovisioned"),
    );
    const rows = groups(leavers, (event) => [
      event["workspace"],
      event["resource_gid"],
      event["created_at"],
      cell(event, "whose"),
    ])
      .map(([leaver]) => leaver!)
      .filter((leaver) => leaver["resource_gid"] !== null)
      .flatMap((leaver) => {
        const acts = events.filter(
          (event) =>
            inPeriod(event, { ...values, since: values["history"]! }) &&
            event["workspace"] === leaver["workspace"] &&
            event["actor_gid"] === leaver["resource_gid"] &&
            is(event, "event_category", "content_export", "deletion", "access_control", "apps") &&
            event["created_at"]! <= leaver["created_at"]! &&
            msOf(leaver["created_at"]!) - msOf(event["created_at"]!) <= Number(values["days"]) * 86_400_000,
        );
        return groups(acts, (event) => event["event_type"]).map((group) => [
          ...[leaver["created_at"]!, cell(leaver, "whose"), group[0]!["event_type"] ?? null, group.length],
          ...[distinct(group, "resource_gid"), first(group), last(group)],
          ...[leaver["resource_gid"] ?? null, leaver["workspace"]!],
        ]);
      });
    return sorted(rows, (row) => [row[0]!, row[7]!, -Number(row[3]), row[2]!]);
  },
  late: (events, values) =>
    sorted(
      groups(
        events.filter((event) => inPeriod(event, values)),
        (event) => [event["workspace"], event["dt"]],
      )
        .map((ofDay) => {
          const late = ofDay.filter((event) =>
            ofDay.some((other) => other["segment"]! < event["segment"]! && other["created_at"]! > event["created_at"]!),
          );
          const { dt, workspace } = ofDay[0]!;
          return [dt!, ofDay.length, late.length, distinct(ofDay, "segment"), first(ofDay), last(ofDay), workspace!];
        })
        .filter((row) => Number(row[2]) > 0),
      (row) => [row[0]!, row[6]!],
    ),
  memberships: listing(
    `created_at who event_type resource_type resource_name resource_gid details ${TAIL}`,
    (event, { resource = "" }) =>
      has(event, "event_type", "_member_") && (resource === "" || event["resource_gid"] === resource),
  ),
  "most-active": (events, values) =>
    sorted(
      groups(
        events.filter((event) => inPeriod(event, values)),
        (event) => [event["workspace"], actor(event)],
      ).map((group) => [
        ...[label(group), group.length, of(group, "logins"), of(group, "content_export"), of(group, "deletion")],
        ...[of(group, "admin_settings", "roles"), distinct(group, "dt"), last(group), ...idOf(group)],
      ]),
      (row) => [-Number(row[1]), row[10]!, row[8]!, row[9]!, row[0]!],
    ),
  "network-policy": listing(
    `created_at who event_type old_value new_value details client_ip_address ${TAIL}`,
    (event) => has(event, "event_type", "allowed_ip_range") || has(event, "event_type", "ip_allowlist"),
  ),
  "new-addresses": (events, values) => {
    const signIns = events.filter(
      (event) =>
        inPeriod(event, { ...values, since: values["history"]! }) &&
        is(event, "event_type", "user_login_succeeded") &&
        nameOfActor(event) !== null &&
        event["client_ip_address"] !== null,
    );
    const found = groups(signIns, (event) => [event["workspace"], event["actor_type"], nameOfActor(event)]).flatMap(
      (ofPerson) => {
        const seen = new Set<string>();
        return inOrder(ofPerson).flatMap((event) => {
          if (seen.has(event["client_ip_address"]!)) return [];
          seen.add(event["client_ip_address"]!);
          return timeOf(event) >= values["since"]! ? [{ ...event, nth: String(seen.size - 1) }] : [];
        });
      },
    );
    return inOrder(found).map((event) => [
      ...[event["created_at"]!, who(event), event["client_ip_address"]!, event["user_agent"] ?? null],
      ...[Number(event["nth"]), event["actor_gid"] ?? null, event["workspace"]!, event["gid"] ?? null],
    ]);
  },
  "on-behalf": listing(
    `created_at who on_behalf_of_user_id rule_name event_type resource_type resource_name context_type ${TAIL}`,
    (event) => event["on_behalf_of_user_id"] !== null || event["rule_name"] !== null,
  ),
  "on-two-days": (events, values) =>
    sorted(
      groups(
        events.filter((event) => inPeriod(event, values) && event["gid"] !== null),
        (event) => [event["workspace"], event["gid"]],
      )
        .filter((group) => group.length > 1)
        .map((group) => {
          const paths = group.map(pathOf).sort();
          return [group[0]!["gid"]!, group.length, paths[0]!, paths.at(-1)!, group[0]!["workspace"]!];
        }),
      (row) => [row[4]!, row[0]!],
    ),
  "outside-hours": (events, values) => {
    const localOf = (event: KnownEvent) =>
      new Date(msOf(event["created_at"]!) + Number(values["utc_offset"]) * 3_600_000);
    const outside = events.filter((event) => {
      if (!inPeriod(event, values) || nameOfActor(event) === null) return false;
      const local = localOf(event);
      const hour = local.getUTCHours();
      const isAtWork = hour >= Number(values["first_hour"]) && hour < Number(values["last_hour"]);
      return !isAtWork || [0, 6].includes(local.getUTCDay());
    });
    const dayOf = (event: KnownEvent) => localOf(event).toISOString().slice(0, 10);
    return sorted(
      groups(outside, (event) => [event["workspace"], dayOf(event), actor(event)]).map((group) => [
        ...[dayOf(group[0]!), label(group), group.length, of(group, "content_export"), of(group, "deletion")],
        ...[first(group), last(group), ...idOf(group)],
      ]),
      (row) => [-Number(row[3]), -Number(row[4]), -Number(row[2]), row[0]!, row[9]!, row[7]!, row[8]!, row[1]!],
    );
  },
  outsiders: (events, values) =>
    sorted(
      groups(
        events.filter(
          (event) =>
            inPeriod(event, values) &&
            event["actor_email"] !== null &&
            !values["own_domains"]!.split(",").includes(domainOf(event["actor_email"])),
        ),
        (event) => [event["workspace"], event["actor_type"], event["actor_gid"], event["actor_email"]],
      ).map((group) => [
        ...[domainOf(group[0]!["actor_email"]), group[0]!["actor_email"]!, group.length],
        ...[of(group, "content_export"), of(group, "deletion"), first(group), last(group), ...idOf(group)],
      ]),
      (row) => [-Number(row[2]), row[9]!, row[7]!, row[8]!, row[1]!],
    ),
  "password-resets": listing(`created_at who event_type whose client_ip_address user_agent ${TAIL}`, (event) =>
    is(
      event,
      "event_type",
      ...[
        "user_forgot_password_started",
        "user_password_reset",
        "user_password_changed",
        "workspace_force_password_reset",
      ],
    ),
  ),
  person: listing(
    `created_at who event_type resource_type resource_name resource_gid old_value new_value client_ip_address context_type ${TAIL}`,
    (event, values) => isPerson(event, "actor", values["actor"]!),
  ),
  privacy: listing(
    `created_at who event_type resource_type resource_name resource_gid old_value new_value ${TAIL}`,
    (event) => has(event, "event_type", "privacy_settings_changed"),
  ),
  "public-links": (events, values) => {
    const links = events.filter(
      (event) =>
        inPeriod(event, { ...values, until: "9" }) &&
        before(event, values) &&
        /^project_(share|view)_link_(en|dis)abled$/.test(event["event_type"] ?? ""),
    );
    const found = things(links, (event) => event["event_type"]!.slice(0, 13)).flatMap((ofLink) => {
      const state = has(newestFirst(ofLink)[0]!, "event_type", "_enabled") ? "open" : "closed";
      return ofLink
        .filter((event) => has(event, "event_type", "_enabled") && timeOf(event) < values["until"]!)
        .map((event) => ({ ...event, state }));
    });
    return eventRows(`created_at who event_type resource_name resource_gid state ${TAIL}`, found);
  },
  "quiet-days": (events, values) => {
    const days = groups(
      events.filter(
        (event) => inPeriod(event, { ...values, since: values["history"]! }) && event["dt"] !== "2021-10-07",
      ),
      (event) => [event["workspace"], event["dt"]],
    ).map((ofDay) => ({ workspace: ofDay[0]!["workspace"]!, dt: ofDay[0]!["dt"]!, events: ofDay.length }));
    const rows = days.flatMap(({ workspace, dt, events }) => {
      const earlier = days
        .filter((day) => day.workspace === workspace && day.dt < dt)
        .sort((a, b) => (a.dt < b.dt ? -1 : 1));
      const alike = earlier.filter((day) => daysBetween(day.dt, dt) % 7 === 0).slice(-8);
      const usual = alike.length === 0 ? null : alike.reduce((sum, day) => sum + day.events, 0) / alike.length;
      const silent = earlier.length === 0 ? null : daysBetween(earlier.at(-1)!.dt, dt) - 1;
      const isQuiet = usual !== null && events * 100 < usual * Number(values["percent"]);
      if (dt < values["since"]! || !(isQuiet || (silent ?? 0) > 0)) return [];
      return [[dt, events, usual === null ? null : Math.round(usual), silent, workspace]];
    });
    return sorted(rows, (row) => [row[0]!, row[4]!]);
  },
  search: (events, values) =>
    inOrder(events.filter((event) => inPeriod(event, values) && foundIn(event, values["text"]!).length > 0)).map(
      (event) => [
        ...["created_at", "who", "event_type"].map((column) => cell(event, column)),
        foundIn(event, values["text"]!).join(", "),
        ...["resource_type", "resource_name", "resource_gid", "client_ip_address", ...TAIL.split(" ")].map((column) =>
          cell(event, column),
        ),
      ],
    ),
  "service-accounts": listing(
    `created_at who event_type account old_value new_value client_ip_address ${TAIL}`,
    (event) =>
      event["event_type"]?.startsWith("service_account_") === true ||
      is(event, "event_type", "workspace_service_account_token_expiry_changed"),
  ),
  settings: listing(`created_at who event_type old_value new_value details client_ip_address ${TAIL}`, (event) =>
    is(event, "event_category", "admin_settings"),
  ),
  "sign-in-policy": listing(
    `created_at who event_type old_value new_value resource_type resource_name client_ip_address ${TAIL}`,
    ({ event_type: type }) =>
      /^workspace_(saml_|password_|require_two_factor_auth|force_password_reset$)|sso|session_duration/.test(
        type ?? "",
      ),
  ),
  "sign-ins-without-sso": listing(
    `created_at who details.method client_ip_address context_type ${TAIL}`,
    (event, values) =>
      is(event, "event_type", "user_login_succeeded") &&
      !(cell(event, "details.method") ?? "").toLowerCase().includes(`"${values["method"]!.toLowerCase()}"`),
  ),
  spraying: (events, values) => {
    const failures = events.filter(
      (event) =>
        inPeriod(event, values) && is(event, "event_type", "user_login_failed") && event["client_ip_address"] !== null,
    );
    const accounts = (group: readonly KnownEvent[]) =>
      new Set(
        group.map((event) => {
          const isUser = is(event, "resource_type", "user", "null");
          const resource = isUser
            ? (event["resource_gid"] ?? event["resource_email"]?.toLowerCase() ?? event["resource_name"])
            : null;
          return resource ?? event["actor_gid"] ?? event["actor_email"]?.toLowerCase() ?? event["actor_name"] ?? null;
        }),
      ).difference(new Set([null])).size;
    return sorted(
      groups(failures, (event) => [event["workspace"], event["client_ip_address"]])
        .map((group) => [
          ...[group[0]!["client_ip_address"]!, accounts(group), group.length, first(group), last(group)],
          group[0]!["workspace"]!,
        ])
        .filter((row) => Number(row[1]) >= Number(values["at_least"])),
      (row) => [-Number(row[1]), -Number(row[2]), row[0]!, row[5]!],
    );
  },
  "still-deleted": (events, values) => {
    const deletions = events.filter(
      (event) =>
        inPeriod(event, { ...values, until: "9" }) &&
        before(event, values) &&
        (is(event, "event_category", "deletion") || has(event, "event_type", "_undeleted")) &&
        (values["kind"] === "" || event["resource_type"] === values["kind"]),
    );
    const found = things(deletions).flatMap((ofThing) => {
      const newest = newestFirst(ofThing);
      if (has(newest[0]!, "event_type", "_undeleted")) return [];
      const asked = newest.find((event) => timeOf(event) < values["until"]! && !has(event, "event_type", "_undeleted"));
      return asked === undefined ? [] : [asked];
    });
    return eventRows(`created_at who event_type resource_type resource_name resource_gid ${TAIL}`, found);
  },
  strange: (events, values) =>
    sorted(
      events
        .filter((event) => event["dt"] === "2021-10-07" || event["dt"]! > values["today"]!)
        .filter((event) => inWorkspace(event, values))
        .map((event) => [
          ...[event["dt"]!, JSON.parse(event["line"]!).created_at ?? null, event["event_type"] ?? null],
          ...[event["gid"] ?? null, pathOf(event), event["line"]!, event["workspace"]!],
        ]),
      (row) => [row[0]!, row[4]!, row[5]!],
    ),
  "support-access": listing(
    `created_at who actor_type context_type event_type resource_type resource_name client_ip_address ${TAIL}`,
    (event) => !is(event, "actor_type", "user") || is(event, "context_type", "asana_support"),
  ),
  thing: listing(
    `created_at who event_type resource_type resource_name old_value new_value client_ip_address ${TAIL}`,
    (event, values) => event["resource_gid"] === values["resource"],
  ),
  "tokens-and-apps": listing(
    `created_at who event_type details.app_name details.app_gid old_value new_value client_ip_address ${TAIL}`,
    (event, { actor = "" }) =>
      (actor === "" || isPerson(event, "actor", actor)) &&
      /^(user_(app|personal_access_token)_(authorized|revoked)|workspace_guest_(app|pat)_usage_setting_changed)$|^workspace_(personal_access_token_|app_admin_approval|require_app_approvals)/.test(
        event["event_type"] ?? "",
      ),
  ),
  "two-factor": listing(`created_at who event_type whose client_ip_address ${TAIL}`, (event) =>
    has(event, "event_type", "two_factor_auth"),
  ),
  volume: (events, values) =>
    sorted(
      groups(
        events.filter((event) => inPeriod(event, values)),
        (event) => [event["workspace"], event["dt"], event["event_category"]],
      ).map((group) => [
        ...[group[0]!["dt"]!, group[0]!["event_category"] ?? null, group.length],
        ...[new Set(group.map(nameOfActor).filter((name) => name !== null)).size, group[0]!["workspace"]!],
      ]),
      (row) => [row[0]!, row[1]!, row[4]!],
    ),
  who: (events, values) => {
    const name = folded(values["name"]!);
    const sides = events
      .filter((event) => inPeriod(event, values))
      .flatMap((event) => {
        const part = (side: string) => ["gid", "name", "email"].map((column) => event[`${side}_${column}`] ?? null);
        const acted = { type: event["actor_type"] ?? null, part: part("actor"), side: 1, event };
        return is(event, "resource_type", "user")
          ? [acted, { type: "user", part: part("resource"), side: 2, event }]
          : [acted];
      })
      .filter(
        ({ part: [gid, ...names] }) =>
          gid === values["name"] || names.some((text) => folded(text ?? "").includes(name)),
      );
    const rows = [
      ...Map.groupBy(sides, ({ event, type, part }) => JSON.stringify([event["workspace"], type, part])).values(),
    ].map((group) => {
      const [{ type, part, event }] = group as [(typeof group)[0]];
      const count = (side: number) => group.filter((other) => other.side === side).length;
      const all = group.map((other) => other.event);
      return [part[1]!, part[2]!, count(1), count(2), first(all), last(all), type, part[0]!, event["workspace"]!];
    });
    return sorted(rows, (row) => [-Number(row[2]), -Number(row[3]), row[8]!, row[6]!, row[7]!, row[0]!, row[1]!]);
  },
  woken: (events, values) => {
    const acts = events.filter(
      (event) => inPeriod(event, { ...values, since: values["history"]! }) && nameOfActor(event) !== null,
    );
    const woken = groups(acts, (event) => [event["workspace"], event["actor_type"], nameOfActor(event)]).flatMap(
      (ofActor) =>
        inOrder(ofActor).flatMap((event, index, all) => {
          const earlier = all[index - 1];
          if (earlier === undefined || timeOf(event) < values["since"]!) return [];
          const silent = daysBetween(earlier["created_at"]!, event["created_at"]!);
          return silent >= Number(values["days"])
            ? [{ ...event, silent: String(silent), earlier: earlier["created_at"]! }]
            : [];
        }),
    );
    return inOrder(woken).map((event) => [
      ...[event["created_at"]!, who(event), Number(event["silent"]), event["earlier"]!],
      ...["event_type", "client_ip_address", "actor_gid", "workspace", "gid"].map((column) => cell(event, column)),
    ]);
  },
};

const pathOf = ({ workspace, dt, segment }: KnownEvent): string =>
  `events/workspace=${workspace}/dt=${dt}/${segment!.padStart(6, "0")}.ndjson.gz`;

export const msOf = (timestamp: string): number => Date.parse(`${timestamp.replace(" ", "T")}Z`);

const daysBetween = (from: string, to: string): number =>
  (Date.parse(to.slice(0, 10)) - Date.parse(from.slice(0, 10))) / 86_400_000;

/** Runs of failures with nothing between, and the first success after each. */
function failureSeries(inOrder: readonly KnownEvent[]) {
  const series: { failures: KnownEvent[]; success: KnownEvent | null }[] = [];
  inOrder.forEach((event, index) => {
    if (event["event_type"] !== "user_login_failed") return;
    const current = inOrder[index - 1]?.["event_type"] === "user_login_failed" ? series.at(-1) : undefined;
    const success = inOrder.slice(index).find((later) => later["event_type"] === "user_login_succeeded") ?? null;
    if (current === undefined) series.push({ failures: [event], success });
    else current.failures.push(event);
  });
  return series;
}

const first = (events: readonly KnownEvent[]): string => events.map((event) => event["created_at"]!).sort()[0]!;
const last = (events: readonly KnownEvent[]): string =>
  events
    .map((event) => event["created_at"]!)
    .sort()
    .at(-1)!;
const distinct = (events: readonly KnownEvent[], column: string): number =>
  new Set(events.map((event) => event[column] ?? null).filter((value) => value !== null)).size;

type Key = readonly (string | number | null)[];

/** Nulls last, texts by their UTF-8 bytes, as both engines sort. */
function sorted<T>(items: readonly T[], keyOf: (item: T) => Key): T[] {
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ item }) => item);
}

function compareKeys(a: Key, b: Key): number {
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index] ?? null, b[index] ?? null];
    if (x === y) continue;
    if (x === null || y === null) return x === null ? 1 : -1;
    const order = typeof x === "number" && typeof y === "number" ? x - y : compareUtf8(String(x), String(y));
    if (order !== 0) return order;
  }
  return 0;
}

const compareUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
