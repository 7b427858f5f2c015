/** What each check makes of what was found: all is well, something is not, or nobody can tell. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { concurrencyCheck, identityCheck, regionCheck, stackCheck } from "../../../cli/doctor/account.ts";
import { clockCheck } from "../../../cli/doctor/clock.ts";
import { codeCheck } from "../../../cli/doctor/code.ts";
import { type DoctorFinding, known, unknown } from "../../../cli/doctor/finding.ts";
import { configurationCheck, nodeCheck, proxyCheck } from "../../../cli/doctor/machine.ts";
import { bucketCheck, creationCheck, diskCheck, folderCheck, tokenPlaceCheck } from "../../../cli/doctor/places.ts";
import { keyCheck, lockCheck, policyCheck } from "../../../cli/doctor/protection.ts";
import { READ } from "../../../cli/doctor/readings.ts";
import { lastDrainCheck, lastRescanCheck, lastSealCheck, schedulesCheck } from "../../../cli/doctor/runs.ts";
import { endOfToken, sourceCheck, tokenCheck } from "../../../cli/doctor/token.ts";
import {
  leftOut,
  sealSubscriptionCheck,
  subscriptionCheck,
  type Trail,
  trailCheck,
} from "../../../cli/doctor/watch.ts";
import type { SpanStatus } from "../../../lambda/archive/span-status.ts";
import { type Instant, msToInstant } from "../../../lambda/event/instant.ts";
import { refusal } from "../../../lambda/source/refusal.ts";
import { TransportError } from "../../../lambda/source/transport.ts";

const DENIED = unknown("AWS could not show it", "Run doctor as the auditor");
const wrong = { kind: "misconfigured", message: "it is wrong", advice: "Mend it" };
const away = { kind: "unavailable", message: "it did not answer", advice: "Run again" };

const NOW = Date.parse("2026-11-28T12:00:00Z");
const ago = (minutes: number): Instant => msToInstant(NOW - minutes * 60_000);

const spans = (drainedAt: Instant | null, recentUntil: Instant | null, overdueHours = 0): SpanStatus => ({
  toRead: [
    {
      purpose: "settled",
      count: 2,
      from: ago(5_000),
      until: ago(4_000),
      dueSince: ago(overdueHours * 60),
      dueForMs: overdueHours * 3_600_000,
    },
  ],
  doubted: [],
  unreadable: [],
  lost: [],
  scheduled: { recentUntil, settledThrough: null, agedThrough: null },
  drainedAt,
});
const runs = (found: SpanStatus | null) => known({ workspace: "1201", spans: found, now: NOW, everyMinutes: 10 });

const asked = (answer: object, endsAt: number | null = null) =>
  known({ kind: "asked", workspace: "1201", answer, endsAt, now: NOW } as never);
const page = { kind: "page", events: [], offset: null, servedAt: null };

const trail = (changes: Partial<Trail>): Trail => ({
  name: "all-of-it",
  isOfRegion: true,
  isLogging: true,
  leavesOut: [],
  ...changes,
});

const lock = { mode: "GOVERNANCE", days: 2557 };
const policy = { Statement: [{ Effect: "Deny", Principal: "*", Action: ["s3:DeleteObject"] }] };
const inForce = '{"Statement":[{"Action":"s3:DeleteObject","Principal":{"AWS":"*"},"Effect":"Deny"}]}';
const key = { id: "1-2", description: "archive", deletedAt: null };
const reached = { host: "app.asana.com", through: null, tookMs: 120 };
const folder = { what: "archive", path: "./archive", isThere: true, failure: null };
const two = { whose: "AWS", ours: NOW };

/** Of each check: what is well, what is not, and what cannot be told. */
const CHECKS: Readonly<
  Record<string, readonly [ok: DoctorFinding[], notOk: DoctorFinding[], cannotTell: DoctorFinding[]]>
