import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { PAGE, renderPage } from "./querying-doc.ts";

it("docs/querying.md has the columns, questions and answers that the code has (node test/query/querying-doc.ts)", async () => {
  const page = await readFile(PAGE, "utf8");
  expect(await renderPage(page)).toBe(page);
});
