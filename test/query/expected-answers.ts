/**
 * Answers to the questions with windows, counts or thresholds, computed from what the archive is known to hold, in
 * TypeScript and without SQL. For a plain listing that would only be its WHERE clause said again.
 */
import type { KnownEvent } from "./known-events.ts";

export type Row = readonly (string | number | null)[];
type Values = Readonly<Record<string, string>>;
type Expectation = (events: readonly KnownEvent[], values: Values) => Row[];

const who = (event: KnownEvent) =>
  event["actor_email"] ?? event["actor_name"] ?? event["actor_gid"] ?? event["actor_type"] ?? null;
const has = (event: KnownEvent, column: string, text: string) => event[column]?.includes(text) === true;
const inPeriod = (event: KnownEvent, { since, until, workspace = "" }: Values) =>
  event["dt"]! >= since! && event["dt"]! < until! && (workspace === "" || event["workspace"] === workspace);

export const EXPECTED: Readonly<Record<string, Expectation>> = {
  around: (events, { at, minutes, workspace = "" }) =>
    sorted(
      events
        .filter((event) => inPeriod(event, { since: "", until: "9", workspace }))
        .filter((event) => Math.abs(msOf(event["created_at"]!) - msOf(at!)) <= Number(minutes) * 60_000),
      (event) => [event["created_at"]!, event["gid"]!],
    ).map((event) => {
      const about = ["event_type", "resource_type", "resource_name", "resource_gid", "old_value", "new_value"];
      const rest = ["client_ip_address", "actor_gid", "workspace", "gid"];
      const values = [...about, ...rest].map((column) => event[column] ?? null);
      return [event["created_at"]!, who(event), ...values];
    }),
  downloads: (events, values) => {
    const groups = groupBy(
      events.filter((event) => inPeriod(event, values) && event["event_type"] === "attachment_downloaded"),
      ["workspace", "dt", "actor_gid"],
    ).filter((group) => group.length >= Number(values["at_least"]));
    const rows = groups.map((group) => [
      ...[group[0]!["dt"]!, latest(group.map(who)), group.length, distinct(group, "resource_gid")],
      ...[
        distinct(group, "client_ip_address"),
        first(group),
        last(group),
        group[0]!["actor_gid"]!,
        group[0]!["workspace"]!,
      ],
    ]);
    return sorted(rows, (row) => [-Number(row[2]), row[0]!, row[8]!, row[7] ?? null]);
  },
  "deletions-in-bulk": (events, values) => {
    const deletions = events
      .filter((event) => inPeriod(event, values) && event["event_category"] === "deletion")
      .filter((event) => !has(event, "event_type", "_undeleted"))
      .map((event): KnownEvent => ({ ...event, hour: `${event["created_at"]!.slice(0, 13)}:00:00.000` }));
    const rows = groupBy(deletions, ["workspace", "actor_gid", "resource_type", "hour"])
      .filter((group) => group.length >= Number(values["at_least"]))
      .map((group) => [
        ...[group[0]!["hour"]!, latest(group.map(who)), group[0]!["resource_type"]!, group.length],
        ...[
          distinct(group, "resource_gid"),
          first(group),
          last(group),
          group[0]!["actor_gid"]!,
          group[0]!["workspace"]!,
        ],
      ]);
    return sorted(rows, (row) => [-Number(row[3]), row[0]!, row[8]!, row[7] ?? null, row[2]!]);
  },
  spraying: (events, values) => {
    const failures = events
      .filter(
        (event) =>
          inPeriod(event, values) && event["event_type"] === "user_login_failed" && event["client_ip_address"] !== null,
      )
      .map((event): KnownEvent => ({ ...event, account: event["resource_gid"] ?? event["actor_gid"] ?? null }));
    const rows = groupBy(failures, ["workspace", "client_ip_address"])
      .map((group) => [
        group[0]!["client_ip_address"]!,
        distinct(group, "account"),
        group.length,
        first(group),
        last(group),
        group[0]!["workspace"]!,
      ])
      .filter((row) => Number(row[1]) >= Number(values["at_least"]));
    return sorted(rows, (row) => [-Number(row[1]), -Number(row[2]), row[0]!, row[5]!]);
  },
  "failed-sign-ins": (events, values) => {
    const tries = events
      .filter((event) => inPeriod(event, values) && /^user_login_(failed|succeeded)$/.test(event["event_type"] ?? ""))
      .map((event): KnownEvent => ({ ...event, account: event["resource_gid"] ?? event["actor_gid"] ?? null }));
    const rows = groupBy(tries, ["workspace", "account"]).flatMap((ofAccount) => {
      const inOrder = sorted(ofAccount, (event) => [event["created_at"]!, event["gid"]!]);
      return failureSeries(inOrder).filter(({ failures }) => failures.length >= Number(values["at_least"]));
    });
    return sorted(
      rows.map(({ failures, success }) => [
        ...[
          latest(
            failures.map(
              (event) =>
                event["resource_email"] ??
                event["actor_email"] ??
                event["resource_name"] ??
                event["actor_name"] ??
                null,
            ),
          ),
        ],
        ...[failures.length, distinct(failures, "client_ip_address"), first(failures), last(failures)],
        ...[success?.["created_at"] ?? null, failures[0]!["account"]!, failures[0]!["workspace"]!],
      ]),
      (row) => [-Number(row[1]), row[3]!, row[7]!, row[6] ?? null],
    );
  },
  "new-addresses": (events, values) => {
    const signIns = events.filter(
      (event) =>
        inPeriod(event, { ...values, since: values["history"]! }) &&
        event["event_type"] === "user_login_succeeded" &&
        event["actor_gid"] !== null &&
        event["client_ip_address"] !== null,
    );
    const found = groupBy(signIns, ["workspace", "actor_gid"]).flatMap((ofPerson) => {
      const seen = new Set<string>();
      return sorted(ofPerson, (event) => [event["created_at"]!, event["gid"]!]).flatMap((event) => {
        if (seen.has(event["client_ip_address"]!)) return [];
        seen.add(event["client_ip_address"]!);
        return [{ event, before: seen.size - 1 }];
      });
    });
    return sorted(
      found.filter(({ event }) => event["dt"]! >= values["since"]!),
      ({ event }) => [event["created_at"]!, event["gid"]!],
    ).map(({ event, before }) => [
      ...[event["created_at"]!, who(event), event["client_ip_address"]!, event["user_agent"] ?? null, before],
      ...[event["actor_gid"]!, event["workspace"]!, event["gid"]!],
    ]);
  },
  woken: (events, values) => {
    const acts = events.filter(
      (event) => inPeriod(event, { ...values, since: values["history"]! }) && event["actor_gid"] !== null,
    );
    const woken = groupBy(acts, ["workspace", "actor_gid"]).flatMap((ofPerson) => {
      const inOrder = sorted(ofPerson, (event) => [event["created_at"]!, event["gid"]!]);
      return inOrder.flatMap((event, index) => {
        const before = inOrder[index - 1];
        if (before === undefined || event["dt"]! < values["since"]!) return [];
        const silent = daysBetween(before["created_at"]!, event["created_at"]!);
        return silent >= Number(values["days"]) ? [{ event, before, silent }] : [];
      });
    });
    return sorted(woken, ({ event }) => [event["created_at"]!, event["gid"]!]).map(({ event, before, silent }) => [
      ...[
        event["created_at"]!,
        who(event),
        silent,
        before["created_at"]!,
        event["event_type"]!,
        event["client_ip_address"] ?? null,
      ],
      ...[event["actor_gid"]!, event["workspace"]!, event["gid"]!],
    ]);
  },
  volume: (events, values) =>
    sorted(
      groupBy(
        events.filter((event) => inPeriod(event, values)),
        ["workspace", "dt", "event_category"],
      ).map((group) => [
        group[0]!["dt"]!,
        group[0]!["event_category"]!,
        group.length,
        distinct(group, "actor_gid"),
        group[0]!["workspace"]!,
      ]),
      (row) => [row[0]!, row[1]!, row[4]!],
    ),
  "first-ever": (events, values) =>
    sorted(
      groupBy(
        events.filter((event) => inPeriod(event, { ...values, since: values["history"]! })),
        ["workspace", "event_type"],
      )
        .filter((group) => group.every((event) => event["dt"]! >= values["since"]!))
        .map((group) => {
          const [earliest] = sorted(group, (event) => [event["created_at"]!, event["gid"]!]);
          return [
            group[0]!["event_type"]!,
            latest(group.map((event) => event["event_category"] ?? null)),
            first(group),
            group.length,
            who(earliest!),
            group[0]!["workspace"]!,
          ];
        }),
      (row) => [row[2]!, row[0]!, row[5]!],
    ),
  "outside-hours": (events, values) => {
    const early = Number(values["first_hour"]);
    const late = Number(values["last_hour"]);
    const outside = events
      .filter((event) => inPeriod(event, values) && event["actor_gid"] !== null)
      .map((event) => ({
        event,
        local: new Date(msOf(event["created_at"]!) + Number(values["utc_offset"]) * 3_600_000),
      }))
      .filter(
        ({ local }) => local.getUTCHours() < early || local.getUTCHours() >= late || [0, 6].includes(local.getUTCDay()),
      )
      .map(({ event, local }): KnownEvent => ({ ...event, local_day: local.toISOString().slice(0, 10) }));
    const rows = groupBy(outside, ["workspace", "actor_gid", "local_day"]).map((group) => {
      const of = (category: string) => group.filter((event) => event["event_category"] === category).length;
      const name = latest(
        group.map((event) => event["actor_email"] ?? event["actor_name"] ?? event["actor_gid"] ?? null),
      );
      return [
        ...[
          group[0]!["local_day"]!,
          name,
          group.length,
          of("content_export"),
          of("deletion"),
          first(group),
          last(group),
        ],
        ...[group[0]!["actor_gid"]!, group[0]!["workspace"]!],
      ];
    });
    return sorted(rows, (row) => [-Number(row[3]), -Number(row[4]), -Number(row[2]), row[0]!, row[8]!, row[7]!]);
  },
  "most-active": (events, values) =>
    sorted(
      groupBy(
        events.filter((event) => inPeriod(event, values)),
        ["workspace", "actor_gid"],
      ).map((group) => {
        const of = (...categories: string[]) =>
          group.filter((event) => categories.includes(event["event_category"]!)).length;
        return [
          ...[
            latest(group.map(who)),
            group.length,
            of("logins"),
            of("content_export"),
            of("deletion"),
            of("admin_settings", "roles"),
          ],
          ...[distinct(group, "dt"), last(group), group[0]!["actor_gid"] ?? null, group[0]!["workspace"]!],
        ];
      }),
      (row) => [-Number(row[1]), row[9]!, row[8] ?? null],
    ),
};

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
const latest = (texts: readonly (string | null)[]): string | null =>
  texts
    .filter((text) => text !== null)
    .sort(compareUtf8)
    .at(-1) ?? null;

const groupBy = (events: readonly KnownEvent[], columns: readonly string[]): KnownEvent[][] => [
  ...Map.groupBy(events, (event) => JSON.stringify(columns.map((column) => event[column] ?? null))).values(),
];

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
