/** Table and views exactly as the stack would make them: the TableInput of its template, sent to Glue. */
import { rmSync } from "node:fs";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code } from "aws-cdk-lib/aws-lambda";
import { ArchiverStack } from "../../infra/archiver-stack.ts";
import { readSettings } from "../../infra/settings/settings.ts";
import type { Emulator } from "./emulator.ts";

export interface CatalogTemplate {
  readonly database: string;
  /** Glue's TableInput, references resolved; the table first. */
  readonly tables: readonly (Readonly<Record<string, unknown>> & { readonly Name: string })[];
  /** SQL of the named queries, by name. */
  readonly queries: Readonly<Record<string, string>>;
  /** The steps of the state machine that keeps the columnar copy, those of a window among them. */
  readonly steps: Readonly<Record<string, ColumnarStep>>;
}

export interface ColumnarStep {
  readonly Arguments?: { readonly QueryString?: string };
  readonly Assign?: Readonly<Record<string, unknown>>;
}

export function synthesizeCatalog(options: {
  workspaces: string[];
  retired: string[];
  bucket: string;
  /** Of the columnar copy. */
  copyBucket: string;
}): CatalogTemplate {
  const app = new App();
  const stack = new ArchiverStack(
    app,
    readSettings({
      workspaces: options.workspaces,
      retiredWorkspaces: options.retired,
      alarmEmails: "none",
      columnarCopy: "on",
    }),
    Code.fromInline("exports.handler = async () => {}"),
  );
  const template = Template.fromStack(stack);
  rmSync(app.outdir, { recursive: true });
  const [database] = Object.values(template.findResources("AWS::Glue::Database"));
  const tables = Object.values(template.findResources("AWS::Glue::Table")).map(
    (table) => resolve(table["Properties"].TableInput, options.bucket) as CatalogTemplate["tables"][number],
  );
  const queries = Object.values(template.findResources("AWS::Athena::NamedQuery")).map(
    ({ Properties: query }) => [query.Name, query.QueryString] as const,
  );
  const [, machine] = Object.entries(template.findResources("AWS::StepFunctions::StateMachine")).find(([id]) =>
    /Columnar/.test(id),
  )!;
  const { States } = JSON.parse(resolve(machine["Properties"].DefinitionString, options.copyBucket) as string);
  return {
    queries: Object.fromEntries(queries),
    steps: { ...States, ...States.Copy.ItemProcessor.States },
    database: database!["Properties"].DatabaseInput.Name,
    tables: tables.sort((a, b) => Number("ViewOriginalText" in a) - Number("ViewOriginalText" in b)),
  };
}

export async function createCatalog(emulator: Emulator, catalog: CatalogTemplate): Promise<void> {
  await emulator.glue("CreateDatabase", { DatabaseInput: { Name: catalog.database } });
  for (const TableInput of catalog.tables) {
    await emulator.glue("CreateTable", { DatabaseName: catalog.database, TableInput });
  }
}

/** The only things that a table refers to are the bucket's name and joined texts. */
function resolve(value: unknown, bucket: string): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, bucket));
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if ("Ref" in record) return bucket;
  if ("Fn::Join" in record) {
    const [separator, parts] = record["Fn::Join"] as [string, unknown[]];
    return parts.map((part) => resolve(part, bucket)).join(separator);
  }
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, resolve(item, bucket)]));
}
