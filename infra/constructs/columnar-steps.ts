import { DIMENSIONS, METRICS_NAMESPACE } from "../../lambda/contract.ts";
import { type ColumnarStatement, UNDATED_DAY } from "../../sql/columnar.ts";
import { type ColumnarPlanProps, NEVER, planOf } from "./columnar-plan.ts";

/** What one execution may be told; a schedule tells it nothing. */
export interface ColumnarInput {
  /** Looks at the last 92 days, as once a week. */
  readonly isWide?: boolean;
  /** Drops the copy and fills it again. */
  readonly isAnew?: boolean;
}

export interface ColumnarStepsProps extends ColumnarPlanProps {
  readonly statements: Readonly<Record<ColumnarStatement, string>>;
  readonly databaseName: string;
  readonly workgroupName: string;
  readonly archiveBucketName: string;
  readonly archiveName: string;
}

/** Events may come into the record between the copying and the comparison. More often than this, it is something else. */
const TRIES = 3;

/**
 * An execution leaves the work to one that began before it, and so would all others for as long as one hangs: it is over
 * before the next day's begins.
 */
const TIMEOUT_HOURS = 12;

/** The name of an error and of a metric. */
export const COPY_DIFFERS = "CopyDiffers";

/**
 * The state machine that keeps the columnar copy, in Amazon States Language with JSONata: what is done in which order, and what
 * follows from a comparison. `planOf` says on which days; `events_copied` says how far the copy goes.
 */
