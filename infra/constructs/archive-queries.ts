import { Aws, Fn, Token } from "aws-cdk-lib";
import { CfnNamedQuery, type CfnWorkGroup } from "aws-cdk-lib/aws-athena";
import { type CfnDatabase, CfnTable } from "aws-cdk-lib/aws-glue";
import { Construct } from "constructs";
import { loadQuestions, type Question, toAthena } from "../../sql/questions.ts";
import { loadViews, type View, type ViewColumn } from "../../sql/views.ts";

export interface ArchiveQueriesProps {
  readonly database: CfnDatabase;
  readonly databaseName: string;
  readonly workgroup: CfnWorkGroup;
  readonly workgroupName: string;
}

/** The views over `event_lines`, and the questions as named queries. Both exist once the stack is deployed. */
export class ArchiveQueries extends Construct {
  constructor(scope: Construct, id: string, props: ArchiveQueriesProps) {
    super(scope, id);
    for (const view of loadViews()) {
      const table = new CfnTable(this, logicalName(view.name), {
        catalogId: Aws.ACCOUNT_ID,
        databaseName: props.databaseName,
        tableInput: viewInput(view, props.databaseName),
      });
      table.addResourceDependency(props.database);
    }
    for (const question of loadQuestions()) this.createNamedQuery(question, props);
  }

  private createNamedQuery(question: Question, props: ArchiveQueriesProps): void {
    const query = new CfnNamedQuery(this, logicalName(question.name), {
      name: question.name,
      description: question.sentence,
      database: props.databaseName,
      queryString: toAthena(question).sql,
      workGroup: props.workgroupName,
    });
    query.addResourceDependency(props.workgroup);
  }
}

/** Athena's name for the catalog of Glue's databases; a stored view refers to it. */
const CATALOG = "awsdatacatalog";

/**
 * A view as Athena and Trino store it: its SQL and its columns, as base64-encoded JSON in a comment. Trino refuses to run a
 * view without an owner. A description would replace the `comment` parameter by which Trino recognises a view.
 */
export function viewInput(view: View, databaseName: string): CfnTable.TableInputProperty {
  const definition = JSON.stringify({
    originalSql: view.sql,
    catalog: CATALOG,
    schema: databaseName,
    columns: view.columns.map(({ name, type }) => ({ name, type })),
  });
  const isKnown = !Token.isUnresolved(definition);
  const encoded = isKnown ? Buffer.from(definition).toString("base64") : Fn.base64(definition);
  return {
    name: view.name,
    owner: "asana-audit-archive",
    tableType: "VIRTUAL_VIEW",
    parameters: { presto_view: "true", comment: "Presto View" },
    viewOriginalText: `/* Presto View: ${encoded} */`,
    viewExpandedText: "/* Presto View */",
    storageDescriptor: {
      columns: view.columns.map((column) => ({
        name: column.name,
        type: glueType(column),
        comment: column.meaning.slice(0, MAX_COMMENT_CHARACTERS),
      })),
      location: "",
      serdeInfo: {},
    },
  };
}

/** Glue's limit. */
const MAX_COMMENT_CHARACTERS = 255;

const GLUE_TYPES: Readonly<Record<string, string>> = {
  varchar: "string",
  bigint: "bigint",
  date: "date",
  "timestamp(3)": "timestamp",
};

function glueType({ name, type }: ViewColumn): string {
  const found = GLUE_TYPES[type];
  if (found === undefined) throw new Error(`no Glue type is known for ${type} of column ${name}: add it to GLUE_TYPES`);
  return found;
}

/** `failed-sign-ins` is FailedSignIns: letters and digits only. */
const logicalName = (name: string): string =>
  name.replace(/(?:^|[-_])(\w)/g, (_, letter: string) => letter.toUpperCase());
