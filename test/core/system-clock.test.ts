import { expect, it } from "vitest";
import { systemClock } from "../../lambda/system-clock.ts";

const DAY_MS = 86_400_000;

it("sleeps for months, although a timer given more than 25 days fires at once", async () => {
  const stop = new AbortController();
  const months = systemClock.sleep(90 * DAY_MS, stop.signal);
  const first = await Promise.race([months.then(() => "months"), systemClock.sleep(5).then(() => "moment")]);
  expect(first).toBe("moment");
  stop.abort(new Error("woken"));
  await expect(months).rejects.toThrow("woken");
});

it("that is not to sleep at all heeds its signal too", async () => {
  await expect(systemClock.sleep(-1, AbortSignal.abort(new Error("woken")))).rejects.toThrow("woken");
});