> = {
  node: [
    [nodeCheck(known("24.21.0")), nodeCheck(known("22.18.0"))],
    [nodeCheck(known("22.17.9")), nodeCheck(known("20.20.2"))],
    [nodeCheck(known("unheard of"))],
  ],
  configuration: [
    [
      configurationCheck(known({ file: "c.json", ignored: [], failure: null })),
      configurationCheck(known({ file: null, ignored: [], failure: null })),
    ],
    [
      configurationCheck(known({ file: null, ignored: [], failure: wrong })),
      configurationCheck(known({ file: null, ignored: ["ASANA_AUDIT_X has no effect."], failure: null })),
    ],
    [configurationCheck(known({ file: null, ignored: [], failure: away }))],
  ],
  proxy: [
    [proxyCheck(known({ host: null, failure: null })), proxyCheck(known({ host: "proxy:3128", failure: null }))],
    [proxyCheck(known({ host: null, failure: wrong }))],
    [proxyCheck(unknown("nobody asked", "Ask"))],
  ],
  "archive folder": [
    [folderCheck(known({ ...folder, mode: 0o40700 })), folderCheck(known({ ...folder, isThere: false, mode: null }))],
    [
      folderCheck(known({ ...folder, mode: 0o40750 })),
      folderCheck(known({ ...folder, mode: 0o40701 })),
      folderCheck(known({ ...folder, mode: 0o40700, failure: wrong })),
    ],
    [
      folderCheck(known({ ...folder, mode: null })),
      folderCheck(unknown("no archive is named", "Add --archive"), "archive folder"),
    ],
  ],
  "token file": [
    [
      tokenPlaceCheck(known({ from: "./token", mode: 0o100600, failure: null })),
      tokenPlaceCheck(known({ from: "./token", mode: 0o100400, failure: null })),
      tokenPlaceCheck(known({ from: "ASANA_TOKEN", mode: null, failure: null })),
    ],
    [
      tokenPlaceCheck(known({ from: "./token", mode: 0o100640, failure: null })),
      tokenPlaceCheck(known({ from: "./token", mode: 0o100604, failure: null })),
      tokenPlaceCheck(known({ from: "./token", mode: 0o100600, failure: wrong })),
    ],
    [tokenPlaceCheck(known({ from: "./token", mode: 0o100600, failure: away }))],
  ],
  "disk space": [
    [diskCheck(known({ path: "/", freeBytes: 1e9 }))],
    [diskCheck(known({ path: "/", freeBytes: 1e9 - 1 }))],
    [diskCheck(known({ path: "/", freeBytes: Number.NaN }))],
  ],
  "archive bucket": [
    [bucketCheck(known({ place: "s3://bucket", failure: null }))],
    [bucketCheck(known({ place: "s3://bucket", failure: wrong }))],
    [bucketCheck(known({ place: "s3://bucket", failure: away }))],
  ],
  "conditional creation": [
    [creationCheck(known({ place: "s3://bucket", failure: null }))],
    [creationCheck(known({ place: "s3://bucket", failure: wrong }))],
    [creationCheck(known({ place: "s3://bucket", failure: away }))],
  ],
  source: [
    [sourceCheck(known({ ...reached, error: null })), sourceCheck(known({ ...reached, through: "p", error: null }))],
    (["refused", "no-such-host", "proxy", "timeout", "tls"] as const).map((fault) =>
      sourceCheck(known({ ...reached, error: new TransportError(fault, "why") })),
    ),
    (["reset", "truncated"] as const).map((fault) =>
      sourceCheck(known({ ...reached, error: new TransportError(fault, "why") })),
    ),
  ],
  "token of 1201": [
    [
      tokenCheck(asked(page)),
      tokenCheck(asked(page, NOW + 15 * 86_400_000)),
      tokenCheck(known({ kind: "drained", workspace: "1201", agoMs: 60_000 })),
    ],
    [
      tokenCheck(asked(page, NOW + 13 * 86_400_000)),
      tokenCheck(asked({ kind: "unauthorized", error: refusal(401, "") })),
      ...[402, 403, 404, 451].map((status) => tokenCheck(asked({ kind: "failed", error: refusal(status, "") }))),
      tokenCheck(known({ kind: "none", workspace: "1201", failure: wrong })),
    ],
    [
      tokenCheck(asked({ kind: "retryable", what: "failed (503)" })),
      tokenCheck(asked({ kind: "too-large" })),
      tokenCheck(DENIED, "token of 1201"),
    ],
  ],
  clock: [
    [clockCheck(known({ ...two, theirs: NOW - 1_500 })), clockCheck(known({ ...two, theirs: NOW + 59_000 }))],
    [clockCheck(known({ ...two, theirs: NOW - 61_000 })), clockCheck(known({ ...two, theirs: NOW + 61_000 }))],
    [clockCheck(unknown("AWS sent no time", "Run again"))],
  ],
  region: [
    [regionCheck(known("eu-central-1"))],
    [regionCheck(known(null))],
    [regionCheck(unknown("the profile cannot be read", "Read it"))],
  ],
  identity: [
    [identityCheck(known({ arn: "arn:aws:sts::1:assumed-role/a/b", failure: null }))],
    [identityCheck(known({ arn: "", failure: wrong }))],
    [identityCheck(known({ arn: "", failure: away }))],
  ],
  stack: [
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"].map((status) => stackCheck(stackIs(status))),
    [null, "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "DELETE_COMPLETE"].map((status) =>
      stackCheck(stackIs(status)),
    ),
    [stackCheck(stackIs("UPDATE_IN_PROGRESS")), stackCheck(DENIED, "stack")],
  ],
  "code of the archiver": [
    [codeCheck(known({ name: "archiver", version: "1.2.3", deployed: "ab", ours: "ab" }))],
    [codeCheck(known({ name: "archiver", version: "1.2.3", deployed: "ab", ours: "cd" }))],
    [codeCheck(DENIED, "code of the archiver")],
  ],
  "quota of concurrent runs": [
    [
      concurrencyCheck(known({ workspaces: 1, unreserved: 2, reserved: null })),
      concurrencyCheck(known({ workspaces: 1, unreserved: 0, reserved: 2 })),
    ],
    [
      concurrencyCheck(known({ workspaces: 10, unreserved: 10, reserved: null })),
      concurrencyCheck(known({ workspaces: 2, unreserved: 900, reserved: 2 })),
    ],
    [concurrencyCheck(DENIED)],
  ],
  lock: [
    [
      lockCheck(known({ bucket: "b", found: lock, deployed: lock })),
      lockCheck(known({ bucket: "b", found: lock, deployed: null })),
    ],
    [
      lockCheck(known({ bucket: "b", found: null, deployed: lock })),
      lockCheck(known({ bucket: "b", found: { ...lock, days: 30 }, deployed: lock })),
      lockCheck(known({ bucket: "b", found: lock, deployed: { ...lock, mode: "COMPLIANCE" } })),
    ],
    [lockCheck(DENIED)],
  ],
  "key 1-2": [
    [keyCheck(known({ ...key, state: "Enabled" }))],
    [
      keyCheck(known({ ...key, state: "Disabled" })),
      keyCheck(known({ ...key, state: "PendingDeletion", deletedAt: new Date(NOW) })),
    ],
    [keyCheck(known({ ...key, state: "Updating" })), keyCheck(DENIED, "key 1-2")],
  ],
  "policy of bucket b": [
    [policyCheck(known({ of: "bucket b", inForce, deployed: policy }))],
    [
      policyCheck(known({ of: "bucket b", inForce: null, deployed: policy })),
      policyCheck(known({ of: "bucket b", inForce: '{"Statement":[]}', deployed: policy })),
    ],
    [policyCheck(DENIED, "policy of bucket b")],
  ],
  schedules: [
    [schedulesCheck(schedulesAre(["drain"], { drain: "ENABLED", another: "DISABLED" }))],
    [
      schedulesCheck(schedulesAre(["drain", "rescan"], { drain: "ENABLED" })),
      schedulesCheck(schedulesAre(["drain"], { drain: "DISABLED" })),
    ],
    [schedulesCheck(schedulesAre([], {})), schedulesCheck(DENIED)],
  ],
  "last drain of 1201": [
    [lastDrainCheck(runs(spans(ago(30), null)))],
    [lastDrainCheck(runs(spans(ago(31), null))), lastDrainCheck(runs(null))],
    [lastDrainCheck(runs(spans(null, null))), lastDrainCheck(DENIED, "last drain of 1201")],
  ],
  "last rescan of 1201": [
    [lastRescanCheck(runs(spans(null, ago(180)))), lastRescanCheck(runs(spans(null, ago(60), 24)))],
    [
      lastRescanCheck(runs(spans(null, ago(181)))),
      lastRescanCheck(runs(spans(null, ago(60), 25))),
      lastRescanCheck(runs(null)),
    ],
    [lastRescanCheck(runs(spans(ago(1), null))), lastRescanCheck(DENIED, "last rescan of 1201")],
  ],
  "last seal of 1201": [
    [lastSealCheck(sealed(3 * 1_440))],
    [lastSealCheck(sealed(3 * 1_440 + 1)), lastSealCheck(known({ workspace: "1201", sealedAt: null, now: NOW }))],
    [lastSealCheck(DENIED, "last seal of 1201")],
  ],
  "subscriptions to seals": [
    [
      sealSubscriptionCheck(known([])),
      sealSubscriptionCheck(known([{ endpoint: "a@example.com", isConfirmed: true }])),
    ],
    [sealSubscriptionCheck(known([{ endpoint: "b@example.com", isConfirmed: false }]))],
    [sealSubscriptionCheck(DENIED)],
  ],
  "alarm subscriptions": [
    [subscriptionCheck(known([{ endpoint: "a@example.com", isConfirmed: true }]))],
    [
      subscriptionCheck(known([])),
      subscriptionCheck(
        known([
          { endpoint: "a@example.com", isConfirmed: true },
          { endpoint: "b@example.com", isConfirmed: false },
        ]),
      ),
    ],
    [subscriptionCheck(DENIED)],
  ],
  "trail for the tripwire": [
    [trailCheck(known([trail({ isLogging: false }), trail({})]))],
    [
      trailCheck(known([])),
      trailCheck(known([trail({ isOfRegion: false })])),
      trailCheck(known([trail({ isLogging: false, leavesOut: null })])),
      trailCheck(known([trail({ leavesOut: ["events of KMS"] })])),
    ],
    [trailCheck(known([trail({ isLogging: null })])), trailCheck(known([trail({ leavesOut: null })]))],
  ],
};

