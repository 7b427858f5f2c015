import { detailsOf, EVENT_TYPES, type TypeFacts } from "./details.ts";
import { type Agent, nextDeed } from "./habits.ts";
import type { Draft } from "./oddities.ts";
import type { Person } from "./people.ts";
import type { Random } from "./random.ts";
import type { Things } from "./things.ts";

/** What an hour's events are made from. */
export interface Company {
  readonly people: readonly Person[];
  readonly things: Things;
}

/** Takes one event: milliseconds after the hour's begin, and what happened. */
export type RecordEvent = (offsetMs: number, draft: Draft) => void;

/** Shares of sessions that are not a person's; most of what is left is staff at work. */
const AGENTS: readonly (readonly [Exclude<Agent, Person["role"]>, number])[] = [
  ["service-account", 0.02],
  ["asana", 0.02],
  ["anonymous", 0.012],
  ["external_administrator", 0.004],
  ["asana_support", 0.001],
];
const ACTORS = {
  "service-account": '{"actor_type":"user","gid":"1195000000000042","name":"Directory sync"}',
  asana: '{"actor_type":"asana"}',
  anonymous: '{"actor_type":"anonymous"}',
  external_administrator: '{"actor_type":"external_administrator"}',
  asana_support: '{"actor_type":"asana_support"}',
} as const;
const CONTEXTS = {
  "service-account":
    '{"context_type":"api","api_authentication_method":"service_account","client_ip_address":"192.0.2.200","user_agent":"okta-scim/3.4 (+https:\\/\\/sync.example)"}',
  asana: '{"context_type":"asana","rule_name":"Clean up after 30 days"}',
  anonymous: '{"context_type":"web","client_ip_address":"198.51.100.99","user_agent":"Mozilla/5.0 (compatible)"}',
  external_administrator: '{"context_type":"api"}',
  asana_support: '{"context_type":"asana_support"}',
} as const;
const LOGIN = EVENT_TYPES.get("user_login_succeeded")!;
const MEMBER_ADDED = EVENT_TYPES.get("project_member_added")!;

/** Fills an hour with exactly `count` events, session by session. */
export function workHour(
  company: Company,
  random: Random,
  pickPerson: (random: Random) => Person,
  span: { readonly lengthMs: number; readonly count: number },
  record: RecordEvent,
): void {
  let left = span.count;
  while (left > 0) {
    const agent = pickAgent(random);
    const events = Math.min(left, sessionLength(random, agent));
    if (agent === null) workSession(company, random, pickPerson(random), span.lengthMs, events, record);
    else otherSession(company, random, agent, span.lengthMs, events, record);
    left -= events;
  }
}

/** An administrator adds hundreds of people to a project with one click: one instant for all of them. */
export function workBurst(
  company: Company,
  random: Random,
  lengthMs: number,
  count: number,
  record: RecordEvent,
): void {
  const admin = company.people[0]!;
  const offsetMs = random.int(lengthMs);
  for (let index = 0; index < count; index++) {
    const user = company.people[index % company.people.length]!;
    record(offsetMs, {
      type: MEMBER_ADDED.name,
      category: MEMBER_ADDED.category,
      actor: admin.actor,
      resource: company.things.resource("project", random.int(company.things.size("project"))),
      details: `{"user":${user.resource}}`,
      context: admin.contexts[0]!,
      more: "",
    });
  }
}

function pickAgent(random: Random): (typeof AGENTS)[number][0] | null {
  let drawn = random.next();
  for (const [agent, share] of AGENTS) {
    drawn -= share;
    if (drawn < 0) return agent;
  }
  return null;
}

function sessionLength(random: Random, agent: Agent | null): number {
  if (agent === "service-account") return 5 + random.int(40);
  return 1 + Math.floor(-5 * Math.log(1 - random.next()));
}

/** Somebody sits down, perhaps logs in, and does things to what they usually work on, seconds to minutes apart. */
function workSession(
  company: Company,
  random: Random,
  person: Person,
  lengthMs: number,
  events: number,
  record: RecordEvent,
): void {
  const context = person.contexts[random.int(random.int(person.contexts.length) + 1)]!;
  let offsetMs = random.int(lengthMs);
  for (let index = 0; index < events; index++) {
    const type = index === 0 && random.chance(0.2) ? LOGIN : nextDeed[person.role](random);
    record(offsetMs, draftOf(company, random, type, person, person.actor, context));
    offsetMs = nextOffset(random, offsetMs, lengthMs, 45_000);
  }
}

/** Machines act many times in a row, milliseconds apart. */
function otherSession(
  company: Company,
  random: Random,
  agent: keyof typeof ACTORS,
  lengthMs: number,
  events: number,
  record: RecordEvent,
): void {
  let offsetMs = random.int(lengthMs);
  for (let index = 0; index < events; index++) {
    const type = nextDeed[agent](random);
    record(offsetMs, draftOf(company, random, type, null, ACTORS[agent], CONTEXTS[agent]));
    offsetMs = nextOffset(random, offsetMs, lengthMs, 40);
  }
}

/** The next moment of a session; if it would be outside of the hour, another moment within it. */
function nextOffset(random: Random, offsetMs: number, lengthMs: number, gapMs: number): number {
  const next = offsetMs + Math.floor(-gapMs * Math.log(1 - random.next()));
  return next < lengthMs ? next : random.int(lengthMs);
}

function draftOf(
  company: Company,
  random: Random,
  type: TypeFacts,
  person: Person | null,
  actor: string,
  context: string,
): Draft {
  return {
    type: type.name,
    category: type.category,
    actor,
    resource: resourceOf(company, random, type, person),
    details: detailsOf(random, type),
    context,
    more: "",
  };
}

/** The resource of an event: the person for a login, otherwise mostly their own work and sometimes a colleague's. */
function resourceOf(company: Company, random: Random, type: TypeFacts, person: Person | null): string {
  const kinds = type.resources;
  const kind = kinds.length === 1 ? kinds[0]! : random.pick(kinds);
  if (kind === "user") {
    const own = person !== null && (type.category === "logins" || type.category === "apps");
    return own ? person.resource : random.pick(company.people).resource;
  }
  const size = company.things.size(kind);
  if (person === null || random.chance(0.2)) return company.things.resource(kind, random.int(size));
  return company.things.resource(kind, (person.index * 37 + random.int(12)) % size);
}
