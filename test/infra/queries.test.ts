import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { CfnWorkGroup } from "aws-cdk-lib/aws-athena";
import { CfnDatabase } from "aws-cdk-lib/aws-glue";
import { describe, expect, it } from "vitest";
import { ArchiveQueries } from "../../infra/constructs/archive-queries.ts";
import { loadQuestions, toAthena } from "../../sql/questions.ts";
import { loadViews } from "../../sql/views.ts";

function synthesize(): Template {
  const stack = new Stack(new App(), "Test");
  const database = new CfnDatabase(stack, "Database", { catalogId: "1", databaseInput: { name: "asana" } });
  const workgroup = new CfnWorkGroup(stack, "Workgroup", { name: "Asana" });
  new ArchiveQueries(stack, "Queries", { database, databaseName: "asana", workgroup, workgroupName: "Asana" });
  return Template.fromStack(stack);
}

const template = synthesize();
const views = Object.values(template.findResources("AWS::Glue::Table")).map((table) => table["Properties"].TableInput);
const queries = Object.values(template.findResources("AWS::Athena::NamedQuery"));

describe("views are made at deploy", () => {
  it("all of them, stored as Athena stores a view", () => {
    expect(views.map((view) => view.Name).sort()).toEqual(
      loadViews()
        .map((view) => view.name)
        .sort(),
    );
    for (const view of views) {
      expect(view).toMatchObject({
        TableType: "VIRTUAL_VIEW",
        Parameters: { presto_view: "true", comment: "Presto View" },
        ViewExpandedText: "/* Presto View */",
        Owner: "asana-audit-archive",
      });
      // Trino takes a description for the comment that marks a view.
      expect(view).not.toHaveProperty("Description");
    }
  });

  it("with the SQL of their file, and a type for every column", () => {
    for (const view of loadViews()) {
      const stored = views.find((candidate) => candidate.Name === view.name);
      const definition = JSON.parse(Buffer.from(stored.ViewOriginalText.slice(16, -3), "base64").toString());
      expect(stored.ViewOriginalText).toMatch(/^\/\* Presto View: [A-Za-z0-9+/=]+ \*\/$/);
      expect(definition).toEqual({
        originalSql: view.sql,
        catalog: "awsdatacatalog",
        schema: "asana",
        columns: view.columns.map(({ name, type }) => ({ name, type })),
      });
      expect(stored.StorageDescriptor.Columns.map((column: { Name: string }) => column.Name)).toEqual(
        view.columns.map((column) => column.name),
      );
    }
  });

  it("within what Athena takes of a query and Glue of a text", () => {
    for (const view of loadViews()) expect(Buffer.byteLength(view.sql)).toBeLessThan(262_144);
    for (const view of views) expect(view.ViewOriginalText.length).toBeLessThan(409_600);
  });

  it("after their database", () => {
    for (const table of Object.values(template.findResources("AWS::Glue::Table"))) {
      expect(table["DependsOn"]).toContain("Database");
    }
  });
});

describe("questions are named queries", () => {
  it("all of them, in the archive's workgroup, with the sentence that says when one asks", () => {
    const named = queries.map(({ Properties: { Name, Description, WorkGroup, Database } }) => {
      return [Name, Description, WorkGroup, Database];
    });
    expect(named.sort()).toEqual(
      loadQuestions()
        .map((question) => [question.name, question.sentence, "Asana", "asana"])
        .sort(),
    );
  });

  it("with a question mark for each parameter and a remark on what it stands for", () => {
    for (const { Properties: query } of queries) {
      const { order } = toAthena(loadQuestions().find((question) => question.name === query.Name)!);
      expect(query.QueryString.match(/\?/g) ?? []).toHaveLength(order.length);
      for (const [index, name] of order.entries()) expect(query.QueryString).toContain(`\n-- ${index + 1}. ${name} (`);
      expect(query.QueryString).toMatch(/WHERE \(?dt\b/);
      // What Athena takes.
      expect(Buffer.byteLength(query.QueryString)).toBeLessThan(262_144);
      expect(query.Description.length).toBeLessThan(1_024);
      expect(query.Name.length).toBeLessThan(128);
    }
  });
});
