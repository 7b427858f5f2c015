/** Athena's engine on this machine: Trino over the emulator's Glue and S3. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findJava, freePort, type Program, startProgram, TRINO_HOME } from "./programs.ts";

export interface TrinoAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly stats: {
    readonly totalSplits: number;
    readonly physicalInputBytes: number;
    readonly processedRows: number;
    readonly cpuTimeMillis: number;
  };
}

export interface Trino extends Program {
  /** Throws an Error with Trino's message. */
  query(sql: string): Promise<TrinoAnswer>;
}

/** What Athena names the catalog of Glue, and stored views with it. */
const CATALOG = "awsdatacatalog";

export async function startTrino(options: {
  readonly folder: string;
  readonly emulatorUrl: string;
  readonly database: string;
}): Promise<Trino> {
  const java = await findJava();
  if (java === null) throw new Error("no Java");
  const port = await freePort();
  await writeSettings(options.folder, port, options.emulatorUrl);
  const url = `http://127.0.0.1:${port}`;
  const program = await startProgram(java, javaArguments(), {
    cwd: options.folder,
    // It answers before it has found itself as a node.
    isReady: async () => (await runQuery(url, options.database, "SELECT 1")).rows.length === 1,
  });
  return { ...program, query: (sql) => runOnNode(url, options.database, sql) };
}

/** On a busy machine Trino may lose sight of its only node, itself, for some seconds: no answer, and not a wrong one. */
const NO_NODE = "No nodes available";
const NODE_WAIT_MS = 1_000;
const MAX_NODE_WAITS = 60;

async function runOnNode(url: string, database: string, sql: string): Promise<TrinoAnswer> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await runQuery(url, database, sql);
    } catch (error) {
      if (waits === MAX_NODE_WAITS || !(error instanceof Error && error.message.includes(NO_NODE))) throw error;
      await delay(NODE_WAIT_MS);
    }
  }
}

const javaArguments = (): string[] => [
  ...["-cp", join(TRINO_HOME, "lib/*"), "-Xmx2G", "-XX:+ExitOnOutOfMemoryError"],
  // For many short statements on two cores: the second compiler and a collector with threads take more than they give.
  ...["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"],
  ...["-Djdk.attach.allowAttachSelf=true", "-Dfile.encoding=UTF-8", "--enable-native-access=ALL-UNNAMED"],
  ...["-Dlog.levels-file=etc/log.properties", "-Dconfig=etc/config.properties", "-Dnode.environment=test"],
  ...["-Dnode.id=local-1", "-Dnode.data-dir=var", "-Dnode.bind-ip=127.0.0.1", "-Dnode.internal-address=127.0.0.1"],
  ...[`-Dplugin.dir=${join(TRINO_HOME, "plugin")}`, "-Dcatalog.config-dir=etc/catalog", "io.trino.server.TrinoServer"],
];

/** Athena has one catalog for both kinds of table; Trino has one for each, of which the first sends on to the second. */
const ICEBERG = "iceberg";

async function writeSettings(folder: string, port: number, emulatorUrl: string): Promise<void> {
  const stores = [
    ...["fs.native-s3.enabled=true", `s3.endpoint=${emulatorUrl}`, "s3.region=us-east-1"],
    ...["s3.path-style-access=true", "s3.aws-access-key=test", "s3.aws-secret-key=test"],
    ...["hive.metastore.glue.region=us-east-1", `hive.metastore.glue.endpoint-url=${emulatorUrl}`],
    ...["hive.metastore.glue.aws-access-key=test", "hive.metastore.glue.aws-secret-key=test"],
  ];
  const files: Record<string, readonly string[]> = {
    "log.properties": ["io.trino=WARN", "io.airlift=WARN"],
    "config.properties": [
      ...["coordinator=true", "node-scheduler.include-coordinator=true", `http-server.http.port=${port}`],
      ...[`discovery.uri=http://127.0.0.1:${port}`, "query.max-memory=1GB", "query.max-memory-per-node=1GB"],
    ],
    [`catalog/${CATALOG}.properties`]: [
      ...["connector.name=hive", "hive.security=allow-all", "hive.partition-projection-enabled=true"],
      ...["hive.metastore=glue", `hive.iceberg-catalog-name=${ICEBERG}`, ...stores],
    ],
    [`catalog/${ICEBERG}.properties`]: ["connector.name=iceberg", "iceberg.catalog.type=glue", ...stores],
  };
  await mkdir(join(folder, "etc/catalog"), { recursive: true });
  for (const [name, lines] of Object.entries(files)) {
    await writeFile(join(folder, "etc", name), `${lines.join("\n")}\n`);
  }
}

interface Response {
  readonly nextUri?: string;
  readonly columns?: TrinoAnswer["columns"];
  readonly data?: readonly (readonly unknown[])[];
  readonly stats: TrinoAnswer["stats"];
  readonly error?: { readonly message: string };
}

async function runQuery(url: string, database: string, sql: string): Promise<TrinoAnswer> {
  const headers = { "X-Trino-User": "test", "X-Trino-Catalog": CATALOG, "X-Trino-Schema": database };
  let response = (await (
    await fetch(`${url}/v1/statement`, { method: "POST", headers, body: sql })
  ).json()) as Response;
  const rows: (readonly unknown[])[] = [];
  let columns: TrinoAnswer["columns"] = [];
  for (;;) {
    if (response.error !== undefined) throw new Error(`${response.error.message}\n${sql}`);
    columns = response.columns ?? columns;
    for (const row of response.data ?? []) rows.push(row);
    if (response.nextUri === undefined) return { columns, rows, stats: response.stats };
    response = (await (await fetch(response.nextUri, { headers })).json()) as Response;
  }
}

/** As Athena runs a query with execution parameters: each value a literal. */
export const executeWith = (sql: string, values: readonly string[]): string =>
  values.length === 0 ? sql : `EXECUTE IMMEDIATE ${literal(sql)} USING ${values.map(literal).join(", ")}`;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
