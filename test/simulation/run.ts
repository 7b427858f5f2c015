/** One run of the real core in one simulated process. */
import { drain } from "../../lambda/drain/drain.ts";
import type { RunReport } from "../../lambda/drain/report.ts";
import { type RescanWhat, rescan } from "../../lambda/drain/rescan.ts";
import type { DrainOptions, RunDeps } from "../../lambda/drain/run.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { Checkpoint, PageRequest } from "../../lambda/ports.ts";
import type { Decide } from "./draw-fault.ts";
import type { Looker } from "./looks.ts";
import { createProcess, type Process } from "./process.ts";
import { createSourcePort } from "./source-port.ts";
import { codec, type Stage, WORKSPACE } from "./stage.ts";
import { Violation } from "./violation.ts";
import { createWireSource } from "./wire.ts";
import { GRACE_MS } from "./world.ts";

export type Outcome =
  | { readonly kind: "report"; readonly report: RunReport }
  | { readonly kind: "error"; readonly error: ArchiverError }
  | { readonly kind: "died" };

export interface Run {
  readonly process: Process;
  /** The checkpoint when it began. */
  readonly found: Checkpoint | undefined;
  readonly requests: PageRequest[];
  /** Pages it got that were empty and without an offset. */
  blanks: number;
  /** null while it goes on. */
  outcome: Outcome | null;
}

export interface RunPlan extends Required<Pick<DrainOptions, "settings" | "limits">> {
  readonly what: "drain" | RescanWhat;
  readonly writer: string;
  /** When it is told that its time is up; it is killed soon after. */
  readonly timeMs: number;
  /** Left out, faults are drawn at the rates of the seed. */
  readonly decide?: Decide;
  /** The process's clock less the true one. Left out, it is drawn. */
  readonly skewMs?: number;
}

export function startRun(stage: Stage, name: string, plan: RunPlan): Run {
  const { time, trace } = stage;
  const looker = lookerOf(plan.what);
  const process = createProcess(stage, name, { ...plan, looker });
  const run: Run = { process, found: stage.saved.get(WORKSPACE), requests: [], blanks: 0, outcome: null };
  const deadline = new AbortController();
  time.after(plan.timeMs).then(() => {
    if (run.outcome !== null) return;
    trace.note(`${name} time is up`);
    deadline.abort(new Error("time is up"));
  });
  const killAfter = async (delayMs: number): Promise<void> => {
    await time.after(delayMs);
    const frozenMs = process.frozenUntilMs() - time.now();
    if (run.outcome !== null) return;
    if (frozenMs >= 0) await killAfter(frozenMs + GRACE_MS);
    else process.kill("killed at its deadline");
  };
  killAfter(plan.timeMs + GRACE_MS);
  const port = stage.isWired ? createWireSource(stage, process) : createSourcePort(stage, process);
  const deps: RunDeps = {
    ...process.stores,
    source: {
      page: async (request, signal) => {
        run.requests.push(request);
        const page = await port.page(request, signal);
        if (page.kind === "page" && page.events.length === 0 && page.offset === null) run.blanks += 1;
        return page;
      },
    },
    clock: process.clock,
    codec,
    log: () => undefined,
    writer: plan.writer,
    runId: name,
  };
  const options = {
    workspace: WORKSPACE,
    settings: { ...plan.settings, expireAfterDays: stage.world.expireAfterDays },
    limits: plan.limits,
  };
  trace.note(`${name} starts: ${JSON.stringify(plan.what)}`);
  const work =
    plan.what === "drain"
      ? drain(deps, options, deadline.signal)
      : rescan(deps, { ...options, what: plan.what }, deadline.signal);
  const finish = (outcome: Outcome): void => {
    if (run.outcome !== null) return;
    run.outcome = process.isDead() ? { kind: "died" } : outcome;
    const words = outcome.kind === "report" ? outcome.report.outcome : "";
    if (run.outcome.kind !== "died") checkKept(stage, run, plan, run.outcome);
    trace.note(`${name} ends: ${run.outcome.kind} ${outcome.kind === "error" ? outcome.error.message : words}`);
  };
  process.died.then(() => finish({ kind: "died" }));
  work.then(
    (report) => finish({ kind: "report", report }),
    (error: unknown) => {
      if (error instanceof ArchiverError) return finish({ kind: "error", error });
      if (!process.isDead() && !(error instanceof Violation)) {
        stage.violations.push(new Violation("errors", `${name} threw ${error instanceof Error ? error.stack : error}`));
      }
      finish({ kind: "died" });
    },
  );
  return run;
}

function lookerOf(what: RunPlan["what"]): Looker {
  if (what === "drain") return "drain";
  return what.kind === "due" ? "rescan" : "other";
}

/** What a run was told must be asked of the checkpoint; whether that takes it is another matter. */
function checkKept(stage: Stage, run: Run, { what }: RunPlan, outcome: Outcome): void {
  const asked = run.process.asked();
  if (outcome.kind === "error" && outcome.error.notBefore !== undefined && asked?.notBefore == null) {
    stage.violations.push(new Violation("not before", `${run.process.name} was told when to come back, and forgot it`));
  }
  // A run that saved nothing leaves the state as it found it, and is judged by that unless another run has changed it.
  const saved = stage.saved.get(WORKSPACE);
  const state = asked ?? (saved === run.found ? saved?.state : undefined);
  if (state === undefined || what !== "drain" || outcome.kind !== "report") return;
  const { watermark, tail } = state;
  // Behind what became a span, nothing need have happened yet.
  const isBehind = tail?.from != null && watermark !== null && tail.from > watermark;
  const isBlank = run.requests.length === 1 && run.blanks === 1 && !isBehind;
  if (isBlank && outcome.report.watermark !== null && state.blankRuns === 0) {
    stage.violations.push(new Violation("blank", `${run.process.name} saw nothing at all, and did not count it`));
  }
}
