/**
 * Rules of the protocol, each broken by a change of one expression. The product knows nothing of this: the text is
 * changed while the module is loaded (`mutate.ts`), and a text that is not there exactly once is an error.
 */
export interface Mutant {
  readonly name: string;
  /** Under `lambda/`. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

const commit = "drain/commit.ts";
const pass = "drain/pass.ts";
const scan = "drain/scan.ts";
const dayLog = "archive/day-log.ts";
const run = "drain/run.ts";

const changes: readonly (readonly [name: string, file: string, text: string, instead: string])[] = [
  ["a taken number counts as our own", commit, `if (outcome === "created") {`, `if (outcome !== "unknown") {`],
  ["an unknown create counts as done", commit, `if (outcome === "created") {`, `if (outcome !== "exists") {`],
  ["after a lost race nothing is compared", commit, "if (log.number > judged) {", "if (false) {"],
  [
    "an absence after a timeout is trusted",
    commit,
    "    await log.refresh();",
    `    await log.refresh(); if (outcome === "unknown") judged = log.number;`,
  ],
  ["gives up after a lost race", commit, "    run.report.lostRaces += 1;", "    run.report.lostRaces += 1; return;"],
  [
    "a lost race is compared with the last segment only",
    commit,
    "log.idsAfter(judged, body)",
    "log.idsAfter(log.number - 1, body)",
  ],
  [
    "ids at the newest instant forget the segment before",
    commit,
    "return new Set([...before.idsAtNewest, ...ours]);",
    "return new Set(ours);",
  ],
  [
    "the checkpoint moves first",
    pass,
    "    await batch.commit();\n    if (pagesSeen > pagesTold) await pass.onCommitted?.(position);",
    "    if (pagesSeen > pagesTold) await pass.onCommitted?.(position);\n    await batch.commit();",
  ],
  [
    "a short page is the end",
    pass,
    "if (page.events.length === 0 || page.offset === null) {",
    "if (page.events.length < (pass.request.limit ?? 2) || page.offset === null) {",
  ],
  [
    "a future event raises the watermark",
    pass,
    "if (compareInstants(at, limit) > 0) ahead += 1;\n    else newest",
    "if (compareInstants(at, limit) > 0) ahead += 1;\n    newest",
  ],
  ["an offset behind a future event is saved", pass, "if (ahead > 0) isTrusted = false;", ""],
  ["a missing next_page is a window's end", pass, `end: page.offset === null ? "cut" : "end"`, `end: "end"`],
  ["a refused offset is the end", scan, `result.end === "offset-refused" ? null : result`, "result"],
  [
    "an offset is asked without its filters",
    scan,
    "pageRequest(run, offset.startAt, null, offset.token)",
    "pageRequest(run, null, null, offset.token)",
  ],
  [
    "no overlap before the watermark",
    scan,
    "watermark === null ? null : shiftInstant(watermark, -run.settings.overlapMinutes * MINUTE_MS)",
    "watermark",
  ],
  [
    "resumes a millisecond after the watermark",
    scan,
    "watermark === null ? null : shiftInstant(watermark, -run.settings.overlapMinutes * MINUTE_MS)",
    "watermark === null ? null : shiftInstant(watermark, 1)",
  ],
  [
    "a rescan does not overlap the one before",
    "drain/rescan.ts",
    "laterInstant(shiftInstant(last, -run.settings.overlapMinutes * MINUTE_MS)",
    "laterInstant(last",
  ],
  ["a day is settled when it ends", "drain/due.ts", "-DAY_MS - settledAfterHours * HOUR_MS", "-DAY_MS"],
  [
    "settled days are not read again",
    "drain/rescan.ts",
    "if (!aged.includes(day) && !(await archiveDay(run, day, signal))) return false;",
    "",
  ],
  [
    "a rescan is noted before it is made",
    "drain/rescan.ts",
    "  const { aged, settled } = dueDays(rescans, now);",
    "  const { aged, settled } = dueDays(rescans, now);\n  await run.checkpoint.move({ rescans: { recentUntil: now, settledThrough: settled.at(-1) ?? rescans.settledThrough, agedThrough: aged.at(-1) ?? rescans.agedThrough } });",
  ],
  [
    "a window goes on after its last event",
    "drain/windows.ts",
    "from = laterInstant(from, result.newest); // inclusive",
    "from = result.newest === null ? from : msToInstant(instantToMs(result.newest) + 1); // inclusive",
  ],
  [
    "windows leave out a millisecond",
    "drain/windows.ts",
    "    from = msToInstant(at);",
    "    from = msToInstant(at + 1);",
  ],
  [
    "the watermark jumps over an unread window",
    "drain/windows.ts",
    "if (prefix > before) await onPrefix(newest);",
    "await onPrefix(laterInstant(newest, result.newest));",
  ],
  [
    "nothing is compared with the batch in hand",
    "drain/batch.ts",
    "for (const event of fresh) {\n      if (isHeld(content, event)) continue;",
    "const onPage = new Set();\n for (const event of fresh) { if (onPage.has(event.id)) continue; onPage.add(event.id);",
  ],
  [
    "nothing is compared within a page",
    "drain/batch.ts",
    "for (const event of fresh) {\n      if (isHeld(content, event)) continue;",
    "const before = new Set(content.ids.keys());\n for (const event of fresh) { if (before.has(event.id)) continue;",
  ],
  ["an event at the log's newest instant is new", "archive/judge.ts", "return order > 0 ||", "return order >= 0 ||"],
  [
    "repeats are looked for in the last segment only",
    dayLog,
    "number > after; number -= 1) {",
    "number > Math.max(after, (end?.number ?? 0) - 1); number -= 1) {",
  ],
  [
    "looking back stops at an equal instant",
    dayLog,
    "compareInstants(manifest.logNewest, span.oldest) < 0) break;",
    "compareInstants(manifest.logNewest, span.oldest) <= 0) break;",
  ],
  [
    "spans that touch do not overlap",
    "archive/judge.ts",
    "compareInstants(a.newest, b.oldest) >= 0",
    "compareInstants(a.newest, b.oldest) > 0",
  ],
  [
    "newest is the last event's time",
    "segment/body.ts",
    "newest = laterInstant(newest, event.at);",
    "newest = event.at;",
  ],
  [
    "logNewest is this segment's newest",
    "segment/body.ts",
    "logNewest: laterInstant(previous?.logNewest ?? null, body.newest),",
    "logNewest: body.newest,",
  ],
  [
    "a hint for a missing segment is believed",
    dayLog,
    "if (hint !== null) haltAt(",
    "if (hint !== null && hint.number < 0) haltAt(",
  ],
  ["an emptied archive is met only by chance", run, "if (newest !== undefined) await run.log(newest);", ""],
  ["not before is not remembered", "drain/drain.ts", "await run.checkpoint.move({ notBefore:", "void ({ notBefore:"],
  [
    "not before is not heeded",
    run,
    "if (notBefore !== null && msToInstant(deps.clock.now()) < notBefore) {",
    "if (false) {",
  ],
  [
    "one blank answer is believed",
    "drain/drain.ts",
    "await run.checkpoint.move({ blankRuns });",
    "await run.checkpoint.move({ blankRuns: 0 });",
  ],
];

export const MUTANTS: readonly Mutant[] = changes.map(([name, file, text, instead]) => ({ name, file, text, instead }));

/** Rules about progress and silence, and how each is to be broken: to become mutants with the protocol that has them. */
export const RULES_TO_BREAK: readonly (readonly [name: string, change: string])[] = [
  ["a rescan notes what is due as done when its time is up", "the span leaves the list where the signal has aborted"],
  ["a blank first page is the end", "a first page without events and without next_page is read, and not doubted"],
  [
    "an empty page with next_page is the end",
    "a first page without events and with next_page is read, and not doubted",
  ],
  ["silence is believed at once", "the first doubt takes the span off the list"],
  ["silence is believed later in the same run", "the second look needs no hour"],
  ["silence is never asked about again in the run", "the first look saves the doubt without asking once more"],
  ["a doubt forgets when it began", "doubtedAt becomes the time of the newest look"],
  ["resumes behind what is archived", "the place is saved before the batch is committed"],
  ["resumes without the minute before", "a span read by its time goes on a millisecond behind the newest event"],
  ["a conflict forgets the spans of the other run", "the state is replaced, and the change is not made again to it"],
  ["a conflict brings back what is done", "the list of the run replaces the one that was found"],
  ["what is scheduled has no span", "scheduled moves on, and the spans are added in a later move"],
  ["a first drain marks days as settled", "settledThrough begins at the day before the first drain"],
  ["what cannot be read is dropped", "after three failed runs the smallest span leaves the list"],
  ["what the source forgets is not noted", "a span older than 90 days leaves the list, and lost stays as it is"],
  ["an unreadable page is never split", "the span stays whole after three failed runs"],
  ["the watermark passes what cannot be read", "the tail goes on behind it, and sets nothing aside"],
  ["what is missing is not compared", "gone counts nothing"],
  ["a span starts from its beginning in each run", "from is not moved by a commit"],
  ["one purpose starves the others", "the queue is sorted by purpose alone"],
  ["a first drain reads one span only", "the rest of a long history is left out"],
  ["the half that is taken over is read by nobody", "a span that is halved loses its second half"],
  ["a damaged day stops the others", "the first day that halts ends the run"],
];
