/** `events_ocsf`: an event of every type is what OCSF 1.8.0 asks for, and no line makes JSON that is none. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArchiveSql, openArchiveSql } from "../../cli/query/engine.ts";
import { EVENT_TYPES } from "../../feed/details.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { appendEvents, eventsOf, JUNK, junkOf, plainRows } from "./archive.ts";
import { hostileEvents } from "./hostile-lines.ts";
import { faultsOf } from "./ocsf-schema.ts";

const DAY = "2026-05-01";
const AT = `${DAY}T09:30:00.123Z`;
const AT_MS = Date.parse(AT);

const ACTOR = { actor_type: "user", gid: "11", name: "Jane", email: "jane@example.com" };
const CONTEXT = { context_type: "web", client_ip_address: "203.0.113.7", user_agent: "Mozilla/5.0" };

/** An event that says all that is known of its type, and one that says its type alone. */
const ofEveryType = [...EVENT_TYPES.values()].flatMap(({ name, category, resources, details }) => [
  {
    gid: `full-${name}`,
    created_at: AT,
    event_type: name,
    event_category: category,
    actor: ACTOR,
    resource: { resource_type: resources[0], gid: "22", name: `A ${resources[0]}`, email: "r@example.com" },
    details: Object.fromEntries(details.map((key) => [key, key === "method" ? ["SAML"] : `${key} "of" it`])),
    context: { ...CONTEXT, api_authentication_method: "cookie", rule_name: "a rule", on_behalf_of_user_id: 33 },
  },
  { gid: `bare-${name}`, created_at: AT, event_type: name },
]);

const singles = [
  { gid: "new", created_at: AT, event_type: "robot_hired", actor: { actor_type: "asana" }, context: CONTEXT },
  { gid: "none", created_at: AT },
  { gid: "odd", created_at: "who knows" },
  {
    gid: "failed",
    created_at: AT,
    event_type: "user_login_failed",
    event_category: "logins",
    actor: { actor_type: "anonymous" },
    resource: { resource_type: "user", gid: "22", name: "Bob", email: "bob@example.com" },
    details: { method: ["SAML"] },
    context: CONTEXT,
  },
  {
    gid: "setting",
    created_at: AT,
    event_type: "workspace_default_session_duration_changed",
    event_category: "admin_settings",
    actor: { ...ACTOR, email: null },
    resource: { resource_type: "workspace", gid: "1201", name: "Acme" },
    details: { old_value: "14 days", new_value: "never" },
    context: { context_type: "api", api_authentication_method: "service_account" },
  },
];

const hostile = hostileEvents(1_000);
/** What DuckDB alone takes for JSON, and what only looks like it. */
const loose = ['{"details":{"a":NaN}}', '{"details":{"a":[-Infinity,1,]}}', '{"details":{"a":"NaN \\" inf"}}'];

const KEYS = [
  "time",
  "category_uid",
  "class_uid",
  "class_name",
  "activity_id",
  "activity_name",
  "type_uid",
  "severity_id",
  "status_id",
];

interface Row {
  readonly gid: string | null;
  /** `ocsf`, parsed. */
  readonly event: Json;
  readonly keys: readonly unknown[];
}
// biome-ignore lint/suspicious/noExplicitAny: what stands in it is what the tests are about.
type Json = Record<string, any>;

let sql: ArchiveSql;
/** All rows of the view, by workspace: it takes longer to be planned than to answer. */
let rows: Readonly<Partial<Record<string, readonly Row[]>>>;

beforeAll(async () => {
  const archive = createMemoryArchive();
  const inJunk = (lines: readonly string[]) => lines.map((line) => junkOf(DAY, line));
  await appendEvents(archive, eventsOf(...ofEveryType, ...singles), "1");
  await appendEvents(archive, [...hostile.map(({ event }) => event), ...inJunk(JUNK)], "2");
  await appendEvents(archive, inJunk(loose), "3");
  await appendEvents(archive, eventsOf({ gid: "later", created_at: "2026-05-02T00:00:00.000Z" }), "4");
  sql = await openArchiveSql({ archive });
  const answer = await plainRows(
    await sql.query(`SELECT workspace, gid, ocsf, ${KEYS.join(", ")} FROM events_ocsf WHERE workspace < '4'`),
  );
  rows = Object.fromEntries(
    Map.groupBy(answer, ([workspace]) => String(workspace))
      .entries()
      .map(([workspace, found]) => [
        workspace,
        found.map(([, gid, ocsf, ...keys]) => ({ gid: gid as string | null, event: JSON.parse(ocsf as string), keys })),
      ]),
  );
});
afterAll(() => sql.close());

const ocsfOf = (gid: string): Json => structuredClone(rows["1"]!.find((row) => row.gid === gid)!.event);

describe("the types", () => {
  it("are all that are known, each once", async () => {
    const types = (await plainRows(await sql.query("SELECT event_type FROM ocsf_types"))).flat();
    expect(types.toSorted()).toEqual([...EVENT_TYPES.keys()].toSorted());
  });

  it("each give an event that OCSF's schema finds no fault with, whether the source says much or nothing", () => {
    expect(rows["1"]!.length).toBe(ofEveryType.length + singles.length);
    expect(rows["1"]!.flatMap(({ gid, event }) => faultsOf(event).map((fault) => `${gid}: ${fault}`))).toEqual([]);
  });

  it("have in the columns what is in the JSON", () => {
    for (const { event, keys } of rows["1"]!) expect(keys).toEqual(KEYS.map((name) => event[name]));
  });
});

