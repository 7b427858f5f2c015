/**
 * Rules of the protocol, each broken by a change of one expression. The product knows nothing of this: the text is
 * changed while the module is loaded (`mutate.ts`), and a text that is not there exactly once is an error.
 */
import killers from "./killers.json" with { type: "json" };

/** What notices a mutant: a row, by its rule, or a seed. */
export type Killer = string | number;

export interface Mutant {
  readonly name: string;
  /** Under `lambda/`. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
  /** What is known to notice it, which is tried first. */
  readonly killer?: Killer;
}

const commit = "drain/commit.ts";
const pass = "drain/pass.ts";
const look = "drain/look.ts";
const tail = "drain/tail.ts";
const readers = "drain/readers.ts";
const rescan = "drain/rescan.ts";
const schedule = "drain/schedule.ts";
const sourceClock = "drain/source-clock.ts";
const spans = "drain/spans.ts";
const batch = "drain/batch.ts";
const checkpoint = "drain/checkpoint.ts";
const run = "drain/run.ts";
const spanList = "drain/span-list.ts";
const logSegments = "archive/log-segments.ts";
const overlap = "archive/overlap.ts";
const body = "segment/body.ts";
const surveys = "drain/surveys.ts";
const surveyCounts = "drain/survey-counts.ts";
const surveyEntries = "drain/survey-entries.ts";
const coverageLog = "coverage/coverage-log.ts";
const sealer = "seal/sealer.ts";
const checkDay = "seal/check-day.ts";
const due = "seal/due.ts";
const lookBack = "seal/look-back.ts";
const sealEnd = "seal/seal-end.ts";
const writeSeal = "seal/write-seal.ts";
const verifySeals = "seal/verify-seals.ts";

type Change = readonly [name: string, file: string, text: string, instead: string];

