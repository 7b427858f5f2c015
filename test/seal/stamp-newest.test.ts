import { hash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { ArchiverError } from "../../lambda/errors.ts";
import { DAY_MS, HOUR_MS } from "../../lambda/event/instant.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { type StampDeps, stampNewest } from "../../lambda/seal/stamp-newest.ts";
import type { WholeSecond } from "../../lambda/seal/text.ts";
import type { TimestampAuthority } from "../../lambda/seal/timestamp-request.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { NEVER } from "../fakes/run.ts";
import { createFakeAuthority, timestampInfo, timestampResponse, unsignedToken } from "../fakes/timestamp-answer.ts";

const WORKSPACE = "1201";
const START = Date.parse("2026-11-21T06:10:04.000Z");
const seal = (number: number) => ({
  number,
  sha256: hash("sha256", `seal ${number}`, "hex"),
  sealed: "2026-11-21T06:10:04Z" as WholeSecond,
});
const keyOf = (number: number, authority: number) =>
  `stamps/workspace=${WORKSPACE}/${String(number).padStart(6, "0")}.${authority}.tsr`;

let nowMs: number;
let objects: Map<string, Buffer>;
let told: string[];
const one = createFakeAuthority("one.example", () => nowMs);
const two = createFakeAuthority("two.example", () => nowMs);
const silent: TimestampAuthority = {
  name: "silent.example",
  async stamp() {
    throw new ArchiverError("unavailable", "the time-stamping authority silent.example did not answer", {
      advice: "Wait.",
    });
  },
};

beforeEach(() => {
  nowMs = START;
  objects = new Map();
  told = [];
  one.asked.length = 0;
  two.asked.length = 0;
});

function stamp(number: number, authorities: TimestampAuthority[], more: Partial<StampDeps> = {}) {
  const deps: StampDeps = {
    archive: createMemoryArchive(objects),
    clock: { now: () => nowMs, sleep: async () => undefined },
    log: (level, message) => told.push(`${level} ${message}`),
    authorities,
    everyDays: 7,
    nonce: () => Buffer.alloc(8, 9),
    ...more,
  };
  return stampNewest(deps, WORKSPACE, seal(number), NEVER);
}

describe("the newest seal", () => {
  it("is stamped by each authority, which is sent its SHA-256, and the answer is stored as it came", async () => {
    const report = await stamp(3, [one, two]);
    expect(report).toEqual({
      stored: [keyOf(3, 1), keyOf(3, 2)],
      failures: [],
      newestAt: "2026-11-21T06:10:04.000Z",
    });
    expect([...objects.keys()]).toEqual(report.stored);
    expect(one.asked[0]?.toString("hex")).toContain(seal(3).sha256);
  });

  it("is stamped again after the days of the setting, a start that is a little early included, and not before", async () => {
    await stamp(3, [one]);
    nowMs += 7 * DAY_MS - 2 * HOUR_MS;
    expect((await stamp(9, [one])).stored).toEqual([]);
    nowMs += HOUR_MS;
    expect(await stamp(10, [one])).toMatchObject({ stored: [keyOf(10, 1)], newestAt: "2026-11-28T05:10:04.000Z" });
  });

  it("is not stamped twice by one authority: where nothing new was sealed, nothing is due", async () => {
    await stamp(3, [one]);
    nowMs += 100 * DAY_MS;
    expect(await stamp(3, [one])).toEqual({ stored: [], failures: [], newestAt: "2026-11-21T06:10:04.000Z" });
    expect(one.asked).toHaveLength(1);
  });

  it("is asked for again in the next run where an authority failed, and by that one alone", async () => {
    const first = await stamp(3, [one, silent]);
    expect(first.stored).toEqual([keyOf(3, 1)]);
    expect(first.failures).toEqual(["the time-stamping authority silent.example did not answer"]);
    expect(told).toContain("warn A seal was not stamped: the time-stamping authority silent.example did not answer.");
    nowMs += DAY_MS;
    expect((await stamp(4, [one, two])).stored).toEqual([keyOf(4, 2)]);
  });

  it("is stamped where the last stamp cannot be read, so that damage does not end the stamping", async () => {
    objects.set(keyOf(2, 1), Buffer.from("damaged"));
    expect((await stamp(3, [one])).stored).toEqual([keyOf(3, 1)]);
  });

  it("costs one list and one read where nothing is due, and nothing at all without an authority", async () => {
    await stamp(3, [one]);
    let requests = 0;
    const archive = createMemoryArchive(objects);
    const counted: ArchiveStore = {
      list: (...from) => {
        requests += 1;
        return archive.list(...from);
      },
      get: (key) => {
        requests += 1;
        return archive.get(key);
      },
      create: archive.create,
    };
    await stamp(4, [one], { archive: counted });
    expect(requests).toBe(2);
    await stamp(4, [], { archive: counted });
    expect(requests).toBe(2);
  });

  it("that another run has stamped meanwhile is left as it is, and an unknown outcome is looked at by the next run", async () => {
    for (const outcome of ["exists", "unknown"] as const) {
      const archive: ArchiveStore = { ...createMemoryArchive(objects), create: async () => outcome };
      expect(await stamp(3, [one], { archive })).toEqual({ stored: [], failures: [], newestAt: null });
    }
  });
});

const answering = (respond: (digest: Buffer, nonce: Buffer) => Buffer): TimestampAuthority => ({
  name: "odd.example",
  stamp: async (request) => respond(request.subarray(24, 56), request.subarray(58, 66)),
});
const time = "20261121061004Z";

describe("not stored is", () => {
  it.each<[string, TimestampAuthority, string]>([
    ["what is no answer", answering(() => Buffer.from("<html>")), "sent what is no answer to a time-stamp request"],
    ["a refusal", answering(() => timestampResponse(2)), "grants no time stamp (PKIStatus 2)"],
    ["an answer without a token", answering(() => timestampResponse(0)), "granted a time stamp and sent none"],
    [
      "a stamp of something else",
      answering((_, nonce) =>
        timestampResponse(0, unsignedToken(timestampInfo({ digest: Buffer.alloc(32), nonce, time }))),
      ),
      "stamped something else than it was sent",
    ],
    [
      "an answer with another nonce",
      answering((digest) =>
        timestampResponse(0, unsignedToken(timestampInfo({ digest, nonce: Buffer.alloc(8, 0x41), time }))),
      ),
      "sent the answer to an earlier request",
    ],
    [
      "an answer without the nonce",
      answering((digest) => timestampResponse(0, unsignedToken(timestampInfo({ digest, time })))),
      "sent the answer to an earlier request",
    ],
    [
      "a stamp that is older than the time in the seal, which shows that one of the two clocks is wrong",
      answering((digest, nonce) => {
        const older = "20261121061003Z";
        return timestampResponse(0, unsignedToken(timestampInfo({ digest, nonce, time: older })));
      }),
      "dated its stamp 2026-11-21T06:10:03.000Z, before seal 3 was made at 2026-11-21T06:10:04Z: one of the two clocks is wrong",
    ],
  ])("%s", async (_, authority, failure) => {
    const report = await stamp(3, [authority]);
    expect(report).toEqual({
      stored: [],
      failures: [`the time-stamping authority odd.example ${failure}`],
      newestAt: null,
    });
    expect(objects.size).toBe(0);
  });
});

it("a run that is stopped stops: its reason is thrown", async () => {
  const stopping = new AbortController();
  const authority: TimestampAuthority = {
    name: "slow.example",
    async stamp() {
      stopping.abort(new Error("stopped"));
      throw new ArchiverError("unavailable", "cut", { advice: "" });
    },
  };
  const deps = { archive: createMemoryArchive(objects), clock: { now: () => nowMs, sleep: async () => undefined } };
  const rest = { log: () => undefined, authorities: [authority], everyDays: 7, nonce: () => Buffer.alloc(8) };
  await expect(stampNewest({ ...deps, ...rest }, WORKSPACE, seal(1), stopping.signal)).rejects.toThrow("stopped");
});
