import { describe, expect, it } from "vitest";
import { verify } from "../../lambda/archive/verify.ts";
import { coverageKey } from "../../lambda/coverage/coverage-key.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { shiftDay } from "../../lambda/event/instant.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { printPublicKeyFile } from "../../lambda/seal/note.ts";
import { publicKeyKey, sealKey } from "../../lambda/seal/seal-key.ts";
import { changeSealingKey, sealWorkspace } from "../../lambda/seal/sealer.ts";
import { stampKey } from "../../lambda/seal/stamp-key.ts";
import { EMPTY_ROOT } from "../../lambda/seal/text.ts";
import { NO_TRUST } from "../../lambda/seal/verify-seals.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { sha256 } from "../segment/forge.ts";
import { codec, readLines, sampleEvent, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { keyOfSigner } from "./sample-chain.ts";
import { rootOfLines } from "./sample-seal.ts";
import {
  chainOf,
  countRequests,
  depsAt,
  describeSeals,
  type Objects,
  putLog,
  putLook,
  sealAt,
  sealsOf,
  segmentsOf,
  unreadAll,
} from "./sealed-archive.ts";
import { testSigner } from "./signers.ts";

const FIRST = "2026-05-01";
const day = (index: number): string => shiftDay(FIRST, index);
const noSignal = () => new AbortController().signal;

/** Three days, the second quiet, each looked at. */
async function threeDays(): Promise<Objects> {
  const objects: Objects = new Map();
  await putLog(objects, day(0), 5, 4);
  await putLog(objects, day(2), 3);
  for (const index of [0, 1, 2]) putLook(objects, day(index));
  return objects;
}

describe("what is due", () => {
  it("each settled day is sealed in its order, quiet days too, and matches its log and its look", async () => {
    const objects = await threeDays();
    const report = await sealAt(objects, day(4));
    expect(describeSeals(objects)).toEqual([
      `1 day ${day(0)} 9 in 2 complete`,
      `2 day ${day(1)} 0 in 0 complete`,
      `3 day ${day(2)} 3 in 1 complete`,
    ]);
    const chain = chainOf(objects);
    expect([chain.violations, chain.untold]).toEqual([[], []]);
    expect(report).toEqual({
      workspace: WORKSPACE,
      sealed: chain.seals.map(({ number, sha256, file: { seal } }) => {
        return { number, sha256, day: seal.day, sealed: seal.sealed };
      }),
      newest: { number: 3, sha256: chain.seals[2]!.sha256, day: day(2), sealed: `${day(4)}T12:00:00Z` },
      dueDays: 1,
      incompleteDays: [],
      doubledDays: [],
      halted: null,
    });
    const [busy, quiet] = sealsOf(objects);
    const lines = await Promise.all(segmentsOf(objects, day(0)).map((key) => readLines(objects.get(key)!)));
    expect(busy!.root).toBe(rootOfLines(lines.flat().map((line) => Buffer.from(line))).toString("hex"));
    expect(busy).toMatchObject({
      oldest: `${day(0)}T00:00:00.000Z`,
      newest: `${day(0)}T00:00:08.000Z`,
      source: { seen: 9, had: 9, added: 0, gone: 0 },
    });
    expect(busy).toMatchObject({
      looked: { began: `${day(1)}T06:05:00Z`, ended: `${day(1)}T06:05:03Z` },
      sealed: `${day(4)}T12:00:00Z`,
    });
    expect(quiet).toMatchObject({ root: EMPTY_ROOT, manifest: null, oldest: null, newest: null });
  });

  it("a day is not sealed before it is settled, nor before somebody has looked", async () => {
    const objects = await threeDays();
    await sealAt(objects, `${day(1)}T05:59:59Z`);
    expect(describeSeals(objects)).toEqual([]);
    await sealAt(objects, `${day(1)}T06:00:00Z`);
    expect(describeSeals(objects).length).toBe(1);
    objects.delete(coverageKey({ workspace: WORKSPACE, day: day(1), number: 1 }));
    expect(await sealAt(objects, day(4))).toMatchObject({ sealed: [], dueDays: 3 });
  });

  it("a day that nobody looked at is sealed with its gap a week later, and those after it then", async () => {
    const objects = await threeDays();
    objects.delete(coverageKey({ workspace: WORKSPACE, day: day(1), number: 1 }));
    await sealAt(objects, `${day(9)}T05:00:00Z`);
    expect(describeSeals(objects).length).toBe(1);
    expect(await sealAt(objects, day(9))).toMatchObject({ incompleteDays: [day(1)] });
    expect(describeSeals(objects).slice(1)).toEqual([
      `2 day ${day(1)} 0 in 0 incomplete`,
      `3 day ${day(2)} 3 in 1 complete`,
    ]);
    expect(sealsOf(objects)[1]!.gaps).toEqual([
      { from: `${day(1)}T00:00:00.000Z`, until: `${day(2)}T00:00:00.000Z`, reason: "scan-incomplete" },
    ]);
  });

  it("a look that did not come to its end says which part is missing, and why", async () => {
    const objects = await threeDays();
    objects.delete(coverageKey({ workspace: WORKSPACE, day: day(1), number: 1 }));
    const unread = [[`${day(1)}T01:00:00.000Z`, `${day(1)}T02:00:00.000Z`]] as unknown as [Instant, Instant][];
    putLook(objects, day(1), { complete: false, reason: "source-refused", unread });
    expect(await sealAt(objects, day(9))).toMatchObject({ incompleteDays: [day(1)] });
    expect(sealsOf(objects)[1]).toMatchObject({
      state: "incomplete",
      coverage: { number: 1 },
      looked: null,
      gaps: [{ from: unread[0]![0], until: unread[0]![1], reason: "source-refused" }],
    });
  });

  it("an archive that nobody ever looked at is sealed as that, from its last day that has waited", async () => {
    const objects: Objects = new Map();
    for (const index of [0, 1, 3]) await putLog(objects, day(index), 2);
    // What was before the first look is nobody's fault today.
    expect(await sealAt(objects, day(9))).toMatchObject({ incompleteDays: [] });
    expect(describeSeals(objects)).toEqual([`1 day ${day(1)} 2 in 1 incomplete`, `2 late ${day(0)} 2 in 1 incomplete`]);
    expect(sealsOf(objects)[0]!.gaps[0]!.reason).toBe("before-first-scan");
    await sealAt(objects, day(11));
    expect(describeSeals(objects).slice(2)).toEqual([
      `3 day ${day(2)} 0 in 0 incomplete`,
      `4 day ${day(3)} 2 in 1 incomplete`,
    ]);
  });

  it("days before the first look are sealed late, and so is the odd day", async () => {
    const objects = await threeDays();
    await putLog(objects, day(-40), 2);
    await putLog(objects, day(-200), 2);
    for (const { key, bytes } of await sampleLog([[sampleEvent("odd", "yesterday")]])) objects.set(key, bytes);
    await sealAt(objects, day(4));
    expect(describeSeals(objects)).toEqual([
      `1 day ${day(0)} 9 in 2 complete`,
      "2 late 2021-10-07 1 in 1 incomplete",
      `3 late ${day(-200)} 2 in 1 incomplete`,
      `4 late ${day(-40)} 2 in 1 incomplete`,
      `5 day ${day(1)} 0 in 0 complete`,
      `6 day ${day(2)} 3 in 1 complete`,
    ]);
    expect(chainOf(objects).violations).toEqual([]);
  });

  it("an archive without an event or a look has nothing to seal", async () => {
    expect(await sealAt(new Map(), day(4))).toEqual({
      workspace: WORKSPACE,
      sealed: [],
      newest: null,
      dueDays: 0,
      incompleteDays: [],
      doubledDays: [],
      halted: null,
    });
  });

  it("a year of days is sealed in one run", async () => {
    const objects: Objects = new Map();
    for (let index = 0; index < 365; index += 1) putLook(objects, day(index));
    await putLog(objects, day(300), 3, 3);
    const report = await sealAt(objects, day(365));
    expect(report).toMatchObject({ dueDays: 0, newest: { number: 365, day: day(364) } });
    expect(chainOf(objects).violations).toEqual([]);
    const { counted, keys } = countRequests(createMemoryArchive(objects));
    expect(await sealAt(objects, day(365), { archive: counted })).toMatchObject({ sealed: [] });
    expect(keys.length).toBeLessThanOrEqual(4);
  });
});

describe("where segments expire", () => {
  const settings = { settledAfterHours: 6, expireAfterDays: 100 };

  it.each([
    ["all of it", 0],
    ["its first segment", 1],
  ])(
    "a day that lost %s before it was sealed is sealed with a gap that says so, and later days as always",
    async (_, left) => {
      const objects = await threeDays();
      for (const key of segmentsOf(objects, day(0)).slice(0, 2 - left)) objects.delete(key);
      await expect(sealAt(objects, day(100), { settings })).rejects.toMatchObject({ kind: "halted" });
      const report = await sealAt(objects, day(101), { settings });
      expect(report.halted).toBeNull();
      expect(report.incompleteDays).toContain(day(0));
      expect(describeSeals(objects).slice(0, 3)).toEqual([
        `1 day ${day(0)} 0 in 0 incomplete`,
        `2 day ${day(1)} 0 in 0 complete`,
        `3 day ${day(2)} 3 in 1 complete`,
      ]);
      const [seal] = sealsOf(objects);
      expect(seal).toMatchObject({ coverage: { number: 1 }, looked: null, source: null });
      expect(seal!.gaps).toEqual([
        { from: `${day(0)}T00:00:00.000Z`, until: `${day(1)}T00:00:00.000Z`, reason: "source-forgot" },
      ]);
      await expect(sealAt(objects, day(103), { settings })).resolves.toMatchObject({ halted: null });
    },
  );

  it("a segment that is missing behind one that is there is damage, however old", async () => {
    const objects = await threeDays();
    objects.delete(segmentsOf(objects, day(0))[1]!);
    await expect(sealAt(objects, day(101), { settings })).rejects.toMatchObject({ kind: "halted" });
  });

  it("what came late to a sealed day is sealed as long as all of the day is there, and keeps nobody waiting after that", async () => {
    const late = async (gone?: number) => {
      const objects = await threeDays();
      await sealAt(objects, day(4), { settings });
      await putLog(objects, day(0), 2);
      if (gone !== undefined) objects.delete(segmentsOf(objects, day(0))[gone]!);
      const { halted } = await sealAt(objects, day(102), { settings, alwaysLooksBack: true });
      expect(halted).toBeNull();
      expect(chainOf(objects).violations).toEqual([]);
      return describeSeals(objects).filter((seal) => seal.includes("late"));
    };
    expect(await late()).toEqual([`4 late ${day(0)} 11 in 3 complete`]);
    expect([await late(0), await late(1)]).toEqual([[], []]);
  });

  it("verify counts such a day as expired, and takes it for a fault where nothing expires", async () => {
    const objects = await threeDays();
    for (const key of segmentsOf(objects, day(0))) objects.delete(key);
    await sealAt(objects, day(101), { settings });
    const verifying = (mayBeExpired: (one: string) => boolean) => {
      const trust = { ...NO_TRUST, keys: [keyOfSigner(testSigner())] };
      return verify({ archive: createMemoryArchive(objects), codec }, { trust, mayBeExpired });
    };
    const expired = await verifying((one) => one === day(0));
    expect([expired.faults, expired.untold]).toEqual([[], []]);
    const quiet = sealsOf(objects).filter(({ size }) => size === 0).length - 1;
    expect(expired.seals).toMatchObject([{ expiredDays: 1, quietDays: quiet }]);
    expect((await verifying(() => false)).faults).toMatchObject([
      { invariant: "I10", key: sealKey(WORKSPACE, 1), message: "counts 0 segments, but look 1 found 2" },
    ]);
  });
});

describe("of a workspace that nobody archives any more", () => {
  const retired = { isRetired: true };

  it("days are sealed up to the last one that was looked at or has events, with nothing waited for, and no further", async () => {
    const objects = await threeDays();
    await putLog(objects, day(4), 2);
    await sealAt(objects, day(2), retired);
    expect(await sealAt(objects, `${day(5)}T06:00:00Z`, retired)).toMatchObject({ dueDays: 0 });
    const sealed = describeSeals(objects);
    expect(sealed.slice(2)).toEqual([
      `3 day ${day(2)} 3 in 1 complete`,
      `4 day ${day(3)} 0 in 0 incomplete`,
      `5 day ${day(4)} 2 in 1 incomplete`,
    ]);
    const { counted, keys } = countRequests(createMemoryArchive(objects));
    expect(await sealAt(objects, day(400), { ...retired, archive: counted })).toMatchObject({ sealed: [], dueDays: 0 });
    expect(keys.length).toBeLessThanOrEqual(6);
    expect(describeSeals(objects)).toEqual(sealed);
  });

  it("what is archived again after all is sealed again, with the days in between", async () => {
    const objects = await threeDays();
    await sealAt(objects, day(9), retired);
    putLook(objects, day(5));
    await sealAt(objects, day(9));
    expect(describeSeals(objects).slice(3)).toEqual([]);
    await sealAt(objects, day(13));
    expect(describeSeals(objects).slice(3)).toEqual([
      `4 day ${day(3)} 0 in 0 incomplete`,
      `5 day ${day(4)} 0 in 0 incomplete`,
      `6 day ${day(5)} 0 in 0 complete`,
    ]);
    expect(chainOf(objects).violations).toEqual([]);
  });
});

describe("what comes after a seal", () => {
  it("more segments are sealed late, once", async () => {
    const objects = await threeDays();
    await sealAt(objects, day(4));
    await putLog(objects, day(0), 2);
    putLook(objects, day(0), { purpose: "aged", had: 9, added: 2 });
    expect(await sealAt(objects, day(4), { alwaysLooksBack: true })).toMatchObject({
      sealed: [{ number: 4, day: day(0) }],
    });
    expect(await sealAt(objects, day(4), { alwaysLooksBack: true })).toMatchObject({ sealed: [] });
    expect(describeSeals(objects).at(-1)).toBe(`4 late ${day(0)} 11 in 3 complete`);
    expect(sealsOf(objects).at(-1)).toMatchObject({ before: 1, coverage: { number: 2 } });
    expect(chainOf(objects).violations).toEqual([]);
  });

  it("more segments of the day sealed last are found in any run, those of other days once a day", async () => {
    const objects = await threeDays();
    await sealAt(objects, `${day(3)}T06:30:00Z`);
    await putLog(objects, day(0), 2);
    expect(await sealAt(objects, `${day(3)}T07:30:00Z`)).toMatchObject({ sealed: [] });
    await putLog(objects, day(2), 2);
    expect((await sealAt(objects, `${day(3)}T08:30:00Z`)).sealed.map((one) => one.day)).toEqual([day(0), day(2)]);
    putLook(objects, day(3));
    await putLog(objects, day(1), 2);
    expect((await sealAt(objects, day(4))).sealed.map((one) => one.day)).toEqual([day(1), day(3)]);
    expect(chainOf(objects).violations).toEqual([]);
  });

  it("a later look that completes a day seals it again without its gap", async () => {
    const objects = await threeDays();
    objects.delete(coverageKey({ workspace: WORKSPACE, day: day(1), number: 1 }));
    putLook(objects, day(1), unreadAll(day(1)));
    await sealAt(objects, day(9));
    putLook(objects, day(1));
    await sealAt(objects, day(9), { alwaysLooksBack: true });
    expect(describeSeals(objects).at(-1)).toMatch(`late ${day(1)} 0 in 0 complete`);
    expect(chainOf(objects).violations).toEqual([]);
  });

  it("a gap only shrinks: what an earlier look had read stays read", async () => {
    const objects = await threeDays();
    const part = (from: string, until: string) => ({
      ...unreadAll(day(1)),
      unread: [[`${day(1)}T${from}:00:00.000Z`, `${day(1)}T${until}:00:00.000Z`]] as never,
    });
    objects.delete(coverageKey({ workspace: WORKSPACE, day: day(1), number: 1 }));
    putLook(objects, day(1), part("01", "04"));
    await sealAt(objects, day(9));
    await putLog(objects, day(1), 1);
    putLook(objects, day(1), part("03", "06"));
    await sealAt(objects, day(9), { alwaysLooksBack: true });
    expect(sealsOf(objects).at(-1)!.gaps).toMatchObject([
      { from: `${day(1)}T03:00:00.000Z`, until: `${day(1)}T04:00:00.000Z` },
    ]);
    await putLog(objects, day(1), 1);
    putLook(objects, day(1), part("08", "09"));
    await sealAt(objects, day(9), { alwaysLooksBack: true });
    expect(sealsOf(objects).at(-1)!.gaps).toMatchObject([{ from: `${day(1)}T03:00:00.000Z` }]);
    expect(chainOf(objects).violations).toEqual([]);
  });

  it("a look that comes while a sealer looks back is named with its own number", async () => {
    const objects = await threeDays();
    await sealAt(objects, day(4));
    putLook(objects, day(0), { purpose: "asked" });
    putLook(objects, day(3));
    const memory = createMemoryArchive(objects);
    const again = coverageKey({ workspace: WORKSPACE, day: day(0), number: 2 });
    let hasCome = false;
    const archive: ArchiveStore = {
      ...memory,
      list: async function* (prefix, startAfter) {
        let isShown = false;
        for await (const object of memory.list(prefix, startAfter)) {
          isShown ||= object.key === again;
          yield object;
        }
        if (!isShown || hasCome) return;
        hasCome = true;
        putLook(objects, day(0), { purpose: "aged" });
      },
    };
    await sealAt(objects, day(5), { archive });
    expect(sealsOf(objects).at(-1)!.again).toMatchObject([{ day: day(0), number: 3 }]);
    const { faults } = await verify(
      { archive: memory, codec },
      { trust: { ...NO_TRUST, keys: [keyOfSigner(testSigner())] } },
    );
    expect(faults).toEqual([]);
  });

  it("a later look that found nothing new is named by the next seal, eight at a time, each once", async () => {
    const objects: Objects = new Map();
    for (let index = 0; index < 12; index += 1) putLook(objects, day(index));
    await sealAt(objects, day(13));
    for (let index = 0; index < 10; index += 1) putLook(objects, day(index), { purpose: "asked" });
    for (const index of [12, 13, 14]) {
      putLook(objects, day(index));
      await sealAt(objects, day(index + 1));
    }
    expect(
      sealsOf(objects)
        .map(({ again }) => again.map((look) => `${look.day} ${look.number}`))
        .slice(12),
    ).toEqual([
      Array.from({ length: 8 }, (_, index) => `${day(index)} 2`),
      [8, 9].map((index) => `${day(index)} 2`),
      [],
    ]);
    expect(chainOf(objects).violations).toEqual([]);
  });
});

it("a time stamp is named by the next seal, once, so that each newer stamp renews the older ones", async () => {
  const objects = await threeDays();
  await sealAt(objects, day(2));
  const [one, two] = [Buffer.from("stamp 1"), Buffer.from("stamp 2")];
  objects.set(stampKey({ workspace: WORKSPACE, seal: 2, authority: 1 }), one);
  await sealAt(objects, day(3));
  objects.set(stampKey({ workspace: WORKSPACE, seal: 3, authority: 1 }), two);
  for (const index of [3, 4]) {
    putLook(objects, day(index));
    await sealAt(objects, day(index + 1));
  }
  expect(sealsOf(objects).map(({ stamps }) => stamps)).toEqual([
    [],
    [],
    [{ seal: 2, sha256: sha256(one) }],
    [{ seal: 3, sha256: sha256(two) }],
    [],
  ]);
});

it("what the sealer has made of late events, quiet days, gaps, later looks and two keys, verify finds good", async () => {
  const objects = await threeDays();
  await putLog(objects, day(-40), 2);
  for (const { key, bytes } of await sampleLog([[sampleEvent("odd", "yesterday")]])) objects.set(key, bytes);
  putLook(objects, day(3), unreadAll(day(3)));
  await sealAt(objects, day(2));
  await putLog(objects, day(0), 2);
  putLook(objects, day(0), { had: 9, added: 2 });
  putLook(objects, day(1), { purpose: "asked" });
  await sealAt(objects, day(11));
  await changeSealingKey(depsAt(objects, day(11)), WORKSPACE, testSigner(1), "rotation", noSignal());
  await putLog(objects, day(4), 1);
  putLook(objects, day(4));
  putLook(objects, day(3));
  await sealAt(objects, day(12), { signer: testSigner(1), alwaysLooksBack: true });
  expect(describeSeals(objects).length).toBe(10);
  const archive = createMemoryArchive(objects);
  const trust = { ...NO_TRUST, keys: [keyOfSigner(testSigner())] };
  const report = await verify({ archive, codec }, { trust });
  expect([report.outcome, report.faults, report.untold]).toEqual(["clean", [], []]);
});

describe("an idle run", () => {
  it.each([`${day(3)}T08:00:00Z`, day(4), day(8)])(
    "at %s makes at most four requests and none of them writes",
    async (at) => {
      const objects = await threeDays();
      await sealAt(objects, `${day(3)}T06:30:00Z`);
      const { counted, keys } = countRequests(createMemoryArchive(objects));
      expect(await sealAt(objects, at, { archive: counted })).toMatchObject({ sealed: [] });
      expect(keys.length).toBeLessThanOrEqual(4);
      expect(keys.filter((key) => key.startsWith("create"))).toEqual([]);
    },
  );
});

it("many late seals at the end of the chain do not keep a run from finding the last day before them", async () => {
  const objects: Objects = new Map();
  for (let index = 1; index <= 40; index += 1) await putLog(objects, day(-index), 1);
  putLook(objects, day(0));
  await sealAt(objects, day(1));
  expect(describeSeals(objects).at(-1)).toBe(`41 late ${day(-1)} 1 in 1 incomplete`);
  putLook(objects, day(1));
  await sealAt(objects, day(2));
  expect(describeSeals(objects).at(-1)).toBe(`42 day ${day(1)} 0 in 0 complete`);
  expect(chainOf(objects).violations).toEqual([]);
});

describe("a sealing", () => {
  it("reads each segment once", async () => {
    const objects = await threeDays();
    const { counted, keys } = countRequests(createMemoryArchive(objects));
    await sealAt(objects, day(4), { archive: counted });
    const read = keys.filter((key) => key.startsWith("get events/"));
    expect(read.length).toBe(3);
    expect(new Set(read).size).toBe(3);
  });

  it("puts the public key beside the archive before the first seal", async () => {
    const objects = await threeDays();
    await sealAt(objects, day(4));
    const key = keyOfSigner(testSigner());
    const place = publicKeyKey(key.keyId);
    expect(objects.get(place)).toEqual(printPublicKeyFile(key));
    expect([...objects.keys()].indexOf(place)).toBeLessThan([...objects.keys()].indexOf(sealKey(WORKSPACE, 1)));
    expect(objects.get(place)!.toString()).toContain("-----BEGIN PUBLIC KEY-----");
  });

  it("stops between two seals when its time is up, and the next run goes on", async () => {
    const objects = await threeDays();
    const { signer, ...deps } = depsAt(objects, day(4));
    const time = new AbortController();
    const sign = async (text: Buffer) => {
      if (text.includes("seal/1 2\n")) time.abort();
      return await signer.sign(text);
    };
    const report = await sealWorkspace({ ...deps, signer: { ...signer, sign } }, WORKSPACE, time.signal);
    expect(report.sealed.length).toBe(2);
    await sealAt(objects, day(4));
    expect(describeSeals(objects).length).toBe(3);
    expect(chainOf(objects).violations).toEqual([]);
  });
});

describe("two sealers at once", () => {
  it("make one chain between them", async () => {
    const objects = await threeDays();
    const reports = await Promise.all([
      sealAt(objects, day(4)),
      sealAt(objects, `${day(4)}T12:00:01Z`),
      sealAt(objects, `${day(4)}T12:00:02Z`),
    ]);
    expect(describeSeals(objects).length).toBe(3);
    expect(chainOf(objects).violations).toEqual([]);
    expect(reports.flatMap(({ sealed }) => sealed).length).toBe(3);
    expect(reports.every(({ newest }) => newest?.number === 3)).toBe(true);
  });
});

describe("a store that does not say what it did", () => {
  it.each([true, false])("is looked at again; whether it had created the seal: %s", async (took) => {
    const objects = await threeDays();
    const archive = createMemoryArchive(objects);
    let asked = 0;
    const create = async (key: string, bytes: Uint8Array) => {
      if (!key.startsWith("seals/") || asked++ > 0) return await archive.create(key, bytes);
      if (took) await archive.create(key, bytes);
      return "unknown" as const;
    };
    const sealing = sealAt(objects, day(4), { archive: { ...archive, create } });
    if (took) expect((await sealing).sealed.length).toBe(3);
    else await expect(sealing).rejects.toMatchObject({ kind: "unavailable" });
    await sealAt(objects, day(4));
    expect(describeSeals(objects).length).toBe(3);
  });

  it("or that fails at any call leaves a chain that the next run continues", async () => {
    const { counted, keys } = countRequests(createMemoryArchive(await threeDays()));
    await sealAt(new Map(), day(4), { archive: counted });
    for (let failing = 0; failing < keys.length; failing += 1) {
      const objects = await threeDays();
      const archive = createMemoryArchive(objects);
      let calls = 0;
      const fail = () => {
        if (calls++ === failing) throw new Error("the process died");
      };
      const broken = {
        ...archive,
        async *list(prefix: string, startAfter?: string) {
          fail();
          yield* archive.list(prefix, startAfter);
        },
        get: async (key: string) => {
          fail();
          return await archive.get(key);
        },
        create: async (key: string, bytes: Uint8Array) => {
          const outcome = await archive.create(key, bytes);
          fail();
          return outcome;
        },
      };
      await expect(sealAt(objects, day(4), { archive: broken })).rejects.toThrow("the process died");
      await sealAt(objects, day(4));
      expect(describeSeals(objects).length).toBe(3);
      expect(chainOf(objects).violations).toEqual([]);
    }
  });
});

describe("nothing is signed unchecked", () => {
  const flip = (objects: Objects, key: string) => {
    const bytes = Buffer.from(objects.get(key)!);
    bytes[bytes.length - 30]! ^= 1;
    objects.set(key, bytes);
  };

  it.each<[string, string, (objects: Objects) => unknown]>([
    ["a damaged segment", "I5", (objects) => flip(objects, segmentsOf(objects, day(3))[0]!)],
    ["a missing segment", "I3", (objects) => objects.delete(segmentsOf(objects, day(3))[0]!)],
    ["a segment fewer than were looked at", "I11", (objects) => objects.delete(segmentsOf(objects, day(3))[1]!)],
    [
      "a damaged look",
      "I11",
      (objects) => flip(objects, coverageKey({ workspace: WORKSPACE, day: day(3), number: 1 })),
    ],
    ["a sealed segment that is gone", "I10", (objects) => objects.delete(segmentsOf(objects, day(0))[1]!)],
    ["a newest seal that was changed", "I9", (objects) => flip(objects, sealKey(WORKSPACE, 3))],
    ["a first seal that was changed", "I9", (objects) => flip(objects, sealKey(WORKSPACE, 1))],
    ["a seal in between that is gone", "I9", (objects) => objects.delete(sealKey(WORKSPACE, 2))],
    ["a first seal that is gone", "I9", (objects) => objects.delete(sealKey(WORKSPACE, 1))],
    ["a seal in between that was changed", "I9", (objects) => flip(objects, sealKey(WORKSPACE, 2))],
  ])("%s halts the sealer (%s)", async (_, invariant, damage) => {
    const objects = await threeDays();
    await putLog(objects, day(3), 2, 2);
    await sealAt(objects, `${day(3)}T06:30:00Z`);
    putLook(objects, day(3));
    await damage(objects);
    const before = objects.size;
    await expect(sealAt(objects, day(4))).rejects.toMatchObject({
      kind: "halted",
      message: expect.stringContaining(`(${invariant})`),
    });
    expect(objects.size).toBe(before);
  });

  it("a late day that is not what was sealed halts the sealer", async () => {
    const objects = await threeDays();
    await sealAt(objects, day(4));
    for (const key of segmentsOf(objects, day(0))) objects.delete(key);
    await putLog(objects, day(0), 4, 5, 2);
    await expect(sealAt(objects, day(4), { alwaysLooksBack: true })).rejects.toMatchObject({
      kind: "halted",
      message: expect.stringContaining("does not match the log"),
    });
  });

  it("an event that is in two lines is told with its line, and the day is sealed as it is: nothing would mend it", async () => {
    const objects = await threeDays();
    const event = sampleEvent("twice", `${day(3)}T01:00:00.000Z`);
    for (const { key, bytes } of await sampleLog([[event], [event]])) objects.set(key, bytes);
    putLook(objects, day(3));
    const told: unknown[] = [];
    const log = (level: string, message: string, fields?: object) => told.push({ level, message, ...fields });
    await expect(sealAt(objects, day(4), { log })).resolves.toMatchObject({ doubledDays: [day(3)], halted: null });
    expect(describeSeals(objects).at(-1)).toBe(`4 day ${day(3)} 2 in 2 complete`);
    expect(told).toContainEqual(
      expect.objectContaining({
        level: "error",
        message: "a sealed day has events in two lines",
        number: 4,
        count: 1,
        key: segmentsOf(objects, day(3))[1],
        line: 1,
      }),
    );
    const trust = { ...NO_TRUST, keys: [keyOfSigner(testSigner())] };
    const { faults } = await verify({ archive: createMemoryArchive(objects), codec }, { trust });
    expect(faults).toMatchObject([{ invariant: "I2", key: segmentsOf(objects, day(3))[1], line: 1 }]);
  });

  it("an answer that is not the key's signature is not stored", async () => {
    const objects = await threeDays();
    const signer = { ...testSigner(), sign: testSigner(1).sign };
    await expect(sealAt(objects, day(4), { signer })).rejects.toMatchObject({
      kind: "halted",
      message: expect.stringContaining("no signature by the key"),
    });
    expect(describeSeals(objects)).toEqual([]);
  });

  it("another key or name than that of the seals is refused", async () => {
    const objects = await threeDays();
    await sealAt(objects, day(2));
    await expect(sealAt(objects, day(4), { signer: testSigner(1) })).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(sealAt(objects, day(4), { archiveName: "other" })).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(
      sealAt(objects, day(4), { archiveName: "other", signer: testSigner(0, "other") }),
    ).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(sealAt(objects, day(4), { archiveName: "a b" })).rejects.toMatchObject({ kind: "misconfigured" });
  });
});

describe("a change of the key", () => {
  const [old, next] = [testSigner(0), testSigner(1)];

  it.each(["rotation", "loss"] as const)("for %s is a seal, after which the new key seals", async (reason) => {
    const objects = await threeDays();
    await sealAt(objects, `${day(1)}T07:00:00Z`);
    const made = await changeSealingKey(depsAt(objects, day(2)), WORKSPACE, next, reason, noSignal());
    expect(made).toMatchObject({ number: 2, day: day(0) });
    await expect(sealAt(objects, day(4))).rejects.toMatchObject({ kind: "misconfigured" });
    await sealAt(objects, day(4), { signer: next });
    const keys = reason === "loss" ? [old, next] : [old];
    const chain = chainOf(objects, keys.map(keyOfSigner));
    expect([chain.violations, chain.untold]).toEqual([[], []]);
    expect(describeSeals(objects)).toEqual([
      `1 day ${day(0)} 9 in 2 complete`,
      "2 key null 0 in 0 complete",
      `3 day ${day(1)} 0 in 0 complete`,
      `4 day ${day(2)} 3 in 1 complete`,
    ]);
    expect(objects.has(publicKeyKey(keyOfSigner(next).keyId))).toBe(true);
  });

  it("needs a seal to hand over from, and a key of the archive's name", async () => {
    const objects = await threeDays();
    await expect(
      changeSealingKey(depsAt(objects, day(2)), WORKSPACE, next, "rotation", noSignal()),
    ).rejects.toMatchObject({ kind: "misconfigured" });
    await sealAt(objects, day(2));
    await expect(
      changeSealingKey(depsAt(objects, day(2)), WORKSPACE, testSigner(1, "other"), "rotation", noSignal()),
    ).rejects.toMatchObject({ kind: "misconfigured" });
  });
});
