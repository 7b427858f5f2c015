import { describe, expect, it } from "vitest";
import { parseStampKey, stampKey } from "../../lambda/seal/stamp-key.ts";

describe("a stamp's key", () => {
  it("names workspace, seal and authority, and is read back", () => {
    const place = { workspace: "1201", seal: 412, authority: 1 };
    expect(stampKey(place)).toBe("stamps/workspace=1201/000412.1.tsr");
    expect(parseStampKey(stampKey(place))).toEqual(place);
    const last = { workspace: "9", seal: 999_999, authority: 99 };
    expect(parseStampKey(stampKey(last))).toEqual(last);
  });

  it.each([
    { workspace: "../1", seal: 1, authority: 1 },
    { workspace: "1", seal: 0, authority: 1 },
    { workspace: "1", seal: 1_000_000, authority: 1 },
    { workspace: "1", seal: 1.5, authority: 1 },
    { workspace: "1", seal: 1, authority: 0 },
    { workspace: "1", seal: 1, authority: 100 },
  ])("is not made for %o", (place) => {
    expect(() => stampKey(place)).toThrow(/^not /);
  });

  it.each([
    "stamps/workspace=01/000001.1.tsr",
    "stamps/workspace=1/000000.1.tsr",
    "stamps/workspace=1/00001.1.tsr",
    "stamps/workspace=1/000001.0.tsr",
    "stamps/workspace=1/000001.01.tsr",
    "stamps/workspace=1/000001.100.tsr",
    "stamps/workspace=1/000001.1.tsr.bak",
    "old/stamps/workspace=1/000001.1.tsr",
    "stamps/workspace=1/000001.tsr",
  ])("is not read from %s", (key) => {
    expect(parseStampKey(key)).toBeNull();
  });
});
