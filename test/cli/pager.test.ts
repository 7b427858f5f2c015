/** Real pagers, in the place of a person: they get what the terminal would get. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { createOutput } from "../../cli/output.ts";
import { throughPager } from "../../cli/pager.ts";
import { noProgress } from "../../cli/progress.ts";
import { makeDirectory } from "./run-cli.ts";

interface Screen {
  readonly pager?: string;
  readonly isTerminal?: boolean;
  readonly isWanted?: boolean;
}

function openScreen({ pager, isTerminal = true, isWanted = true }: Screen) {
  const stdout = Object.assign(new PassThrough(), { isTTY: isTerminal, columns: 80 });
  const output = createOutput(
    { stdout, stderr: new PassThrough() },
    { json: false, quiet: false, debug: false },
    noProgress,
  );
  const environment = { PATH: process.env["PATH"], ...(pager !== undefined && { PAGER: pager }) };
  const controller = new AbortController();
  const session = { output, progress: noProgress, signal: controller.signal, environment };
  return {
    output,
    controller,
    page: (print: () => Promise<void>) => throughPager(session, isWanted, print),
    async shown() {
      stdout.end();
      return await text(stdout);
    },
  };
}

it("on a terminal an answer goes through $PAGER, its head first, control characters as escapes", async () => {
  const file = join(await makeDirectory(), "paged");
  const screen = openScreen({ pager: `cat > '${file}'` });
  await screen.page(async () => {
    screen.output.say("head");
    await screen.output.data("row\u001b[2J\n");
  });
  screen.output.say("later");
  expect(await readFile(file, "utf8")).toBe("head\nrow\\u001b[2J\n");
  expect(await screen.shown()).toBe("later\n");
});

it("a pager that is only called less shows colours and ends where all fits, as it does for git", async () => {
  const file = join(await makeDirectory(), "environment");
  await openScreen({ pager: `echo "$LESS" > '${file}'` }).page(async () => undefined);
  expect(await readFile(file, "utf8")).toBe("FRX\n");
});

it.each([
  ["standard output is no terminal", { pager: "exit 1", isTerminal: false }],
  ["--no-pager is given", { pager: "exit 1", isWanted: false }],
  ["PAGER is empty", { pager: "" }],
])("there is no pager where %s", async (_, how) => {
  const screen = openScreen(how);
  await screen.page(async () => await screen.output.data("row\n"));
  expect(await screen.shown()).toBe("row\n");
});

it("a reader who has seen enough ends the printing, and that is no failure", async () => {
  const screen = openScreen({ pager: "head -n 1 > /dev/null" });
  let pieces = 0;
  await screen.page(async () => {
    for (;;) {
      await screen.output.data("x".repeat(100_000));
      await screen.output.data("\n");
      pieces += 1;
    }
  });
  expect(pieces).toBeGreaterThan(0);
});

it("a pager that fails is an error that says what to do: nobody may have seen the answer", async () => {
  const screen = openScreen({ pager: "cat > /dev/null; exit 3" });
  await expect(screen.page(async () => await screen.output.data("row\n"))).rejects.toMatchObject({
    kind: "misconfigured",
    message: expect.stringContaining("ended with code 3"),
    advice: expect.stringContaining("--no-pager"),
  });
});

it("a pager that does not exist is an error that says what to do", async () => {
  const screen = openScreen({ pager: "/no/such/pager 2> /dev/null" });
  await expect(screen.page(async () => await screen.output.data("row\n"))).rejects.toMatchObject({
    kind: "misconfigured",
    message: expect.stringContaining("cannot be started"),
    advice: "Set PAGER to another one, or add --no-pager.",
  });
});

it("an error while printing is the command's error, after the pager has shown what there was", async () => {
  const file = join(await makeDirectory(), "paged");
  const screen = openScreen({ pager: `cat > '${file}'` });
  const printed = screen.page(async () => {
    await screen.output.data("row\n");
    throw new Error("the archive is damaged");
  });
  await expect(printed).rejects.toThrow("the archive is damaged");
  expect(await readFile(file, "utf8")).toBe("row\n");
});

it("Ctrl-C ends the pager with the command", async () => {
  const screen = openScreen({ pager: "exec tail -f /dev/null" });
  const printed = screen.page(async () => screen.controller.abort(new Error("stopped")));
  await expect(printed).rejects.toThrow("stopped");
});