function sealed(minutesAgo: number) {
  return known({ workspace: "1201", sealedAt: NOW - minutesAgo * 60_000, now: NOW });
}

function stackIs(status: string | null) {
  return known({ name: "AsanaAuditArchive", region: "eu-central-1", status });
}

function schedulesAre(deployed: readonly string[], states: Readonly<Record<string, string>>) {
  return known({ deployed, states: new Map(Object.entries(states)) });
}

describe.each(Object.entries(CHECKS))("%s", (check, [well, bad, hidden]) => {
  it("is ok, is not, or cannot be told", () => {
    const verdicts = (findings: readonly DoctorFinding[]) =>
      findings.map((finding) => [finding.check, finding.verdict]);
    expect(verdicts(well)).toEqual(well.map(() => [check, "ok"]));
    expect(verdicts(bad)).toEqual(bad.map(() => [check, "not ok"]));
    expect(verdicts(hidden)).toEqual(hidden.map(() => [check, "cannot tell"]));
  });

  it("has a cure unless it is ok, which is one sentence and names a document", () => {
    for (const { cure } of well) expect(cure).toBeNull();
    for (const { cure } of [...bad, ...hidden]) {
      expect(cure).toMatch(/^[A-Z].*[^.] \(docs\/[a-z]+\.md, ".+"\)\.$/);
    }
    for (const { found } of [...well, ...bad, ...hidden]) expect(found).toMatch(/^.+[^.\n]$/);
  });
});

