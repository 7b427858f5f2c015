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

const hostile = hostileEvents(2_000);
/** What DuckDB alone takes for JSON, and what only looks like it. */
const loose = ['{"details":{"a":NaN}}', '{"details":{"a":[-Infinity,1,]}}', '{"details":{"a":"NaN \\" inf"}}'];

let sql: ArchiveSql;
const rowsOf = async (query: string) => await plainRows(await sql.query(query));

beforeAll(async () => {
  const archive = createMemoryArchive();
  await appendEvents(archive, eventsOf(...ofEveryType, ...singles), "1");
  await appendEvents(archive, eventsOf({ gid: "later", created_at: "2026-05-02T00:00:00.000Z" }), "1");
  const lines = [...hostile.map(({ event }) => event), ...JUNK.map((line) => junkOf(DAY, line))];
  await appendEvents(archive, lines, "2");
  await appendEvents(
    archive,
    loose.map((line) => junkOf(DAY, line)),
    "3",
  );
  sql = await openArchiveSql({ archive });
});
afterAll(() => sql.close());

const ocsfOf = async (gid: string) => {
  const [row] = await rowsOf(`SELECT ocsf FROM events_ocsf WHERE workspace = '1' AND gid = '${gid}'`);
  return JSON.parse(row![0] as string);
};

describe("the types", () => {
  it("are all that are known, each once", async () => {
    const types = (await rowsOf("SELECT event_type FROM ocsf_types")).flat();
    expect(types.toSorted()).toEqual([...EVENT_TYPES.keys()].toSorted());
  });

  it("each give an event that OCSF's schema finds no fault with, whether the source says much or nothing", async () => {
    const rows = await rowsOf("SELECT gid, ocsf FROM events_ocsf WHERE workspace = '1'");
    expect(rows.length).toBe(ofEveryType.length + singles.length + 1);
    const faults = rows.flatMap(([gid, ocsf]) =>
      faultsOf(JSON.parse(ocsf as string)).map((fault) => `${gid}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it("have in the columns what is in the JSON", async () => {
    const names = ["time", "category_uid", "class_uid", "class_name", "activity_id", "activity_name", "type_uid"];
    const all = [...names, "severity_id", "status_id"];
    for (const [ocsf, ...columns] of await rowsOf(`SELECT ocsf, ${all.join(", ")} FROM events_ocsf`)) {
      const event = JSON.parse(ocsf as string);
      expect(columns).toEqual(all.map((name) => event[name]));
    }
  });
});

describe("an event", () => {
  it("that is a failed sign-in names who was to sign in, from where and how", async () => {
    expect(await ocsfOf("failed")).toEqual({
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
      raw_data: JSON.stringify(singles[2]),
    });
  });

  it("that changed a setting names the setting, the same for every change of it, and both values", async () => {
    expect(await ocsfOf("setting")).toMatchObject({
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

  it("of a type that is not known is a Base Event, and loses nothing", async () => {
    expect(await ocsfOf("new")).toMatchObject({
      metadata: { event_code: "robot_hired", profiles: ["host"] },
      ...{ category_uid: 0, class_uid: 0, activity_id: 99, activity_name: "robot_hired", type_uid: 99, status_id: 0 },
      actor: { user: { name: "asana", type_id: 3 } },
      unmapped: { client_ip_address: "203.0.113.7", user_agent: "Mozilla/5.0" },
      raw_data: JSON.stringify(singles[0]),
    });
    expect(await ocsfOf("none")).toMatchObject({ class_uid: 0, activity_id: 0, activity_name: "Unknown" });
  });

  it("keeps every value of the source in a place of its own, and as it is", async () => {
    const without = ({ raw_data: _, ...event }: Record<string, unknown>) => JSON.stringify(event);
    for (const { gid, actor, resource, details, context } of ofEveryType.filter((event) => "actor" in event)) {
      const text = without(await ocsfOf(gid));
      const { actor_type: _, ...named } = actor!;
      const values = [...Object.values({ ...named, ...resource, ...context }), ...Object.values(details!)];
      const lost = values
        .filter((value) => !text.includes(JSON.stringify(String(value))))
        .filter((value) => !Array.isArray(value));
      expect([gid, lost]).toEqual([gid, []]);
    }
  });

  it("is read from its day alone", async () => {
    const archive = createMemoryArchive();
    await appendEvents(
      archive,
      eventsOf(...[1, 2].map((day) => ({ gid: `${day}`, created_at: `2026-05-0${day}T00:00:00.000Z` }))),
    );
    const own = await openArchiveSql({ archive });
    await plainRows(await own.query("SELECT ocsf FROM events_ocsf WHERE dt = '2026-05-02'"));
    expect(own.filesRead().map((key) => key.split("/")[2])).toEqual(["dt=2026-05-02"]);
    await own.close();
  });
});

it("whatever a line holds, its event is valid JSON with the line in it, and has all that OCSF requires", async () => {
  const lines = new Set([...hostile.map(({ event }) => event.line.toString()), ...JUNK]);
  const rows = await rowsOf("SELECT ocsf, gid, dt FROM events_ocsf WHERE workspace = '2'");
  expect(rows.length).toBe(lines.size);
  for (const [ocsf, gid, dt] of rows) {
    const event = JSON.parse(ocsf as string);
    lines.delete(event.raw_data);
    expect(event.metadata.uid ?? null).toBe(gid);
    if (dt === "2021-10-07") expect(event.time).toBeLessThan(Date.parse("2021-10-08"));
    // An address is copied, whether it is one or not.
    expect(faultsOf(event).filter((fault) => !/ is no (ip|address): /.test(fault))).toEqual([]);
  }
  expect([...lines]).toEqual([]);
});

it("details that are JSON for DuckDB alone are left to raw_data", async () => {
  const rows = await rowsOf("SELECT ocsf FROM events_ocsf WHERE workspace = '3'");
  const found = Object.fromEntries(
    rows.map(([ocsf]) => JSON.parse(ocsf as string)).map((event) => [event.raw_data, event.unmapped]),
  );
  expect(found).toEqual({
    [loose[0]!]: undefined,
    [loose[1]!]: undefined,
    [loose[2]!]: { details: { a: 'NaN " inf' } },
  });
});

describe("the judge of these tests finds", () => {
  const good = async () => await ocsfOf("failed");
  it.each<[string, (event: Record<string, unknown>) => void, string]>([
    ["what is missing", (event) => delete event["user"], "user is missing"],
    ["what the class lacks", (event) => Object.assign(event, { file: {} }), "file is no attribute"],
    ["one of several", (event) => delete event["service"], " lacks service,dst_endpoint"],
    ["another type", (event) => Object.assign(event, { time: AT }), `time is no whole: "${AT}"`],
    ["a number without meaning", (event) => Object.assign(event, { status_id: 7 }), "status_id 7 has no caption"],
    ["another word than the number's", (event) => Object.assign(event, { status: "No" }), "status is No, not Failure"],
    ["a sum that is wrong", (event) => Object.assign(event, { type_uid: 1 }), "type_uid is 1, not 300201"],
  ])("%s", async (_, spoil, fault) => {
    const event = await good();
    spoil(event);
    expect(faultsOf(event)).toEqual([fault]);
  });
});
