import type { Bench } from "./harness/bench.ts";
import { figure } from "./harness/figures.ts";
import { spreadOfRatios } from "./harness/statistics.ts";
import { type MeasuredYears, measureYears, tablesOf } from "./questions/measure-years.ts";
import { countByDay } from "./questions/write-years.ts";

/** A year of a small company, polled once a day, every hour, and every ten minutes. */
export const questions: Bench = {
  name: "questions",
  claim: "a question over a year is answered in a second from the columnar copy, however many objects the archive has",
  async run(scale) {
    const [days, eventsADay] = scale.pick([365, 2_880], [3, 60]);
    const eventsOfDay = countByDay({ days, eventsADay });
    const found: MeasuredYears[] = [];
    for (const objectsADay of scale.pick([1, 24, 144], [1, 2, 4])) {
      found.push(await measureYears(scale, { days, eventsADay, objectsADay }, eventsOfDay));
    }
    const [first, last] = [found[0]!, found.at(-1)!];
    return {
      ratios: [
        ...last.ratios,
        {
          id: "verify",
          target: 33,
          meaning: `seconds of \`verify\` over ${figure(last.objects)} objects, over those of ${figure(first.objects)} with the same events`,
          value: spreadOfRatios(last.verifyMs, first.verifyMs),
          goal: { is: "at most", bound: 2, stretch: 1.3 },
        },
      ],
      tables: tablesOf(`${figure(days * eventsADay)} events of ${days} days`, found),
      notes: [
        `Ratios are of CPU time, over the archive of ${figure(last.objects)} objects; how many seconds pass depends on what else the machine does.`,
        `The copy takes ${figure(last.copyMegabytes)} MB, and the archive ${found.map(({ recordMegabytes, objects }) => `${figure(recordMegabytes)} MB in ${figure(objects)} objects`).join(", ")}.`,
        "Commands are started from the command line, which takes 0.3 s by itself. All questions: one session asks each of them, over all days. Bare DuckDB runs the same SQL over the copy's files, and nothing else.",
      ],
    };
  },
};
