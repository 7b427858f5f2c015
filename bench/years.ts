import { join } from "node:path";
import { readMemory } from "../cli/query/memory.ts";
import type { Bench } from "./harness/bench.ts";
import { commandLine, newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, megabytes, seconds } from "./harness/figures.ts";
import type { Measured } from "./harness/processes.ts";
import { exactly } from "./harness/statistics.ts";
import { measureYears, tablesOf } from "./questions/measure-years.ts";
import { questionsOver } from "./questions/questions-over.ts";
import { countByDay } from "./questions/write-years.ts";

const MEMORY = "1G";

/** Ratios of `questions` that say something here, too; their goals are for the archive there. */
const SHARED = ["first", "later", "updated", "memory.record"];

/** Five years of a company twice as large as that of `questions`, polled every half hour. */
export const years: Bench = {
  name: "years",
  claim: "questions over ten million events stay within the memory that they are allowed",
  async run(scale) {
    const [days, eventsADay, objectsADay] = scale.pick([1_825, 5_760, 48], [6, 60, 2]);
    const asked: { readonly name: string; readonly run: Measured<string> }[] = [];
    const found = await measureYears(
      scale,
      { days, eventsADay, objectsADay },
      countByDay({ days, eventsADay }),
      async (archive) => {
        for (const { question, given } of questionsOver(days)) {
          scale.note(`years: ${question.name}`);
          asked.push({ name: question.name, run: await askWithin(archive, question.name, given) });
        }
      },
    );
    const mostBytes = Math.max(...asked.map(({ run }) => run.peakBytes));
    return {
      ratios: [
        {
          id: "memory.asked",
          target: 31,
          meaning: `peak MB of any question over ten million events, each asked by a command of its own with \`--memory ${MEMORY}\``,
          value: exactly(megabytes(mostBytes)),
          goal: { is: "at most", bound: 1_000, stretch: 512 },
          unit: " MB",
          isAbsolute: true,
        },
        {
          id: "memory.allowed",
          target: 31,
          meaning: "the same over what `--memory` allows",
          value: exactly(mostBytes / readMemory(MEMORY)),
          goal: { is: "at most", bound: 1, stretch: 0.5 },
        },
        ...found.ratios.filter(({ id }) => SHARED.includes(id)).map(({ goal: _, target: __, ...ratio }) => ratio),
      ],
      tables: [
        ...tablesOf(`${figure(days * eventsADay)} events of ${days} days`, [found]),
        {
          title: `Each question by a command of its own, over all days, with \`--memory ${MEMORY}\`, into a file`,
          columns: ["question", "CPU seconds", "seconds", "peak MB"],
          rows: asked.map(({ name, run }) => [
            name,
            ...[seconds(run.cpuMs), seconds(run.wallMs), megabytes(run.peakBytes)].map(figure),
          ]),
        },
      ],
      notes: [
        "All questions of the copy, and of bare DuckDB: one session, which may use 60 % of the machine's memory.",
        `The copy takes ${figure(found.copyMegabytes)} MB, and the archive ${figure(found.recordMegabytes)} MB.`,
      ],
    };
  },
};

async function askWithin(
  archive: string,
  name: string,
  given: Readonly<Record<string, string>>,
): Promise<Measured<string>> {
  const folder = newFolder();
  const values = Object.entries(given).flatMap(([key, value]) => [`--${key.replaceAll("_", "-")}`, value]);
  const output = ["--format", "csv", "--output", join(folder, "answer.csv")];
  try {
    return await commandLine(
      ...["ask", "--quiet", "--archive", archive, "--memory", MEMORY, ...output, name, ...values],
    );
  } finally {
    removeFolder(folder);
  }
}