const archiving: readonly Change[] = [
  ["a taken number counts as our own", commit, `if (outcome === "created") {`, `if (outcome !== "unknown") {`],
  ["an unknown create counts as done", commit, `if (outcome === "created") {`, `if (outcome !== "exists") {`],
  ["after a lost race nothing is compared", commit, "if (dayLog.number > sortedAt) {", "if (false) {"],
  [
    "an absence after a timeout is trusted",
    commit,
    "    await dayLog.refresh();",
    `    await dayLog.refresh(); if (outcome === "unknown") sortedAt = dayLog.number;`,
  ],
  ["gives up after a lost race", commit, "    run.report.lostRaces += 1;", "    run.report.lostRaces += 1; return;"],
  [
    "a lost race is compared with the last segment only",
    commit,
    "dayLog.archivedAfter(sortedAt, held",
    "dayLog.archivedAfter(dayLog.number - 1, held",
  ],
  [
    "ids at the newest instant forget the segment before",
    commit,
    "before?.logNewest === logNewest ? before.idsAtNewest : [];",
    "[];",
  ],
  [
    "the checkpoint moves first",
    pass,
    "    await batch.commit();\n    if (pagesSeen > pagesCommitted) await pass.onCommitted(position, isEnd);",
    "    if (pagesSeen > pagesCommitted) await pass.onCommitted(position, isEnd);\n    await batch.commit();",
  ],
  [
    "a short page is the end",
    pass,
    `if (page.events.length === 0 || page.offset === null) return "end";`,
    `if (page.events.length < (pass.request.limit ?? 2) || page.offset === null) return "end";`,
  ],
  [
    "a future event raises the watermark",
    pass,
    "if (compareInstants(at, limit) > 0) ahead += 1;\n    else {",
    "if (compareInstants(at, limit) > 0) ahead += 1;\n    {",
  ],
  ["an offset behind a future event is saved", pass, "if (ahead > 0) isTrusted = false;", ""],
  ["a refused offset is the end", tail, `} else if (end !== "offset-refused") return end;`, "} else return end;"],
  [
    "an offset is asked without its filters",
    pass,
    "...(startAt !== null && { startAt }),",
    "...(startAt !== null && token === undefined && { startAt }),",
  ],
  [
    "no overlap before the watermark",
    tail,
    "isEnd && watermark !== null ? shiftInstant(watermark, -overlapMs(run.settings)) : null;",
    "isEnd && watermark !== null ? watermark : null;",
  ],
  [
    "resumes a millisecond after the watermark",
    tail,
    "isEnd && watermark !== null ? shiftInstant(watermark, -overlapMs(run.settings)) : null;",
    "isEnd && watermark !== null ? shiftInstant(watermark, 1) : null;",
  ],
  [
    "nothing is compared with the batch in hand",
    batch,
    "for (const event of fresh) {\n      const held = batch.index.ids.get(event.id);",
    "const onPage = new Map();\n for (const event of fresh) {\n const held = onPage.get(event.id); onPage.set(event.id, lineFingerprint(event.line));",
  ],
  [
    "nothing is compared within a page",
    batch,
    "for (const event of fresh) {\n      const held = batch.index.ids.get(event.id);",
    "const before = new Map(batch.index.ids);\n for (const event of fresh) {\n const held = before.get(event.id);",
  ],
  ["an event at the log's newest instant is new", overlap, "return order > 0 ||", "return order >= 0 ||"],
  [
    "repeats are looked for in the last segment only",
    logSegments,
    "const least = Math.max(after + 1, first);",
    "const least = Math.max(after + 1, end?.number ?? 0);",
  ],
  [
    "looking back stops at an equal instant",
    logSegments,
    "compareInstants(manifest.logNewest, extent.oldest) < 0)",
    "compareInstants(manifest.logNewest, extent.oldest) <= 0)",
  ],
  [
    "segments that touch do not overlap",
    overlap,
    "compareInstants(a.newest, b.oldest) >= 0",
    "compareInstants(a.newest, b.oldest) > 0",
  ],
  ["newest is the last event's time", body, "newest = laterInstant(newest, event.at);", "newest = event.at;"],
  [
    "logNewest is this segment's newest",
    body,
    "logNewest: laterInstant(previous?.logNewest ?? null, body.newest),",
    "logNewest: body.newest,",
  ],
  ["a gid with a later time is new", overlap, "if (isRecent(event, recent)) return false;", ""],
  [
    "a hint for a missing segment is believed",
    logSegments,
    "    haltAt(judgeHint(workspace, day, hint, sizeBytes === null ? null : { sizeBytes }));\n    end",
    "    end",
  ],
  ["an emptied archive is met only by chance", run, "if (newest !== undefined) await run.dayLog(newest);", ""],
  [
    "not before is not remembered",
    run,
    "await run.checkpoint.move((state) => ({ ...state, notBefore }));",
    "void notBefore;",
  ],
  [
    "not before is not heeded",
    run,
    "if (notBefore !== null && msToInstant(deps.clock.now()) < notBefore) {",
    "if (false) {",
  ],
  [
    "the watermark passes over what a checkpoint put back has still to read",
    spanList,
    "isBefore(state.tail.from, newest) ? state.watermark : laterInstant(state.watermark, newest)",
    "laterInstant(state.watermark, newest)",
  ],
  [
    "the tail passes over what a checkpoint put back has still to read",
    tail,
    "    if (isBefore(state.tail.from, began)) return",
    "    if (false) return",
  ],
  ["an offset is kept where nothing was ever shown", tail, "isEnd && watermark === null ? null : offset;", "offset;"],
  [
    "one blank answer is believed",
    tail,
    "const blankRuns = isStrange ? state.blankRuns + 1 : state.blankRuns;",
    "const blankRuns = 0;",
  ],
];

