/** What is around the work of each function: a logger and metrics that bear the archive's name, and an end in time. */
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { ENVIRONMENT, TIME_IN_HAND_MS } from "../contract.ts";
import { createLogger, createPowertoolsLogger } from "./log.ts";
import { createMetrics, publishing } from "./metrics.ts";

/** What a function does at an invocation. The signal aborts when Lambda's time is nearly up. */
type Work<Answer> = (event: unknown, context: Context, options: { readonly signal: AbortSignal }) => Promise<Answer>;

/** `powertools`: for keys that all lines of an invocation have. `handlerOf` makes the handler that Lambda calls. */
export function createFunctionParts(environment: Readonly<Record<string, string | undefined>>) {
  const archiveName = environment[ENVIRONMENT.archive] ?? "unnamed";
  const powertools = createPowertoolsLogger(archiveName, environment[ENVIRONMENT.logLevel]?.toUpperCase());
  const metrics = createMetrics(archiveName);
  const handlerOf = <Answer>(work: Work<Answer>) =>
    middy<unknown, Answer, Error, Context>({ timeoutEarlyInMillis: TIME_IN_HAND_MS, timeoutEarlyResponse })
      .use(injectLambdaContext(powertools, { resetKeys: true }))
      .use(publishing(metrics))
      .handler(work);
  return { archiveName, powertools, metrics, log: createLogger(powertools), handlerOf };
}

/** When time is up, Middy aborts the signal and would answer in place of the work, which answers itself. */
const timeoutEarlyResponse = (): Promise<never> => new Promise(() => {});