it.each(Object.values(READ))("what a cure refers to is there: %s", (reading) => {
  const [, document = "", heading = ""] = /^(.+), "(.+)"$/.exec(reading) ?? [];
  const text = readFileSync(join(import.meta.dirname, "../../..", document), "utf8");
  expect(text.split("\n").filter((line) => line.startsWith("#"))).toContainEqual(
    expect.stringMatching(new RegExp(`^#+ ${heading}$`)),
  );
});

describe("the end of a token", () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

  it("is what a JSON web token says, and unknown of any other", () => {
    expect(endOfToken(`${encode({ alg: "none" })}.${encode({ exp: 1_800_000_000 })}.c2ln`)).toBe(1_800_000_000_000);
    expect(endOfToken(`${encode({ alg: "none" })}.${encode({})}.c2ln`)).toBeNull();
    for (const token of ["2/1201/1202:0123456789abcdef", "a.b.c", ""]) expect(endOfToken(token)).toBeNull();
  });
});

describe("what a trail leaves out", () => {
  const advanced = (...fields: object[]) => ({
    AdvancedEventSelectors: [{ FieldSelectors: [{ Field: "eventCategory", Equals: ["Management"] }, ...fields] }],
  });

  it.each([
    ["nothing, by basic selectors", { EventSelectors: [{ ReadWriteType: "All", IncludeManagementEvents: true }] }, []],
    [
      "nothing, by two of them",
      { EventSelectors: [{ ReadWriteType: "ReadOnly" }, { ReadWriteType: "WriteOnly" }] },
      [],
    ],
    ["reads", { EventSelectors: [{ ReadWriteType: "WriteOnly" }] }, ["read events"]],
    ["KMS", { EventSelectors: [{ ExcludeManagementEventSources: ["kms.amazonaws.com"] }] }, ["events of KMS"]],
    [
      "everything, where only data is recorded",
      { EventSelectors: [{ IncludeManagementEvents: false }] },
      ["read events", "write events", "events of KMS"],
    ],
    ["nothing, by an advanced selector", advanced(), []],
    ["reads, by an advanced selector", advanced({ Field: "readOnly", Equals: ["false"] }), ["read events"]],
    ["writes, by an advanced selector", advanced({ Field: "readOnly", Equals: ["true"] }), ["write events"]],
    [
      "KMS, by an advanced selector",
      advanced({ Field: "eventSource", NotEquals: ["kms.amazonaws.com", "rdsdata.amazonaws.com"] }),
      ["events of KMS"],
    ],
  ])("%s", (_, selectors, expected) => {
    expect(leftOut(selectors)).toEqual(expected);
  });
});