export function columnarSteps(props: ColumnarStepsProps): object {
  const { statements, workspaces } = props;
  const athena = athenaTasks(props);
  /** A statement for a window, which is the input of the steps of each. */
  const ofWindow = (name: ColumnarStatement) =>
    withDays(`$sql.${variable(name)}`, { since: "$states.input.since", until: "$states.input.until" });
  const plain = (name: ColumnarStatement) => `{% $sql.${variable(name)} %}`;
  const sql = Object.fromEntries(Object.entries(statements).map(([name, text]) => [variable(name), text]));
  return {
    Comment: "Copies new events of the Asana audit archive into the columnar copy, and compares the two",
    QueryLanguage: "JSONata",
    TimeoutSeconds: TIMEOUT_HOURS * 3600,
    StartAt: "Begin",
    States: {
      Begin: {
        Type: "Pass",
        Assign: { sql, startedAt: "{% $states.context.Execution.StartTime %}", order: "{% $states.input %}" },
        Next: "Find others",
      },
      // Iceberg lets two statements add the same rows at once.
      "Find others": {
        Type: "Task",
        Resource: "arn:aws:states:::aws-sdk:sfn:listExecutions",
        Arguments: { StateMachineArn: "{% $states.context.StateMachine.Id %}", StatusFilter: "RUNNING" },
        Assign: { isFirst: IS_FIRST },
        Output: {},
        Retry: RETRY,
        Next: "Alone",
      },
      Alone: {
        Type: "Choice",
        Choices: [{ Condition: "{% $isFirst %}", Next: "Read copied" }],
        Default: "Left to another",
      },
      "Left to another": { Type: "Succeed" },
      // A text that is empty may come as a cell without a value.
      ...athena.ask(
        "Read copied",
        plain("read-copied"),
        { until: "{% $string($states.result.ResultSet.Rows[1].Data[0].VarCharValue) & '' %}" },
        "How far",
      ),
      "How far": {
        Type: "Choice",
        Choices: [{ Condition: `{% $until = '${NEVER}' or $order.isAnew = true %}`, Next: "Show record" }],
        Default: "Find first",
      },
      ...reset("", athena, "Drop"),
      ...athena.run("Drop", plain("drop"), "Create"),
      ...athena.run("Create", plain("create"), "Find first"),
      "Find first": {
        Type: "Map",
        Items: [...workspaces],
        MaxConcurrency: 5,
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "First of workspace",
          States: {
            "First of workspace": {
              Type: "Task",
              Resource: "arn:aws:states:::aws-sdk:s3:listObjectsV2",
              Arguments: {
                Bucket: props.archiveBucketName,
                Prefix: "{% 'events/workspace=' & $states.input & '/dt=' %}",
                StartAfter: `{% 'events/workspace=' & $states.input & '/dt=${UNDATED_DAY}/~' %}`,
                MaxKeys: 1,
              },
              Output: FIRST_DAY,
              Retry: RETRY,
              End: true,
            },
          },
        },
        Assign: { first: "{% $sort($states.result)[0] %}" },
        Next: "Plan",
      },
      Plan: { Type: "Pass", Assign: { plan: planOf(props) }, Next: "Is expiring" },
      "Is expiring": {
        Type: "Choice",
        Choices: [{ Condition: "{% $plan.forgotten != '' %}", Next: "Forget" }],
        Default: "Copy",
      },
      ...athena.run("Forget", withDays("$sql.forget", { since: "'0000-00-00'", until: "$plan.forgotten" }), "Copy"),
      Copy: {
        Type: "Map",
        Items: "{% $plan.windows %}",
        MaxConcurrency: 1,
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "Begin window",
          States: {
            "Begin window": { Type: "Pass", Assign: { tries: 0 }, Next: "Is window expiring" },
            "Is window expiring": {
              Type: "Choice",
              Choices: [{ Condition: "{% $states.input.isExpiring %}", Next: "Forget window" }],
              Default: "Merge",
            },
            ...athena.run("Forget window", ofWindow("forget"), "Merge"),
            ...athena.run("Merge", ofWindow("merge"), "Check"),
            ...athena.ask(
              "Check",
              ofWindow("check"),
              {
                isEqual: "{% $states.result.ResultSet.Rows[1].Data[2].VarCharValue = 'true' %}",
                tries: "{% $tries + 1 %}",
              },
              "Compare",
            ),
            Compare: {
              Type: "Choice",
              Choices: [
                { Condition: "{% $isEqual %}", Next: "Show copy" },
                { Condition: `{% $tries < ${TRIES} %}`, Next: "Is window expiring" },
              ],
              Default: "Differs",
            },
            Differs: {
              Type: "Fail",
              Error: COPY_DIFFERS,
              Cause:
                "{% 'The columnar copy differs from the record between ' & $states.input.since & ' and ' & $states.input.until %}",
            },
            ...athena.run("Show copy", withDays("$sql.show_copy", { until: REACHED }), "Note copied"),
            ...athena.run(
              "Note copied",
              withDays("$sql.note_copied", { until: REACHED, checked_at: STARTED_AT }),
              null,
            ),
          },
        },
        Output: {},
        Catch: [{ ErrorEquals: [COPY_DIFFERS], Next: "Show record instead" }],
        Next: "Is monthly",
      },
      "Is monthly": {
        Type: "Choice",
        Choices: [{ Condition: "{% $plan.isMonthly %}", Next: "Optimize" }],
        Default: "Report equal",
      },
      ...athena.run("Optimize", withDays("$sql.optimize", { month: "$plan.oldestMonth" }), "Vacuum"),
      ...athena.run("Vacuum", plain("vacuum"), "Report equal"),
      "Report equal": { ...report(props, 0), End: true },
      ...reset(" instead", athena, "Report difference"),
      "Report difference": { ...report(props, 1), Next: "Copy differs" },
      "Copy differs": {
        Type: "Fail",
        Error: COPY_DIFFERS,
        Cause: "See the runbook: Copy differs from the record",
      },
    },
  };
}

const variable = (name: string): string => name.replaceAll("-", "_");

/** All questions are answered from the record again, and the execution knows of no copy. */
function reset(suffix: string, athena: ReturnType<typeof athenaTasks>, next: string): Record<string, object> {
  return {
    ...athena.run(`Show record${suffix}`, "{% $sql.show_record %}", `Note nothing copied${suffix}`, { until: NEVER }),
    ...athena.run(
      `Note nothing copied${suffix}`,
      withDays("$sql.note_copied", { until: "$until", checked_at: STARTED_AT }),
      next,
    ),
  };
}

