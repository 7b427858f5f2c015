import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { keysOf as listKeys } from "./keys-of.ts";

/** One store under test, and other instances of it on the same objects, as other processes would have. */
export interface OpenArchive {
  readonly store: ArchiveStore;
  another(): ArchiveStore;
  close(): Promise<void>;
}

/**
 * What every archive store owes its users; run on each adapter. `open` gives an empty archive. Each case works under
 * a prefix of its own, so that one archive serves them all. `pageKeys`: how many keys a page of the store's list holds.
 */
export function archiveContract(name: string, open: () => Promise<OpenArchive>, pageKeys = 50): void {
  describe(`archive store: ${name}`, () => {
    let archive: OpenArchive;
    let store: ArchiveStore;
    let cases = 0;
    const freshPrefix = () => `events/workspace=${++cases}/`;

    beforeAll(async () => {
      archive = await open();
      store = archive.store;
    });
    afterAll(() => archive?.close());

    const keysOf = (prefix: string, startAfter?: string) => listKeys(store, prefix, startAfter);
    const createAll = async (keys: readonly string[]) => {
      for (let from = 0; from < keys.length; from += 16) {
        await Promise.all(keys.slice(from, from + 16).map((key) => store.create(key, Buffer.from(key))));
      }
    };

    describe("create", () => {
      it("makes an object and says so", async () => {
        const key = `${freshPrefix()}dt=2026-05-01/000001.ndjson.gz`;
        expect(await store.create(key, Buffer.from("one"))).toBe("created");
        expect((await store.get(key))?.toString()).toBe("one");
      });

      it("refuses a key that is taken and leaves the object as it was", async () => {
        const key = `${freshPrefix()}taken`;
        await store.create(key, Buffer.from("first"));
        expect(await store.create(key, Buffer.from("second, and longer"))).toBe("exists");
        expect((await store.get(key))?.toString()).toBe("first");
      });

      it("says exists also when the bytes are the same: it does not compare", async () => {
        const key = `${freshPrefix()}same`;
        await store.create(key, Buffer.from("same"));
        expect(await store.create(key, Buffer.from("same"))).toBe("exists");
      });

      it("sees objects that another process made", async () => {
        const key = `${freshPrefix()}theirs`;
        await archive.another().create(key, Buffer.from("theirs"));
        expect(await store.create(key, Buffer.from("ours"))).toBe("exists");
        expect((await store.get(key))?.toString()).toBe("theirs");
      });

      it("has one winner of 20 creates at once, and the object is the winner's", async () => {
        for (let round = 0; round < 5; round++) {
          const key = `${freshPrefix()}contested`;
          const bodies = Array.from({ length: 20 }, (_, writer) => Buffer.from(`writer ${writer} `.repeat(writer + 1)));
          const outcomes = await Promise.all(bodies.map((body) => archive.another().create(key, body)));
          expect(outcomes.filter((outcome) => outcome === "created")).toHaveLength(1);
          // On a real store a loser may also hear that another operation interfered.
          expect(outcomes.every((outcome) => ["created", "exists", "unknown"].includes(outcome))).toBe(true);
          expect(await store.get(key)).toEqual(bodies[outcomes.indexOf("created")]);
        }
      });

      it("keeps neighbours apart: creates at once on many keys all succeed", async () => {
        const prefix = freshPrefix();
        const keys = Array.from({ length: 32 }, (_, index) => `${prefix}dt=2026-05-${10 + index}/000001`);
        const outcomes = await Promise.all(keys.map((key) => store.create(key, Buffer.from(key))));
        expect(new Set(outcomes)).toEqual(new Set(["created"]));
        expect(await keysOf(prefix)).toEqual(keys);
      });

      it("does not care what happens to the caller's bytes afterwards", async () => {
        const key = `${freshPrefix()}reused`;
        const bytes = Buffer.from("before");
        await store.create(key, bytes);
        bytes.fill("x");
        expect((await store.get(key))?.toString()).toBe("before");
      });

      it("takes a view into a larger buffer", async () => {
        const key = `${freshPrefix()}view`;
        await store.create(key, new TextEncoder().encode("..view..").subarray(2, 6));
        expect((await store.get(key))?.toString()).toBe("view");
      });

      it("keeps any bytes", async () => {
        const key = `${freshPrefix()}bytes`;
        const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
        await store.create(key, bytes);
        expect(await store.get(key)).toEqual(bytes);
      });

      it("keeps a large object whole", async () => {
        const key = `${freshPrefix()}large`;
        const bytes = randomBytes(17 * 1024 * 1024);
        expect(await store.create(key, bytes)).toBe("created");
        const back = await store.get(key);
        expect(back?.length).toBe(bytes.length);
        expect(sha256(back ?? Buffer.alloc(0))).toBe(sha256(bytes));
      });

      it("shows an object whole or not at all while it is being made", async () => {
        const prefix = freshPrefix();
        const key = `${prefix}growing`;
        const bytes = randomBytes(8 * 1024 * 1024);
        let isDone = false;
        const creating = store.create(key, bytes).finally(() => {
          isDone = true;
        });
        const reader = archive.another();
        while (!isDone) {
          for await (const { sizeBytes } of reader.list(prefix)) expect(sizeBytes).toBe(bytes.length);
          const head = await reader.get(key, { start: 0, end: 9 });
          const tail = await reader.get(key, { start: bytes.length - 10, end: bytes.length - 1 });
          if (head !== null) expect(head).toEqual(bytes.subarray(0, 10));
          if (head !== null) expect(tail).toEqual(bytes.subarray(-10));
        }
        expect(await creating).toBe("created");
      });

      it.each([
        ["nothing", ""],
        ["a way up", "events/../outside"],
        ["a way up at its start", "../outside"],
        ["the place itself", "events/./here"],
        ["an absolute path", "/etc/passwd"],
        ["an empty part", "events//000001"],
        ["a slash at its end", "events/"],
        ["a backslash", "events\\..\\outside"],
        ["a NUL", "events/a\0b"],
        ["a line feed", "events/a\nb"],
        ["a hidden name", "events/.hidden"],
        ["half a character", "events/\ud800"],
        ["a name too long for a file", `events/${"n".repeat(256)}`],
        ["more than 1,024 bytes", Array(200).fill("events").join("/")],
      ])("refuses a key with %s, and touches nothing", async (_, key) => {
        const refusal = { name: "ArchiverError", kind: "misconfigured" };
        await expect(store.create(key, Buffer.from("x"))).rejects.toMatchObject(refusal);
        await expect(store.get(key)).rejects.toMatchObject(refusal);
      });
    });

    describe("get", () => {
      it("answers null for a key that nobody made", async () => {
        const prefix = freshPrefix();
        expect(await store.get(`${prefix}missing`)).toBeNull();
        expect(await store.get(`${prefix}missing`, { start: 0, end: 9 })).toBeNull();
      });

      it("answers null below an object and above one", async () => {
        const prefix = freshPrefix();
        await store.create(`${prefix}day/000001`, Buffer.from("x"));
        expect(await store.get(`${prefix}day`)).toBeNull();
        expect(await store.get(`${prefix}day/000001/000002`)).toBeNull();
      });

      it.each([
        ["from the start", 0, 3, "0123"],
        ["of one byte", 4, 4, "4"],
        ["up to the end", 6, 9, "6789"],
        ["over the end", 8, 2047, "89"],
        ["larger than the object", 0, 2047, "0123456789"],
        ["that begins at the end", 10, 20, ""],
        ["beyond the end", 100, 200, ""],
      ])("gives a range %s", async (_, start, end, expected) => {
        const key = `${freshPrefix()}digits`;
        await store.create(key, Buffer.from("0123456789"));
        expect((await store.get(key, { start, end }))?.toString()).toBe(expected);
      });

      it("gives a range at the end of a large object", async () => {
        const key = `${freshPrefix()}large`;
        const bytes = randomBytes(1024 * 1024 + 7);
        await store.create(key, bytes);
        expect(await store.get(key, { start: bytes.length - 5, end: bytes.length + 5 })).toEqual(bytes.subarray(-5));
      });

      it.each([
        ["backwards", 5, 4],
        ["before the object", -1, 4],
        ["between bytes", 0.5, 4],
      ])("refuses a range that is %s", async (_, start, end) => {
        await expect(store.get("events/x", { start, end })).rejects.toThrow(RangeError);
      });

      it("gives bytes that the caller may change", async () => {
        const key = `${freshPrefix()}mine`;
        await store.create(key, Buffer.from("kept"));
        (await store.get(key))?.fill("x");
        (await store.get(key, { start: 0, end: 1 }))?.fill("x");
        expect((await store.get(key))?.toString()).toBe("kept");
      });
    });

    describe("list", () => {
      it("gives nothing where there is nothing", async () => {
        expect(await keysOf(freshPrefix())).toEqual([]);
        expect(
          await keysOf("events/workspace=none/dt=2026-05-01/", "events/workspace=none/dt=2026-05-01/000004"),
        ).toEqual([]);
      });

      it("sees an object at once after it was made, with its size", async () => {
        const prefix = freshPrefix();
        const key = `${prefix}dt=2026-05-01/000001.ndjson.gz`;
        await store.create(key, Buffer.from("12345"));
        const objects = [];
        for await (const object of archive.another().list(prefix)) objects.push(object);
        expect(objects).toEqual([{ key, sizeBytes: 5 }]);
      });

      it("gives keys in byte order whatever order they were made in", async () => {
        const prefix = freshPrefix();
        const keys = ["b/2", "a", "b/10", "c", "b.x", "b0", "b-x", "B", "b/1", "ab"].map((key) => prefix + key);
        await createAll(keys);
        expect(await keysOf(prefix)).toEqual([...keys].sort());
        // A folder named b holds keys that begin with "b/", and a slash sorts after "-" and "." but before "0".
        expect(await keysOf(prefix)).toEqual(
          ["B", "a", "ab", "b-x", "b.x", "b/1", "b/10", "b/2", "b0", "c"].map((key) => prefix + key),
        );
      });

      it("sorts by UTF-8 bytes, where JavaScript strings would not", async () => {
        const prefix = freshPrefix();
        const keys = ["z", "é", "\uffee", "\u{1f600}"].map((key) => prefix + key);
        await createAll([...keys].reverse());
        expect(await keysOf(prefix)).toEqual(keys);
        expect(await keysOf(prefix, `${prefix}\uffee`)).toEqual([`${prefix}\u{1f600}`]);
      });

      it("takes a prefix literally, also one that ends inside a name", async () => {
        const prefix = freshPrefix();
        await createAll(
          ["dt=2026-05-01/1", "dt=2026-05-01x/1", "dt=2026-05-02/1", "dt=2026-06-01/1"].map((k) => prefix + k),
        );
        expect(await keysOf(`${prefix}dt=2026-05-01/`)).toEqual([`${prefix}dt=2026-05-01/1`]);
        expect(await keysOf(`${prefix}dt=2026-05-01`)).toHaveLength(2);
        expect(await keysOf(`${prefix}dt=2026-05`)).toHaveLength(3);
        expect(await keysOf(`${prefix}dt=2026-05-01/1`)).toHaveLength(1);
      });

      it("does not take a workspace for another whose number it begins", async () => {
        await createAll(["events/workspace=77/dt=2026-05-01/1", "events/workspace=777/dt=2026-05-01/1"]);
        expect(await keysOf("events/workspace=77/")).toEqual(["events/workspace=77/dt=2026-05-01/1"]);
      });

      it("starts after a key that exists and after one that does not", async () => {
        const prefix = freshPrefix();
        await createAll(["000001", "000002", "000004"].map((key) => prefix + key));
        expect(await keysOf(prefix, `${prefix}000002`)).toEqual([`${prefix}000004`]);
        expect(await keysOf(prefix, `${prefix}000003`)).toEqual([`${prefix}000004`]);
        expect(await keysOf(prefix, `${prefix}000004`)).toEqual([]);
      });

      it("starts after a key in the middle of a folder and goes on with the next", async () => {
        const prefix = freshPrefix();
        const keys = ["dt=1/1", "dt=1/2", "dt=2/1", "dt=2/2", "dt=3/1"].map((key) => prefix + key);
        await createAll(keys);
        for (const [index, key] of keys.entries()) expect(await keysOf(prefix, key)).toEqual(keys.slice(index + 1));
        expect(await keysOf(prefix, `${prefix}dt=2`)).toEqual(keys.slice(2));
        expect(await keysOf(prefix, `${prefix}dt=2/`)).toEqual(keys.slice(2));
        expect(await keysOf(prefix, `${prefix}dt=20`)).toEqual(keys.slice(4));
      });

      it("starts at the prefix when startAfter lies before it, and gives nothing when it lies behind", async () => {
        const prefix = freshPrefix();
        await createAll([`${prefix}1`, `${prefix}2`]);
        expect(await keysOf(prefix, "a")).toHaveLength(2);
        expect(await keysOf(prefix, "z")).toEqual([]);
      });

      it("gives all of more keys than a page of the store holds, in order, once each", async () => {
        const prefix = freshPrefix();
        const keys = Array.from(
          { length: pageKeys + 50 },
          (_, index) => `${prefix}${String(index + 1).padStart(6, "0")}`,
        );
        await createAll(keys);
        expect(await keysOf(prefix)).toEqual(keys);
        expect(await keysOf(prefix, keys[20])).toEqual(keys.slice(21));
      });

      it("may be left in the middle", async () => {
        const prefix = freshPrefix();
        await createAll([`${prefix}1`, `${prefix}2`, `${prefix}3`]);
        for await (const { key } of store.list(prefix)) {
          expect(key).toBe(`${prefix}1`);
          break;
        }
        expect(await keysOf(prefix)).toHaveLength(3);
      });

      it.each(["../", "events/../..", "/", "events//", "events/.", "a\0"])("refuses the prefix %j", async (prefix) => {
        await expect(keysOf(prefix)).rejects.toMatchObject({ name: "ArchiverError", kind: "misconfigured" });
      });

      it("lists everything for the empty prefix", async () => {
        const prefix = freshPrefix();
        await createAll([`${prefix}1`]);
        expect(await keysOf("")).toContain(`${prefix}1`);
      });
    });

    it.each([
      "space in name",
      "plus+and%20percent",
      "amp&quote'\"",
      "ünïcödé-日本",
      "=equals=",
      "#hash?query",
      "a~b(c)*!@$,;:",
    ])("an odd name is a name: %s", async (part) => {
      const prefix = freshPrefix();
      const key = `${prefix}${part}/${part}`;
      expect(await store.create(key, Buffer.from(part))).toBe("created");
      expect(await store.create(key, Buffer.from("other"))).toBe("exists");
      expect((await store.get(key))?.toString()).toBe(part);
      expect(await keysOf(`${prefix}${part}/`)).toEqual([key]);
      expect(await keysOf(prefix, key)).toEqual([]);
    });
  });
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
