/**
 * The archive that questions are asked of in tests: a company from the feed, with late events and some planted
 * incidents, and a second workspace that is no longer collected. What it holds is known event for event, so that answers
 * can be computed without SQL.
 */

import { type CompanyOptions, createCompany, eventsOf } from "../../feed/company.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { appendEvents } from "./archive.ts";

export const COLLECTED = "1201";
export const RETIRED = "1202";
/** The days that the questions of tests are about. */
export const SINCE = "2026-05-11";
export const UNTIL = "2026-05-29";
export const HISTORY = "2026-05-01";
export const RANGE = { first: "2026-05-01", last: "2026-05-31" };

/** Days on which nothing happened. */
const SILENT = ["2026-05-20", "2026-05-21"];
const SEGMENTS_A_DAY = 3;

export interface SampleEvent {
  readonly workspace: string;
  readonly event: SourceEvent;
  /** Number of its segment in its day's log. */
  readonly segment: number;
}

export interface Visible {
  readonly event: SourceEvent;
  readonly visibleAtMs: number;
}

/** Every event of the archive once, in the order in which they were archived. */
export function makeSample(): readonly SampleEvent[] {
  return [
    ...inSegments(COLLECTED, [...quietCompanyEvents("collected", 5_000), ...incidents()]),
    ...inSegments(RETIRED, quietCompanyEvents("retired", 1_000)),
  ];
}

export async function writeSample(store: ArchiveStore, sample: readonly SampleEvent[]): Promise<void> {
  for (const workspace of [COLLECTED, RETIRED]) {
    for (let segment = 1; segment <= SEGMENTS_A_DAY; segment++) {
      const batch = sample.filter((known) => known.workspace === workspace && known.segment === segment);
      await appendEvents(
        store,
        batch.map((known) => known.event),
        workspace,
      );
    }
  }
}

function quietCompanyEvents(seed: string, events: number): Visible[] {
  const [fromMs, toMs] = [Date.parse(HISTORY), Date.parse("2026-06-01")];
  const company = { seed, people: 120, fromMs, toMs, events, lateRate: 0.01, lateMaxMs: 20 * HOUR_MS };
  return companyEvents(company).filter(({ event }) => !SILENT.includes(event.day));
}

export const companyEvents = (company: CompanyOptions): Visible[] =>
  [...eventsOf(createCompany(company))].map(({ line, visibleAtMs }) => ({
    event: scanEvent(Buffer.from(line)),
    visibleAtMs,
  }));

const HOUR_MS = 3_600_000;

/** Each event goes into the segment of the third of the day in which it became visible; no segment is left out. */
export function inSegments(workspace: string, events: readonly Visible[]): SampleEvent[] {
  return [...Map.groupBy(events, ({ event }) => event.day).entries()].flatMap(([day, ofDay]) => {
    const placed = ofDay.map(({ event, visibleAtMs }) => {
      const third = Math.floor((visibleAtMs - Date.parse(day)) / ((24 * HOUR_MS) / SEGMENTS_A_DAY));
      return { workspace, event, segment: Math.min(SEGMENTS_A_DAY, third + 1) };
    });
    const used = [...new Set(placed.map(({ segment }) => segment))].sort();
    return placed.map((known) => ({ ...known, segment: used.indexOf(known.segment) + 1 }));
  });
}

const GRETA = { actor_type: "user", gid: "1198000000000001", name: "Greta Lin", email: "greta@example.com" };
const MALLORY = { actor_type: "user", gid: "1198000000000002", name: "Mallory Oak", email: "Mallory@Example.com" };

let planted = 0;
const plant = (createdAt: string, type: string, category: string, more: object): Visible => {
  const gid = String(1_209_000_000_000_000 + planted++);
  const line = sampleEventJson(gid, createdAt, { event_type: type, event_category: category, ...more });
  return { event: scanEvent(Buffer.from(line)), visibleAtMs: Date.parse(createdAt) };
};

const userOf = ({ gid, name, email }: typeof GRETA) => ({ resource_type: "user", gid, name, email });

/** A password guessed, its owner's work deleted and taken away, and the account closed; and one sprayed password. */
function incidents(): Visible[] {
  planted = 0;
  const minute = (index: number) => String(index).padStart(2, "0");
  const failed = { actor: MALLORY, resource: userOf(MALLORY), details: { method: ["PASSWORD"] } };
  return [
    ...Array.from({ length: 7 }, (_, index) =>
      plant(`2026-05-14T02:${minute(index)}:00.000Z`, "user_login_failed", "logins", failed),
    ),
    plant("2026-05-14T02:09:30.000Z", "user_login_succeeded", "logins", {
      ...failed,
      context: { context_type: "web", client_ip_address: "2001:db8::bad", user_agent: "curl/8" },
    }),
    ...Array.from({ length: 25 }, (_, index) =>
      plant(`2026-05-14T02:${minute(15 + index)}:00.500Z`, "task_deleted", "deletion", {
        actor: MALLORY,
        resource: { resource_type: "task", gid: String(1_204_000_000_000_100 + index), name: `Task ${index}` },
      }),
    ),
    plant("2026-05-14T02:50:00.000Z", "workspace_export_started", "content_export", { actor: MALLORY }),
    ...Array.from({ length: 30 }, (_, index) =>
      plant(`2026-05-14T02:52:${minute(index)}.000Z`, "attachment_downloaded", "content_export", { actor: MALLORY }),
    ),
    plant("2026-05-14T09:00:00.000Z", "user_deprovisioned", "user_updates", {
      actor: GRETA,
      resource: userOf(MALLORY),
    }),
    ...Array.from({ length: 6 }, (_, index) =>
      plant(`2026-05-18T03:${minute(index)}:00.000Z`, "user_login_failed", "logins", {
        actor: { actor_type: "anonymous" },
        resource: userOf({ ...GRETA, gid: String(1_198_000_000_000_100 + index), email: `p${index}@example.com` }),
        context: { context_type: "web", client_ip_address: "192.0.2.66", user_agent: "spray" },
      }),
    ),
    plant("2026-05-19T12:00:00.000Z", "project_share_link_enabled", "access_control", {
      resource: { resource_type: "project", gid: "1203000000000001", name: "Secret plan" },
    }),
  ];
}
