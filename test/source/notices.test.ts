import { describe, expect, it } from "vitest";
import { errorBody, OFFSET, scriptedSource, shown, TOKEN } from "./scripted.ts";

describe("a change of the API", () => {
  it("that affects us is logged once for each name, however often it is sent, and fails nothing", async () => {
    const change = [
      "name=new_user_task_lists;info=https://forum.asana.com/t/1,2;affected=true",
      "name=project_templates;info=https://forum.asana.com/t/3",
      " name=other ; info=https://forum.asana.com/t/4?a=b ; affected=true",
      "name=bare;affected=true",
      "name=never;affected=false",
    ].join(",");
    const { ask, logs } = scriptedSource([{ headers: { "asana-change": change } }]);
    await ask();
    await ask();
    const told = { level: "warn", message: "a change of the Asana API affects this client" };
    expect(logs).toEqual([
      { ...told, fields: { name: "new_user_task_lists", info: "https://forum.asana.com/t/1,2" } },
      { ...told, fields: { name: "other", info: "https://forum.asana.com/t/4?a=b" } },
      { ...told, fields: { name: "bare", info: "" } },
    ]);
  });

  it.each(["", "affected=true", ";;,=,", "name=", "x".repeat(10_000)])(
    "that cannot be read (%.20j) is ignored",
    async (header) => {
      const { ask, logs } = scriptedSource([{ headers: { "asana-change": header } }]);
      expect(await ask()).toMatchObject({ kind: "page" });
      expect(logs).toEqual([]);
    },
  );

  it.each([undefined, OFFSET])("is told without the token and the offset (%s) that it echoes", async (offset) => {
    const change = `name=new ${TOKEN};info=https://forum.asana.com/${OFFSET};affected=true`;
    const { ask, logs } = scriptedSource([{ headers: { "asana-change": change } }]);
    await ask(offset === undefined ? {} : { offset });
    expect(logs.length).toBe(1);
    expect(shown(logs)).not.toContain(TOKEN);
    if (offset !== undefined) expect(shown(logs)).not.toContain(offset);
  });

  it("is told of a hundred times at most", async () => {
    const change = Array.from({ length: 500 }, (_, i) => `name=n${i};affected=true`).join(",");
    const { ask, logs } = scriptedSource([{ headers: { "asana-change": change } }]);
    await ask();
    expect(logs.length).toBe(100);
  });
});

describe("the phrase of a server error", () => {
  it("is logged, on one line and short", async () => {
    const phrase = `6 sad squid snuggle softly\u0007\r\n\u202e${"x".repeat(500)}`;
    const { ask, logs } = scriptedSource([{ status: 500, body: errorBody("Server Error", { phrase }) }, {}]);
    await ask();
    const logged = logs[0]?.fields["phrase"];
    expect(logged).toMatch(/^6 sad squid snuggle softly x+…$/);
    expect(String(logged).length).toBe(200);
    expect(logs[0]).toMatchObject({ level: "warn", fields: { status: 500, attempt: 1 } });
  });

  it("may be missing, and its place may hold anything", async () => {
    const long = `"${"x".repeat(70_000)}"`;
    const bodies = ["", "<html>", "null", "[]", '{"errors":{}}', '{"errors":[null,5,{"phrase":{}}]}', long];
    const { ask, logs } = scriptedSource([...bodies.map((body) => ({ status: 500, body })), {}], {
      settings: { maxAttempts: 20 },
    });
    expect(await ask()).toMatchObject({ kind: "page" });
    expect(logs.map(({ fields }) => fields["phrase"])).toEqual(bodies.map(() => undefined));
  });
});
