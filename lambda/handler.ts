/**
 * Where Lambda comes in: one run of one workspace at each invocation, or the census. What failed is an invocation that
 * failed.
 */
import type { Context } from "aws-lambda";
import { type Census, takeCensus } from "./census.ts";
import { isCensus, readInput } from "./config.ts";
import type { Task } from "./contract.ts";
import { createDependencies, type OpenRun } from "./dependencies.ts";
import { drain } from "./drain/drain.ts";
import type { RunReport } from "./drain/report.ts";
import { rescan } from "./drain/rescan.ts";
import type { DrainOptions, RunDeps } from "./drain/run.ts";
import { ArchiverError } from "./errors.ts";
import type { Clock } from "./ports.ts";
import { systemClock } from "./system-clock.ts";
import { createFunctionParts } from "./telemetry/function-parts.ts";
import { describeError } from "./telemetry/log.ts";
import { addCensusMetric, addRunMetrics } from "./telemetry/metrics.ts";
import { behindSeconds, runMetrics } from "./telemetry/run-metrics.ts";

/** What an invocation answers: the run's counts, and how much is left. */
export interface RunResult extends RunReport {
  readonly task: Task;
  /** As the metric: 0 when caught up, null when it is not known. */
  readonly behindSeconds: number | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `connect` is called at the first run, and again after a call that threw. */
export function createHandler(
  environment: Environment,
  connect: (environment: Environment) => OpenRun,
  census: (environment: Environment) => Promise<Census> = takeCensus,
  clock: Pick<Clock, "now"> = systemClock,
) {
  const { powertools, metrics, log, handlerOf } = createFunctionParts(environment);
  let open: OpenRun | null = null;

  async function run(
    event: unknown,
    context: Context,
    { signal }: { signal: AbortSignal },
  ): Promise<RunResult | Census> {
    try {
      if (isCensus(event)) return await counted();
      const { workspace, task, budgetSeconds } = readInput(event);
      powertools.appendKeys({ workspace, task });
      open ??= connect(environment);
      const { deps, settings } = open(workspace, context.awsRequestId, log);
      return await watched(deps, { workspace, settings }, task, withBudget(signal, budgetSeconds));
    } catch (error) {
      log("error", "the run failed", { error: describeError(error) });
      throw error;
    }
  }

  async function counted(): Promise<Census> {
    const result = await census(environment);
    addCensusMetric(metrics, result.uncollected.length, clock.now());
    if (result.uncollected.length === 0) log("info", "every workspace of the archive is collected or retired");
    else log("warn", "workspaces are no longer collected", { workspaces: result.uncollected });
    return result;
  }

  async function watched(deps: RunDeps, options: DrainOptions, task: Task, signal: AbortSignal): Promise<RunResult> {
    let last: RunReport | null = null;
    const onProgress = (report: RunReport) => {
      last = report;
    };
    try {
      const report = await perform({ ...deps, onProgress }, options, task, signal);
      const nowMs = deps.clock.now();
      addRunMetrics(metrics, options.workspace, runMetrics({ task, report, failure: null }, nowMs), nowMs);
      const result = { ...report, task, behindSeconds: behindSeconds(report, null, nowMs) };
      log("info", "the run ended", { report: result });
      return result;
    } catch (error) {
      const failure = error instanceof ArchiverError ? error.kind : "unexpected";
      const nowMs = deps.clock.now();
      addRunMetrics(metrics, options.workspace, runMetrics({ task, report: last, failure }, nowMs), nowMs);
      if (last !== null) log("warn", "how far the run came", { report: last });
      throw error;
    }
  }

  return handlerOf(run);
}

/** Time is up when the budget is used up, or when Lambda's time is. */
const withBudget = (signal: AbortSignal, seconds: number | undefined): AbortSignal =>
  seconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);

const perform = (deps: RunDeps, options: DrainOptions, task: Task, signal: AbortSignal): Promise<RunReport> =>
  task === "drain" ? drain(deps, options, signal) : rescan(deps, { ...options, what: { kind: "due" } }, signal);

export const handler = createHandler(process.env, createDependencies);