const progress: readonly Change[] = [
  [
    "a rescan does not overlap the one before",
    schedule,
    "shiftInstant(scheduled.recentUntil, -overlapMs(rules))",
    "scheduled.recentUntil",
  ],
  ["a day is settled when it ends", schedule, "-DAY_MS - settledAfterHours * HOUR_MS", "-DAY_MS"],
  [
    "settled days are not read again",
    schedule,
    "add(purpose, part.from, part.until);",
    `if (purpose === "aged") add(purpose, part.from, part.until);`,
  ],
  [
    "aged days are not read again",
    schedule,
    "add(purpose, part.from, part.until);",
    `if (purpose === "settled") add(purpose, part.from, part.until);`,
  ],
  [
    "a rescan notes what is due as done when its time is up",
    rescan,
    "    if (signal.aborted) return [...failures, ...earlier];",
    `    if (signal.aborted) await run.checkpoint.move((state) => ({ ...state, spans: state.spans.filter(({ purpose }) => purpose === "new") }));
     if (signal.aborted) return [...failures, ...earlier];`,
  ],
  [
    "a span is done when its reader's time is up",
    readers,
    `if (end === "stopped") return;`,
    `if (end === "stopped") { await list.update(({ spans, surveys }) => ({ spans: subtract(spans, [assignment]), surveys })); return; }`,
  ],
  [
    "a span is done after one turn",
    look,
    `if (result.end === "end" || result.end === "blank") await finish();`,
    `if (result.end !== "stopped") await finish();`,
  ],
  [
    "what is scheduled has no span until the next move",
    rescan,
    "  await run.checkpoint.move((state) => schedule(state, now, run.settings));",
    `  const { scheduled } = run.checkpoint.state;
     await run.checkpoint.move((state) => ({ ...schedule(state, now, run.settings), spans: state.spans }));
     await run.checkpoint.move((state) => ({ ...state, spans: schedule({ ...state, scheduled }, now, run.settings).spans }));`,
  ],
  [
    "a first drain marks days as settled",
    tail,
    "return { ...state, tail, watermark, hints, notBefore: null, blankRuns: 0 };",
    `const settledThrough = state.watermark === null ? shiftDay(dayOf(run.now()), -2) : state.scheduled.settledThrough;
     return { ...state, scheduled: { ...state.scheduled, settledThrough }, tail, watermark, hints, notBefore: null, blankRuns: 0 };`,
  ],
  [
    "a first drain leaves the rest of a long history out",
    tail,
    "spans: addSpan(state.spans, span) };",
    "spans: state.spans };",
  ],
  [
    "the half that is taken over is read by nobody",
    readers,
    "busiest.until = middle;\n    return assignment;",
    "busiest.until = middle;\n void list.update(({ spans, surveys }) => ({ spans: subtract(spans, [assignment]), surveys }));\n return null;",
  ],
  [
    "resumes without the minute before",
    pass,
    "msToInstant(Math.max(instantToMs(newest) - DISORDER_MS, instantToMs(oldestOnPage)));",
    "msToInstant(instantToMs(newest) + 1);",
  ],
  [
    "a span starts from its beginning in each run",
    look,
    `const part = isBefore(from, to) ? { purpose, from, until: to! } : null;
    // What was not shown between the two is told only by reading on from there by time.
    const isHidden = isLess && newest !== null && isBefore(to, cut(newest));
    const kept = !isHidden && isBefore(offset?.newest ?? null, assignment.until) ? offset : null;`,
    "const part = null;\n const kept = null;",
  ],
  [
    "a conflict forgets the spans of the other run",
    checkpoint,
    "      state = unsaved.reduce(apply, stored?.state ?? emptyCheckpoint);",
    "",
  ],
  [
    "a conflict brings back what is done",
    checkpoint,
    "      state = unsaved.reduce(apply, stored?.state ?? emptyCheckpoint);",
    "      state = { ...unsaved.reduce(apply, stored?.state ?? emptyCheckpoint), spans: state.spans };",
  ],
  ["one purpose starves the others", readers, "      rotation += index + 1;", "      rotation = purposes.length - 1;"],
  [
    "days that a wrong clock scheduled are believed",
    schedule,
    "believable(state.scheduled, givenUp, now, rules)",
    "state.scheduled",
  ],
  ["a damaged day stops the others", readers, "    if (day === null) throw error;", "    throw error;"],
  ["a damaged day stops the tail", tail, "  if (day === null) throw error;", "  throw error;"],
  ["an unreadable page is never split", readers, "else await takeApart(rest);", "else resting.push(rest);"],
  [
    "what cannot be read is dropped",
    readers,
    "if (failedRuns < UNREADABLE_RUNS || isSmallest(rest)) resting.push(rest);",
    `if (failedRuns < UNREADABLE_RUNS) resting.push(rest);
     else if (isSmallest(rest)) await list.update(({ spans, surveys }) => ({ spans: subtract(spans, [rest]), surveys }));`,
  ],
  [
    "the tail goes on behind what cannot be read, and sets nothing aside",
    tail,
    "leaveBehind({ ...rest, tail: { ...tail, offset: null } }, until, run.now(), failedRuns),",
    "({ ...leaveBehind({ ...rest, tail: { ...tail, offset: null } }, until, run.now(), failedRuns), spans: rest.spans }),",
  ],
  [
    "what is set aside ends by our own clock, though the source has told the time",
    sourceClock,
    "run.report.servedAt = answer.servedAt;",
    "void 0;",
  ],
  [
    "the tail comes back to what was set aside",
    tail,
    "back === null ? resumeAt : behindSpans(state, back);",
    "back ?? resumeAt;",
  ],
  [
    "what the source forgets is not noted",
    schedule,
    "lost: [...state.lost, ...lost].slice(-MAX_LOST),",
    "lost: state.lost,",
  ],
];

