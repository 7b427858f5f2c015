/**
 * Writes an archive of years, to try out how large ones behave:
 *
 *     npx node bench/questions/write-years.ts <folder> [--years 1] [--events-a-day 2880] [--objects-a-day 144]
 *
 * The events are those of a simulated company, and the objects of a day hold equally many of them.
 */
import { parseArgs } from "node:util";
import { eventsOf } from "../../feed/company.ts";
import { dayOf, msToInstant, ODD_DAY } from "../../lambda/event/instant.ts";
import { archivedCompany, writeArchive } from "../harness/write-archive.ts";

export interface Years {
  readonly days: number;
  readonly eventsADay: number;
  readonly objectsADay: number;
}

const extentOf = ({ days, eventsADay }: Omit<Years, "objectsADay">) => ({ events: days * eventsADay, days });

/** How many events each day has. It takes a third of the time of writing them, and is the same for any number of objects. */
export function countByDay(years: Omit<Years, "objectsADay">): ReadonlyMap<string, number> {
  const eventsOfDay = new Map<string, number>();
  for (const { atMs } of eventsOf(archivedCompany(extentOf(years)))) {
    const day = dayOf(msToInstant(atMs));
    if (day <= ODD_DAY)
      throw new Error(`Asana's audit log has no events of ${ODD_DAY} and before: ask for fewer years.`);
    eventsOfDay.set(day, (eventsOfDay.get(day) ?? 0) + 1);
  }
  return eventsOfDay;
}

/** Gives the number of objects: fewer than asked for on days with fewer events than that. */
export async function writeYears(folder: string, years: Years, eventsOfDay = countByDay(years)): Promise<number> {
  const { objectsADay } = years;
  let today = "";
  let ofToday = 0;
  let slotsBefore = 0;
  return await writeArchive(folder, extentOf(years), ({ atMs }) => {
    const day = dayOf(msToInstant(atMs));
    if (day !== today) {
      today = day;
      ofToday = 0;
      slotsBefore += objectsADay;
    }
    return slotsBefore + Math.floor((ofToday++ * objectsADay) / eventsOfDay.get(day)!);
  });
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      years: { type: "string", default: "1" },
      "events-a-day": { type: "string", default: "2880" },
      "objects-a-day": { type: "string", default: "144" },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error("Name the folder to write into.");
  const objects = await writeYears(folder, {
    days: Math.round(Number(values.years) * 365),
    eventsADay: Number(values["events-a-day"]),
    objectsADay: Number(values["objects-a-day"]),
  });
  console.log(`${objects} objects in ${folder}`);
}