/** Throttled calls, and what AWS gives up on by itself; whatever else fails will do so again. */
const RETRY = [{ ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 20, MaxAttempts: 3, BackoffRate: 3 }];

function athenaTasks({ databaseName, workgroupName }: ColumnarStepsProps) {
  const query = (sql: string) => ({
    Type: "Task",
    Resource: "arn:aws:states:::athena:startQueryExecution.sync",
    Arguments: {
      QueryString: sql,
      WorkGroup: workgroupName,
      QueryExecutionContext: { Catalog: "AwsDataCatalog", Database: databaseName },
    },
    Retry: RETRY,
  });
  return {
    /** A statement without an answer. `next` null: the last one. The step's input is that of the next one. */
    run: (name: string, sql: string, next: string | null, Assign?: object): Record<string, object> => ({
      [name]: {
        ...query(sql),
        ...(Assign === undefined ? {} : { Assign }),
        Output: "{% $states.input %}",
        ...(next === null ? { End: true } : { Next: next }),
      },
    }),
    /** A question, and what variables get of its rows, of which the first is the header. The next step has its input. */
    ask: (name: string, sql: string, Assign: Record<string, string>, Next: string): Record<string, object> => ({
      [name]: {
        ...query(sql),
        // A name of its own for each: no variable of a window may have the name of one outside of it.
        Assign: { [`queryOf${name.replace(" ", "")}`]: "{% $states.result.QueryExecution.QueryExecutionId %}" },
        Output: "{% $states.input %}",
        Next: `${name} answer`,
      },
      [`${name} answer`]: {
        Type: "Task",
        Resource: "arn:aws:states:::athena:getQueryResults",
        Arguments: { QueryExecutionId: `{% $queryOf${name.replace(" ", "")} %}` },
        Retry: RETRY,
        Assign,
        Output: "{% $states.input %}",
        Next,
      },
    }),
  };
}

/** A statement with texts in quotes for its days, each of which is an expression. */
function withDays(statement: string, days: Readonly<Record<string, string>>): string {
  const filled = Object.entries(days).reduce(
    (sql, [name, day]) => `$replace(${sql}, ':${name}', "'" & ${day} & "'")`,
    statement,
  );
  return `{% ${filled} %}`;
}

/** Of executions that run, whether none began before this one. */
const IS_FIRST =
  "{% ( $all := $states.result.Executions; $own := $all[ExecutionArn = $states.context.Execution.Id].StartDate; " +
  "$count($all[StartDate < $own or (StartDate = $own and ExecutionArn < $states.context.Execution.Id)]) = 0 ) %}";

/** Of a workspace, from its first key; the last of all days if it has none. */
const FIRST_DAY =
  "{% $count($states.result.Contents) > 0 ? $substring($split($states.result.Contents[0].Key, '/dt=')[1], 0, 10) : '9999-12-31' %}";

/** How far the copy goes once a window is copied, which may be one of days long ago. */
const REACHED = "($states.input.until > $until ? $states.input.until : $until)";

/** As a timestamp is written in SQL. */
const STARTED_AT = "($substring($startedAt, 0, 10) & ' ' & $substring($startedAt, 11, 8))";

/** Tells whether the copy differs, to the alarm of that name. */
const report = ({ archiveName }: ColumnarStepsProps, value: 0 | 1) => ({
  Type: "Task",
  Resource: "arn:aws:states:::aws-sdk:cloudwatch:putMetricData",
  Arguments: {
    Namespace: METRICS_NAMESPACE,
    MetricData: [
      {
        MetricName: COPY_DIFFERS,
        Dimensions: [{ Name: DIMENSIONS.archive, Value: archiveName }],
        Unit: "Count",
        Value: value,
      },
    ],
  },
  Retry: RETRY,
});
