import type { CfnTable } from "aws-cdk-lib/aws-glue";
import { UNDATED_DAY } from "../../sql/columnar.ts";

/**
 * Partitions are projected, not registered. The first is that of the odd day: Asana's log begins a day later, and days before
 * it are invisible. NOW is in UTC; the range extends one day beyond it, so that events from a clock ahead of ours are visible.
 * Valid JSON cannot contain the default field delimiter, U+0001, so a line is one field.
 */
export function eventLines(bucketName: string, workspaces: readonly string[]): CfnTable.TableInputProperty {
  const location = `s3://${bucketName}/events/`;
  return {
    name: "event_lines",
    description: "Every archived event: its JSON as received, one per row",
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
      "projection.dt.range": `${UNDATED_DAY},NOW+1DAYS`,
      "projection.dt.interval": "1",
      "projection.dt.interval.unit": "DAYS",
      "storage.location.template": `${location}workspace=$\{workspace}/dt=$\{dt}/`,
    },
  };
}
