import { expect, it } from "vitest";
import { queryMemory, readMemory } from "../../cli/query/memory.ts";

const MEBIBYTE = 1024 * 1024;

it.each([
  [512, 16, 307, 1],
  [2_048, 16, 1_228, 2],
  [8_192, 16, 4_915, 9],
  [65_536, 16, 39_321, 16],
  [65_536, 2, 39_321, 2],
  [128, 2, 256, 1],
])("of %i MiB with %i CPUs a query takes %i MiB and %i threads", (available, cpus, limit, threads) => {
  const memory = queryMemory(null, cpus, available * MEBIBYTE);
  expect({ limit: Math.floor(memory.limitBytes / MEBIBYTE), threads: memory.threads }).toEqual({ limit, threads });
});

it("of what the user allows, the program around the engine has its part, and the threads follow", () => {
  expect(queryMemory(1_792 * MEBIBYTE, 16, 512 * MEBIBYTE)).toEqual({ limitBytes: 1_152 * MEBIBYTE, threads: 2 });
  expect(queryMemory(480 * MEBIBYTE, 16, 65_536 * MEBIBYTE)).toEqual({ limitBytes: 256 * MEBIBYTE, threads: 1 });
});

it("a size has a unit, and is enough for one thread", () => {
  expect(["512M", "512 MiB", "1.5g", "2GB"].map(readMemory)).toEqual(
    [512, 512, 1_536, 2_048].map((size) => size * MEBIBYTE),
  );
  for (const wrong of ["", "512", "1K", "479M", "0G", "-1G", "1e9G", "four"]) {
    expect(() => readMemory(wrong)).toThrow("Give a size such as 512M or 4G, at least 480M.");
  }
});