const silence: readonly Change[] = [
  [
    "a blank first page is the end",
    look,
    "const readTo = isKnown ? knownTo : silentFrom;",
    `const readTo = isKnown || result.end === "blank" ? until : silentFrom;`,
  ],
  [
    "an empty page with next_page is the end",
    look,
    "const readTo = isKnown ? knownTo : silentFrom;",
    `const readTo = isKnown || (result.end !== "blank" && newestShown === null) ? until : silentFrom;`,
  ],
  [
    "a missing next_page is the end",
    look,
    "const readTo = isKnown ? knownTo : silentFrom;",
    "const readTo = isKnown || newestShown !== null ? until : silentFrom;",
  ],
  ["silence is believed at once", look, "const readTo = isKnown ? knownTo : silentFrom;", "const readTo = until;"],
  [
    "silence is believed later in the same run",
    look,
    `return ask === "again" && purpose === "asked";`,
    `return ask === "again";`,
  ],
  [
    "silence of what somebody asked for is believed at once",
    look,
    `return ask === "again" && purpose === "asked";`,
    `return purpose === "asked";`,
  ],
  [
    "no silence is believed while anything cannot be read",
    look,
    "return doubtedAt !== null && isOldDoubt(doubtedAt, run.now());",
    "return doubtedAt !== null && isOldDoubt(doubtedAt, run.now()) && list.spans.every(({ failedRuns }) => failedRuns < 3);",
  ],
  [
    "how old a doubt is, our own clock may say",
    look,
    "return doubtedAt !== null && isOldDoubt(doubtedAt, run.now());",
    "return true;",
  ],
  ["silence needs no hour to be believed", schedule, "export const DOUBT_MS = HOUR_MS;", "export const DOUBT_MS = 1;"],
  [
    "silence is never asked about again in the run",
    readers,
    `(assignment.ask === "again" && assignment.purpose !== "asked" ? resting : asked).push(doubt);`,
    "resting.push(doubt);",
  ],
  [
    "a doubt forgets when it began",
    spans,
    "doubtedAt: isOver ? at : earlier(inside.doubtedAt ?? at, at),",
    "doubtedAt: at,",
  ],
  [
    "doubts of two runs join",
    spans,
    "return Math.abs(instantToMs(a) - instantToMs(b)) <= SAME_DOUBT_MS;",
    "return true;",
  ],
  [
    "silence that begins later than it was doubted is believed",
    look,
    "const isKnown = isLast() && !isBefore(beganFrom, silentFrom);",
    "const isKnown = isLast();",
  ],
  [
    "a doubt that a wrong clock dated ahead is never asked about",
    schedule,
    "  doubtedAt === null || isOldDoubt(doubtedAt, now) || instantToMs(doubtedAt) - instantToMs(now) > CLOCKS_DIFFER_MS;",
    "  doubtedAt === null || isOldDoubt(doubtedAt, now);",
  ],
  ["half of a silence is doubted anew by another reader", readers, "[...busy].filter(hasShownNews)", "[...busy]"],
  [
    "silence is believed of what was still to come when it was met",
    look,
    "const readTo = isKnown ? knownTo : silentFrom;",
    "const readTo = isKnown ? until : silentFrom;",
  ],
  ["what is missing is not compared", look, "    if (missing <= 0) return 0;", "    return 0;"],
];