describe("an event", () => {
  it("that is a failed sign-in names who was to sign in, from where and how", () => {
    expect(ocsfOf("failed")).toEqual({
      metadata: {
        version: "1.8.0",
        product: { name: "Asana", vendor_name: "Asana", feature: { name: "logins" } },
        uid: "failed",
        event_code: "user_login_failed",
        original_time: AT,
        tenant_uid: "1",
      },
      time: AT_MS,
      ...{
        category_uid: 3,
        category_name: "Identity & Access Management",
        class_uid: 3002,
        class_name: "Authentication",
      },
      ...{ activity_id: 1, activity_name: "Logon", type_uid: 300201, severity_id: 1, severity: "Informational" },
      ...{ status_id: 2, status: "Failure", service: { name: "Asana" }, auth_protocol_id: 5, auth_protocol: "SAML" },
      actor: { user: { name: "anonymous", type_id: 99, type: "anonymous" } },
      user: { uid: "22", name: "Bob", email_addr: "bob@example.com", type_id: 1, type: "User" },
      src_endpoint: { ip: "203.0.113.7" },
      http_request: { user_agent: "Mozilla/5.0" },
      unmapped: { resource_type: "user", context_type: "web", details: { method: ["SAML"] } },
      raw_data: JSON.stringify(singles[3]),
    });
  });

  it("that changed a setting names the setting, the same for every change of it, and both values", () => {
    expect(ocsfOf("setting")).toMatchObject({
      type_uid: 300403,
      actor: { user: { uid: "11", name: "Jane", type_id: 4, type: "Service" } },
      entity: {
        name: "workspace_default_session_duration",
        type_id: 5,
        type: "Policy",
        data: { old_value: "14 days", new_value: "never" },
      },
      unmapped: { resource_gid: "1201", resource_name: "Acme", resource_type: "workspace" },
    });
  });

  it("of a type that is not known is a Base Event, and loses nothing", () => {
    expect(ocsfOf("new")).toMatchObject({
      metadata: { event_code: "robot_hired", profiles: ["host"] },
      ...{ category_uid: 0, class_uid: 0, activity_id: 99, activity_name: "robot_hired", type_uid: 99, status_id: 0 },
      actor: { user: { name: "asana", type_id: 3 } },
      unmapped: { client_ip_address: "203.0.113.7", user_agent: "Mozilla/5.0" },
      raw_data: JSON.stringify(singles[0]),
    });
    expect(ocsfOf("none")).toMatchObject({ class_uid: 0, activity_id: 0, activity_name: "Unknown" });
  });

  it("keeps every value of the source in a place of its own, and as it is", () => {
    const without = ({ raw_data: _, ...event }: Record<string, unknown>) => JSON.stringify(event);
    for (const { gid, actor, resource, details, context } of ofEveryType.filter((event) => "actor" in event)) {
      const text = without(ocsfOf(gid));
      const { actor_type: _, ...named } = actor!;
      const values = [...Object.values({ ...named, ...resource, ...context }), ...Object.values(details!)];
      const lost = values
        .filter((value) => !text.includes(JSON.stringify(String(value))))
        .filter((value) => !Array.isArray(value));
      expect([gid, lost]).toEqual([gid, []]);
    }
  });

  it("without a readable time has that of its day's start, and what the source wrote", () => {
    expect(ocsfOf("odd")).toMatchObject({ time: Date.parse("2021-10-07"), metadata: { original_time: "who knows" } });
  });

  it("is read from its day alone", async () => {
    const before = sql.filesRead().length;
    await plainRows(await sql.query("SELECT ocsf FROM events_ocsf WHERE dt = '2026-05-02' AND workspace = '4'"));
    expect(
      sql
        .filesRead()
        .slice(before)
        .map((key) => key.split("/")[1]),
    ).toEqual(["workspace=4"]);
  });
});

it("whatever a line holds, its event is valid JSON with the line in it, and has all that OCSF requires", () => {
  const lines = new Set([...hostile.map(({ event }) => event.line.toString()), ...JUNK]);
  expect(rows["2"]!.length).toBe(lines.size);
  for (const { gid, event } of rows["2"]!) {
    lines.delete(event["raw_data"]);
    expect(event["metadata"].uid ?? null).toBe(gid);
    // An address is copied, whether it is one or not.
    expect(faultsOf(event).filter((fault) => !/ is no (ip|address): /.test(fault))).toEqual([]);
  }
  expect([...lines]).toEqual([]);
});

it("details that are JSON for DuckDB alone are left to raw_data", () => {
  const found = Object.fromEntries(rows["3"]!.map(({ event }) => [event["raw_data"], event["unmapped"]]));
  expect(found).toEqual({
    [loose[0]!]: undefined,
    [loose[1]!]: undefined,
    [loose[2]!]: { details: { a: 'NaN " inf' } },
  });
});

describe("the judge of these tests finds", () => {
  it.each<[string, (event: Record<string, unknown>) => void, string]>([
    ["what is missing", (event) => delete event["user"], "user is missing"],
    ["what the class lacks", (event) => Object.assign(event, { file: {} }), "file is no attribute"],
    ["one of several", (event) => delete event["service"], " lacks service,dst_endpoint"],
    ["another type", (event) => Object.assign(event, { time: AT }), `time is no whole: "${AT}"`],
    ["a number without meaning", (event) => Object.assign(event, { status_id: 7 }), "status_id 7 has no caption"],
    ["another word than the number's", (event) => Object.assign(event, { status: "No" }), "status is No, not Failure"],
    ["a sum that is wrong", (event) => Object.assign(event, { type_uid: 1 }), "type_uid is 1, not 300201"],
  ])("%s", (_, spoil, fault) => {
    const event = ocsfOf("failed");
    spoil(event);
    expect(faultsOf(event)).toEqual([fault]);
  });
});
