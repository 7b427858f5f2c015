import { expect, it } from "vitest";
import { remarks } from "../../cli/run.ts";
import { emptyReport, type RunReport } from "../../lambda/drain/report.ts";

const remarksOn = (change: Partial<RunReport>) => [...remarks({ ...emptyReport("1201", "run"), ...change })];

it("a run has no remarks where there is nothing to know", () => {
  expect(remarksOn({ archived: 7, repeats: 3, spans: 2, lostRaces: 1 })).toEqual([]);
});

it.each<[change: Partial<RunReport>, remark: string]>([
  [{ doubted: 2 }, "2 spans showed nothing, or less than is archived; a run reads them again in an hour"],
  [{ unreadable: 1 }, "1 span could not be read in three runs in a row; everything else is archived"],
  [{ gone: 3 }, "3 archived events no longer shown by the source; the archive keeps them"],
  [{ lost: 1 }, "1 span deleted by the source before being read"],
  [{ late: 1, latestMs: 60_000 }, "1 event became visible late, by up to 1 min 0 s"],
])("a remark on %j", (change, remark) => {
  expect(remarksOn(change)).toEqual([remark]);
});