const coverage: readonly Change[] = [
  [
    "the days of surveys that were given up count as scheduled",
    schedule,
    "believable(state.scheduled, givenUp, now, rules)",
    "believable(state.scheduled, [], now, rules)",
  ],
  [
    "an entry is written with a part of its day unread",
    surveyEntries,
    "(survey) => leftOf(listed, survey).length === 0 && instantToMs(survey.began) <= latestMs,",
    "(survey) => instantToMs(survey.began) <= latestMs,",
  ],
  [
    "a survey that is over is taken off before its entry is written",
    surveyEntries,
    "  const { written, failures } = await writeEntries(run, run.checkpoint.state, signal);",
    `  const { state: before } = run.checkpoint;
     const over = before.surveys.filter((survey) => leftOf(before, survey).length === 0);
     if (over.length > 0) await run.checkpoint.move((state) => ({ ...state, surveys: endSurveys(state.surveys, over) }));
     const { written, failures } = await writeEntries(run, before, signal);`,
  ],
  [
    "an entry that is there is written once more",
    coverageLog,
    "    if (last !== null && isSame(last.entry)) return false;",
    "    void isSame;",
  ],
  [
    "an entry of unknown fate counts as written",
    coverageLog,
    `if (outcome === "created") return true;`,
    `if (outcome !== "exists") return true;`,
  ],
  [
    "an entry whose number is taken counts as written",
    coverageLog,
    `if (outcome === "created") return true;`,
    `if (outcome !== "unknown") return true;`,
  ],
  ["of several parts of a day the last one counts", surveys, "seen: survey.seen + more.seen,", "seen: more.seen,"],
  ["a part of a day is counted twice", surveys, "seen: survey.seen + more.seen,", "seen: survey.seen + 2 * more.seen,"],
  ["what another run has counted is counted again", surveys, "  if (!isListed(listed, part)) return listed;\n", ""],
  ["what is gone counts as seen", surveyCounts, "seen: isKept ? archived - missing :", "seen: isKept ? archived :"],
  [
    "what the source had forgotten counts as looked at",
    surveyCounts,
    "unread: isKept ? null : [from, earlier(until, surelyKeptFrom(run))],",
    "unread: null,",
  ],
  [
    "an attempt that failed is not on record",
    surveyEntries,
    `  if (reason === null) return;`,
    `  if (reason !== "scan-incomplete" || error !== null) return;`,
  ],
];

