import type { CfnTable } from "aws-cdk-lib/aws-glue";

/** The log begins a day later; what has no readable day lies on this one, and a day outside the range is invisible. */
const FIRST_DAY = "2021-10-07";

/**
 * Days and workspaces are computed, not registered. NOW is UTC; one day more, so that a clock ahead of ours hides
 * nothing. The default field delimiter, U+0001, cannot be in valid JSON, so a line is one field.
 */
export function eventLines(bucketName: string, workspaces: readonly string[]): CfnTable.TableInputProperty {
  const location = `s3://${bucketName}/events/`;
  return {
    name: "event_lines",
    description: "Every archived event: its JSON as received, one a row",
    tableType: "EXTERNAL_TABLE",
    partitionKeys: [
      { name: "workspace", type: "string" },
      { name: "dt", type: "string" },
    ],
    storageDescriptor: {
      columns: [{ name: "line", type: "string" }],
      location,
      inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
      outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
      serdeInfo: {
        serializationLibrary: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        parameters: { "serialization.format": "1" },
      },
    },
    parameters: {
      EXTERNAL: "TRUE",
      "projection.enabled": "true",
      "projection.workspace.type": "enum",
      "projection.workspace.values": workspaces.join(","),
      "projection.dt.type": "date",
      "projection.dt.format": "yyyy-MM-dd",
      "projection.dt.range": `${FIRST_DAY},NOW+1DAYS`,
      "projection.dt.interval": "1",
      "projection.dt.interval.unit": "DAYS",
      "storage.location.template": `${location}workspace=$\{workspace}/dt=$\{dt}/`,
    },
  };
}
