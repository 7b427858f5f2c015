import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { DIMENSIONS, METRICS, METRICS_NAMESPACE, SEALING, UNCOLLECTED, UNSTAMPED, UNVERIFIED } from "../contract.ts";
import type { MetricValues } from "./run-metrics.ts";

/** Writes EMF lines to standard output, which CloudWatch turns into metrics. */
export const createMetrics = (archiveName: string): Metrics =>
  new Metrics({ namespace: METRICS_NAMESPACE, serviceName: archiveName });

/** Kept until the invocation ends, when the middleware publishes them. */
export function addRunMetrics(metrics: Metrics, workspace: string, values: MetricValues): void {
  metrics.addDimension(DIMENSIONS.workspace, workspace);
  for (const [key, value] of Object.entries(values)) {
    const { name, unit } = METRICS[key as keyof typeof METRICS];
    metrics.addMetric(name, MetricUnit[unit], value);
  }
}

export const addCensusMetric = (metrics: Metrics, uncollected: number): void => {
  metrics.addMetric(UNCOLLECTED.name, MetricUnit[UNCOLLECTED.unit], uncollected);
};

export const addStampMetric = (metrics: Metrics, unstamped: number): void => {
  metrics.addMetric(UNSTAMPED.name, MetricUnit[UNSTAMPED.unit], unstamped);
};

export const addVerificationMetric = (metrics: Metrics, isVerified: boolean): void => {
  metrics.addMetric(UNVERIFIED.name, MetricUnit[UNVERIFIED.unit], isVerified ? 0 : 1);
};

export function addSealingMetrics(metrics: Metrics, values: Readonly<Record<keyof typeof SEALING, number>>): void {
  for (const [key, { name, unit }] of Object.entries(SEALING))
    metrics.addMetric(name, MetricUnit[unit], values[key as keyof typeof SEALING]);
}
