import { join } from "node:path";
import { FEED_WORKSPACE } from "../feed/options.ts";
import { DAY_MS, dayOf, msToInstant } from "../lambda/event/instant.ts";
import { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
import { createS3Archive } from "../lambda/stores/s3-archive.ts";
import { toFast } from "../sql/columnar.ts";
import { toAthena } from "../sql/questions.ts";
import { createCatalog, synthesizeCatalog } from "../test/athena/catalog.ts";
import { createColumnar } from "../test/athena/columnar.ts";
import { startEmulator } from "../test/athena/emulator.ts";
import { whyNot } from "../test/athena/programs.ts";
import { executeWith, startTrino } from "../test/athena/trino.ts";
import type { Bench, Findings, Scale } from "./harness/bench.ts";
import { newFolder, removeFolder } from "./harness/command-line.ts";
import { figure, seconds } from "./harness/figures.ts";
import { NOW_MS } from "./harness/now.ts";
import { exactly, sum } from "./harness/statistics.ts";
import { questionsOver } from "./questions/questions-over.ts";
import { writeYears } from "./questions/write-years.ts";

/**
 * Polled every ten minutes. Over more days the record costs more, and the copy hardly: a ratio over ten days is more than
 * one over ninety.
 */
const YEARS = { days: 10, eventsADay: 2_880, objectsADay: 144 };
const BUCKETS = { bucket: "archive", copyBucket: "columnar" };

/** Trino, on whose code Athena's engine is built, over an emulator of Glue and S3. */
export const athena: Bench = {
  name: "athena",
  claim: "in Athena a question costs a tenth of the CPU time when it is asked of the columnar copy",
  async run(scale) {
    const obstacle = scale.isSmoke ? "a smoke run does without" : await whyNot();
    if (obstacle !== null) {
      return { ratios: [], tables: [], notes: [`SKIPPED: nothing was measured on Trino, because ${obstacle}.`] };
    }
    const folder = newFolder();
    try {
      return await measureTrino(scale, folder);
    } finally {
      removeFolder(folder);
    }
  },
};

async function measureTrino(scale: Scale, folder: string): Promise<Findings> {
  const catalog = synthesizeCatalog({ workspaces: [FEED_WORKSPACE], retired: [], ...BUCKETS });
  const emulator = await startEmulator(folder);
  try {
    for (const bucket of Object.values(BUCKETS)) await emulator.createBucket(bucket);
    await createCatalog(emulator, catalog);
    scale.note("athena: writing the archive");
    const record = join(folder, "record");
    const objects = await writeYears(record, YEARS);
    const [desk, bucket] = [createDirectoryArchive(record), createS3Archive({ bucket: BUCKETS.bucket }, emulator.s3)];
    for await (const { key } of desk.list("events/")) await bucket.create(key, (await desk.get(key))!);
    const trino = await startTrino({ folder, emulatorUrl: emulator.url, database: catalog.database });
    try {
      const columnar = createColumnar(catalog, (sql) => trino.query(sql));
      scale.note("athena: filling the copy");
      await columnar.make();
      const day = (ago: number) => dayOf(msToInstant(NOW_MS - ago * DAY_MS));
      const known = { startedAt: `${day(0)}T23:59:00.000Z`, first: day(YEARS.days), until: "", order: {} };
      for (const window of await columnar.windows(known)) {
        await columnar.copy(window);
        await columnar.show(window);
      }
      const cpuOf = async (sql: string) => (await trino.query(sql)).stats.cpuTimeMillis;
      const times: { name: string; record: number; copy: number }[] = [];
      for (const { question, values } of questionsOver(YEARS.days)) {
        scale.note(`athena: ${question.name}`);
        const { sql, order } = toAthena(question);
        const given = order.map((name) => values[name]!);
        // Once before, since Trino's first query of a kind costs what compiling it costs.
        await cpuOf(executeWith(toFast(sql), given));
        times.push({
          name: question.name,
          record: await cpuOf(executeWith(sql, given)),
          copy: await cpuOf(executeWith(toFast(sql), given)),
        });
      }
      const [ofRecord, ofCopy] = [sum(times.map(({ record }) => record)), sum(times.map(({ copy }) => copy))];
      return {
        ratios: [
          {
            id: "copy",
            target: 32,
            meaning: "Trino's CPU time for all questions of the copy over that of the record",
            value: exactly(ofCopy / ofRecord),
            goal: { is: "at most", bound: 0.1, stretch: 0.03 },
          },
        ],
        tables: [
          {
            title: `Trino's CPU seconds, ${figure(YEARS.days * YEARS.eventsADay)} events in ${figure(objects)} objects of ${YEARS.days} days`,
            columns: ["question", "record", "copy"],
            rows: [...times, { name: "all of them", record: ofRecord, copy: ofCopy }].map(({ name, record, copy }) => [
              name,
              figure(seconds(record)),
              figure(seconds(copy)),
            ]),
          },
        ],
        notes: [
          "Each question was asked once of the record and once of the copy, after another one of its kind. Over more days the record costs more, and the copy hardly.",
        ],
      };
    } finally {
      await trino.stop();
    }
  } finally {
    await emulator.stop();
  }
}
