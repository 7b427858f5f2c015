import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import {
  DIMENSIONS,
  isSent,
  METRICS,
  METRICS_NAMESPACE,
  type MetricDefinition,
  SEALING,
  UNCOLLECTED,
  UNSTAMPED,
  UNVERIFIED,
} from "../contract.ts";
import type { MetricValues } from "./run-metrics.ts";

/** Writes EMF lines to standard output, which CloudWatch turns into metrics. */
export const createMetrics = (archiveName: string): Metrics =>
  new Metrics({ namespace: METRICS_NAMESPACE, serviceName: archiveName });

/** Publishes at the end of an invocation, failed or not. Powertools' own middleware warns of a run that has nothing to tell, which is usual. */
export function publishing(metrics: Metrics): MiddlewareObj {
  const publish = () => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    else metrics.clearDimensions();
  };
  return { after: publish, onError: publish };
}

/** Kept until the invocation ends, when the middleware publishes them. */
export function addRunMetrics(metrics: Metrics, workspace: string, values: MetricValues, nowMs: number): void {
  metrics.addDimension(DIMENSIONS.workspace, workspace);
  for (const [key, value] of Object.entries(values)) add(metrics, METRICS[key as keyof typeof METRICS], value, nowMs);
}

export const addCensusMetric = (metrics: Metrics, uncollected: number, nowMs: number): void =>
  add(metrics, UNCOLLECTED, uncollected, nowMs);

export const addStampMetric = (metrics: Metrics, unstamped: number, nowMs: number): void =>
  add(metrics, UNSTAMPED, unstamped, nowMs);

export const addVerificationMetric = (metrics: Metrics, isVerified: boolean, nowMs: number): void =>
  add(metrics, UNVERIFIED, isVerified ? 0 : 1, nowMs);

export function addSealingMetrics(
  metrics: Metrics,
  values: Readonly<Record<keyof typeof SEALING, number>>,
  nowMs: number,
): void {
  for (const [key, value] of Object.entries(values)) add(metrics, SEALING[key as keyof typeof SEALING], value, nowMs);
}

function add(metrics: Metrics, definition: MetricDefinition, value: number, nowMs: number): void {
  if (isSent(definition, value, nowMs)) metrics.addMetric(definition.name, MetricUnit[definition.unit], value);
}