const sealing: readonly Change[] = [
  ["a log is signed unchecked", checkDay, "  haltAt(result.faults);\n", ""],
  [
    "a gid that is there twice keeps all later days waiting for ever",
    checkDay,
    "  const { faults, count } = await locateDoubles(deps, [log], suspectsOf([result]), MAX_FAULTS, unread);\n",
    "  const { faults, count } = await locateDoubles(deps, [log], suspectsOf([result]), MAX_FAULTS, unread);\n  haltAt(faults);\n",
  ],
  ["a gid that is there twice is told to nobody", sealer, "    if (day.doubles.first !== null) {", "    if (false) {"],
  [
    "what expired unsealed keeps all later days waiting for ever",
    checkDay,
    "  if (mayBeExpired && last === null && isFrontMissing)",
    "  if (false)",
  ],
  [
    "what is missing counts as expired",
    checkDay,
    "  if (mayBeExpired && last === null && isFrontMissing)",
    "  if (last === null && isFrontMissing)",
  ],
  [
    "a day that expired unsealed is called quiet and complete",
    due,
    "  if (look?.entry.complete && !isGone) {",
    "  if (look?.entry.complete) {",
  ],
  ["days are sealed of a workspace that nobody archives", sealer, "const held = isRetired ? ", "const held = false ? "],
  [
    "what was sealed before is not compared",
    checkDay,
    "  if (last !== null && sealed > 0) checkSealed(workspace, last, at(sealed)!);\n",
    "  void checkSealed;\n",
  ],
  [
    "whatever log a look found is trusted",
    checkDay,
    "if (looked > 0 && at(looked)!.manifestHash !== look!.manifest)",
    "if (false)",
  ],
  ["the end of the chain is not checked", sealEnd, "  haltAt(report.violations);\n  if", "  if"],
  [
    "a seal does not name the one before",
    sealer,
    "  prev: newest?.sha256 ?? null,",
    `  prev: newest && "0".repeat(64),`,
  ],
  [
    "a day that nobody looked at is skipped",
    due,
    "if (!isLookedAt(looks.get(day) ?? []) && day > lastWaited) break;",
    "if (!isLookedAt(looks.get(day) ?? []) && day > lastWaited) continue;",
  ],
  [
    "a day is sealed before anybody has looked",
    due,
    "if (!isLookedAt(looks.get(day) ?? []) && day > lastWaited) break;",
    "",
  ],
  [
    "a day that nobody can look at keeps the later ones waiting for ever",
    due,
    "shiftDay(lastSettled, -WAIT_DAYS);",
    "ODD_DAY;",
  ],
  ["a day is due when it ends", due, "nowMs - DAY_MS - settledAfterHours * HOUR_MS", "nowMs - DAY_MS"],
  [
    "any look counts as one to the end, when it is asked what is due",
    due,
    "looks.some(({ entry }) => entry.complete);",
    "looks.length > 0;",
  ],
  [
    "a look that was cut off is called complete",
    due,
    "  if (look?.entry.complete && !isGone) {",
    "  if (look && !isGone) {",
  ],
  [
    "the first look is named, and not the last",
    due,
    "looks.findLast(({ entry }) => entry.complete)",
    "looks.find(({ entry }) => entry.complete)",
  ],
  [
    "of the gaps the first one is told",
    due,
    "look.unread.map(([from, until]) =>",
    "look.unread.slice(0, 1).map(([from, until]) =>",
  ],
  ["a late seal does not name the one before it", sealer, "before: last?.number ?? null,", "before: null,"],
  ["what came after a seal is forgotten", lookBack, "    if (number > (last?.segments ?? 0)) {", "    if (false) {"],
  [
    "a gap stays when it was closed",
    lookBack,
    `last === null ? isComplete : last.state === "incomplete" && isComplete`,
    "last === null ? isComplete : false",
  ],
  [
    "a later look is named by no seal",
    lookBack,
    "    else if (last !== null) again.push(",
    "    else if (false) again.push(",
  ],
  [
    "a later look is named with the number of the one before",
    lookBack,
    "number: newest.entry.number,",
    "number: look,",
  ],
  [
    "what came late to a day that may have expired is forgotten",
    lookBack,
    "if (last === null || day === ODD_DAY || number <= last.segments || !log.isWhole) return;",
    "return;",
  ],
  [
    "a day with a hole is sealed late where segments expire",
    lookBack,
    "number <= last.segments || !log.isWhole) return;",
    "number <= last.segments) return;",
  ],
  [
    "the odd day's log that has begun anew is taken for the sealed one",
    lookBack,
    "day === ODD_DAY || number <= last.segments",
    "number <= last.segments",
  ],
  [
    "verify takes the odd day's log that has begun anew for the sealed one",
    verifySeals,
    "    if (wrong.length > 0 && mayBeNew) return false;\n",
    "",
  ],
  [
    "what has no time is never sealed",
    lookBack,
    `    if (day > end.lastDay || (from !== null && day < from && day !== ODD_DAY)) continue;`,
    `    if (day > end.lastDay || day === ODD_DAY || (from !== null && day < from)) continue;`,
  ],
  [
    "what is older than the first look is never sealed",
    lookBack,
    "const from = end.firstDay === end.lastDay ? null : shiftDay(lastSealing(end, today), -BACK_DAYS);",
    "const from = shiftDay(lastSealing(end, today), -BACK_DAYS);",
  ],
  [
    "what came while nobody sealed is forgotten",
    lookBack,
    "shiftDay(lastSealing(end, today), -BACK_DAYS)",
    "shiftDay(today, -BACK_DAYS)",
  ],
  [
    "a seal of unknown fate counts as stored",
    writeSeal,
    `  if ((await archive.create(key, bytes)) !== "created") {\n    const found = await archive.get(key);`,
    `  if ((await archive.create(key, bytes)) === "exists") {\n    const found = await archive.get(key);`,
  ],
  [
    "a seal whose number is taken counts as stored",
    writeSeal,
    `  if ((await archive.create(key, bytes)) !== "created") {\n    const found = await archive.get(key);`,
    `  if ((await archive.create(key, bytes)) === "unknown") {\n    const found = await archive.get(key);`,
  ],
  ["two sealers number side by side", writeSeal, "    if (!found.equals(bytes)) return null;\n", ""],
  ["the answer of the signer is not verified", writeSeal, "  if (!isSignature(own, text, signature))", "  if (false)"],
  ["the public key is put nowhere", sealer, "    await writePublicKey(archive, signer);\n", ""],
  ["a key takes over without the one before", sealer, `reason === "loss" ? [next] : [signer, next]`, "[next]"],
  [
    "a key that handed over comes back",
    sealer,
    "  if (keys.some((span) => isSignedBy(span, nextKey)))",
    "  if (false)",
  ],
  ["a key that is not in force signs", sealEnd, "  if (!keys.some((key) => isSignedBy(inForce, key)))", "  if (false)"],
];

/** By what they are about. */
const RULES: Readonly<Record<string, readonly Change[]>> = {
  "each event once, and nothing passed over": archiving,
  "what is due is read, whatever cuts a run off": progress,
  "silence is believed at the second look": silence,
  "what was looked at is on record": coverage,
  "what is signed was checked, and leaves nothing out": sealing,
};

export const MUTANTS: readonly Mutant[] = Object.values(RULES)
  .flat()
  .map(([name, file, text, instead]) => ({
    name,
    file,
    text,
    instead,
    ...(Object.hasOwn(killers, name) && { killer: (killers as Record<string, Killer>)[name]! }),
  }));

/** How many there are, and what notices them, for docs/evidence.md. */
export function describeRules(): string {
  const rows = Object.entries(RULES).map(([about, changes]) => {
    const found = changes.map(([name]) => typeof (killers as Record<string, Killer>)[name]);
    const count = (kind: string) => found.filter((one) => one === kind).length;
    return `| ${about} | ${changes.length} | ${count("string")} | ${count("number")} |`;
  });
  return ["| about | broken rules | noticed by a row | by a seed |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
