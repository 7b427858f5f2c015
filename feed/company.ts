import { DAY_MS } from "../lambda/event/instant.ts";
import { createOddities, type OddityRates, usualOddities } from "./oddities.ts";
import { createPeople } from "./people.ts";
import { createRandom } from "./random.ts";
import { createAtWork, type Hour, planHours } from "./rhythm.ts";
import { type Company, workBurst, workHour } from "./shift.ts";
import { type EventTable, rowBytes, type TableSource } from "./table.ts";
import { createThings } from "./things.ts";
import { buildTable } from "./write-table.ts";

export interface CompanyOptions {
  /** The same seed and options give the same bytes. */
  readonly seed: string | number;
  /** Members of staff and guests. Default 400. */
  readonly people?: number;
  /** First instant of the log, milliseconds since 1970, inclusive. */
  readonly fromMs: number;
  /** End of the log, exclusive. It may lie in the future: events appear as the feed's clock passes them. */
  readonly toMs: number;
  /** Events on an average day. Default 1,000; ignored if `events` is given. */
  readonly eventsPerDay?: number;
  /** The exact total number of events. */
  readonly events?: number;
  /** Bursts of 150 to 699 events in one millisecond, on an average day; together at most a tenth of all. Default 0.5. */
  readonly burstsPerDay?: number;
  /** Share of events that become visible late. Default 0.001. */
  readonly lateRate?: number;
  /** The longest delay of a late event after its `created_at`. Default 30 minutes. */
  readonly lateMaxMs?: number;
  /** Shares of unusual events; `noOddities` for none. */
  readonly oddities?: OddityRates;
}

/** One event of the log: its bytes and when it was made and shown. */
export interface LoggedEvent {
  readonly gid: string;
  readonly atMs: number;
  readonly visibleAtMs: number;
  readonly line: Buffer;
}

/**
 * A made-up company's audit log, by the hour: people with habits, working hours and time zones, machines, bursts, late
 * events and oddities. Each hour depends on the seed and its own number only, so hours can be made in any order, as
 * often as needed, and millions of events take no memory.
 */
export function createCompany(options: CompanyOptions): TableSource {
  const days = (options.toMs - options.fromMs) / DAY_MS;
  if (!(days > 0)) throw new RangeError("toMs of a company must be after fromMs.");
  const cast = createRandom(options.seed, "cast");
  const company: Company = {
    people: createPeople(cast, Math.max(1, options.people ?? 400)),
    things: createThings(cast),
  };
  const events = options.events ?? Math.round((options.eventsPerDay ?? 1_000) * days);
  const bursts = Math.ceil((options.burstsPerDay ?? 0.5) * days);
  const atWork = createAtWork(company.people);
  const hours = planHours(options.seed, { fromMs: options.fromMs, toMs: options.toMs, events, bursts }, atWork.load);
  const makeOdd = createOddities(options.oddities ?? usualOddities);

  return {
    events,
    tables: hours.length,
    startMs: (index) => hours[index]!.startMs,
    table: (index) => {
      const hour = hours[index]!;
      const random = createRandom(options.seed, "hour", index);
      return buildTable(hour, random, options, (record) => fillHour(company, hour, random, atWork, makeOdd, record));
    },
  };
}

function fillHour(
  company: Company,
  hour: Hour,
  random: ReturnType<typeof createRandom>,
  atWork: ReturnType<typeof createAtWork>,
  makeOdd: ReturnType<typeof createOddities>,
  record: Parameters<typeof workHour>[4],
): void {
  const lengthMs = hour.endMs - hour.startMs;
  const span = { lengthMs, count: hour.events - hour.burst };
  workHour(company, random, atWork.pick(hour.startMs), span, (offsetMs, draft) => {
    makeOdd(draft, random);
    record(offsetMs, draft);
  });
  if (hour.burst > 0) workBurst(company, random, lengthMs, hour.burst, record);
}

/** All events of a company (or any other source of tables), in order. */
export function* eventsOf(source: TableSource): Generator<LoggedEvent> {
  for (let index = 0; index < source.tables; index++) yield* eventsOfTable(source.table(index));
}

function* eventsOfTable(table: EventTable): Generator<LoggedEvent> {
  for (let row = 0; row < table.count; row++) {
    yield {
      gid: String(table.gids[row]),
      atMs: table.atMs[row]!,
      visibleAtMs: table.visibleAtMs[row]!,
      line: rowBytes(table, row),
    };
  }
}
