import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { type AlarmDefinition, archiveMetric } from "./alarms.ts";
import { COPY_DIFFERS } from "./columnar-steps.ts";

/** Days in a row on which the copy was not brought up to date, before an alarm goes off. */
const PATIENCE_DAYS = 3;

/** What is about the columnar copy, where there is one. Each execution that comes to its end reports the one metric. */
export function columnarAlarms(archiveName: string): AlarmDefinition[] {
  const differs = (period: Duration) => archiveMetric({ name: COPY_DIFFERS }, archiveName, period);
  return [
    {
      heading: "Copy differs from the record",
      wrong: "The columnar copy does not hold what the record holds; questions are answered from the record alone.",
      todo: "Find out who wrote to the copy's bucket; the next execution makes the copy anew.",
      metric: differs(Duration.hours(1)),
      threshold: 1,
      missing: TreatMissingData.IGNORE, // The last state holds until an execution reports another.
    },
    {
      heading: `Copy not brought up to date for ${PATIENCE_DAYS} days`,
      wrong: `For ${PATIENCE_DAYS} days in a row, no execution has brought the columnar copy up to date, so that questions are slower than they could be.`,
      todo: "Read the error of the newest execution; if there is none, check whether its schedule is enabled.",
      metric: differs(Duration.days(1)),
      threshold: 1,
      evaluationPeriods: PATIENCE_DAYS,
      missing: TreatMissingData.BREACHING, // An execution that fails, or does not start, reports nothing.
    },
  ];
}
