import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { appendEvents, eventsOf } from "../query/archive.ts";
import { makeDirectory, runCli } from "./run-cli.ts";

const event = (gid: string, createdAt: string, type: string, name: string) => ({
  gid,
  created_at: createdAt,
  event_type: type,
  actor: { actor_type: "user", gid: `7${gid}`, name, email: `${name.split(" ")[0]}@example.com` },
  resource: { resource_type: "task", gid: "88" },
});

async function exported(...args: string[]) {
  const archive = join(await makeDirectory(), "archive");
  const events = eventsOf(
    event("1", "2026-05-01T10:00:00.000Z", "user_login_failed", "Jane Doe"),
    event("2", "2026-05-03T10:00:00.000Z", "task_deleted", "Bo"),
  );
  await appendEvents(createDirectoryArchive(archive), events);
  return await runCli(["export", "--archive", archive, ...args]);
}

it("what is written to a file is for its owner alone, whatever the umask is, by every command that writes one", async () => {
  const folder = await makeDirectory();
  const archive = join(folder, "archive");
  const events = eventsOf(event("1", "2026-05-01T10:00:00.000Z", "workspace_export_started", "Jane"));
  await appendEvents(createDirectoryArchive(archive), events);
  const commands = [
    ["export", "--output"],
    ["export", "--format", "csv", "--output"],
    ["query", "SELECT * FROM events", "--output"],
    ["query", "SELECT * FROM events", "--parquet"],
    ["ask", "volume", "--format", "xlsx", "--output"],
    ["search", "jane", "--output"],
  ];
  for (const [index, [name = "", ...rest]] of commands.entries()) {
    const file = join(folder, `made-${index}${rest.includes("xlsx") ? ".xlsx" : ""}`);
    const { code } = await runCli([name, "--archive", archive, ...rest, file]);
    expect({ name, code, mode: (await stat(file)).mode & 0o777 }).toEqual({ name, code: 0, mode: 0o600 });
  }
});

it.each([
  [["--actor", "Jane"], 'Nobody in the archive has the gid or the address "Jane".', "Jane Doe <Jane@example.com> (71)"],
  [
    ["--event-type", "user_login_faild"],
    'No event in the archive has the type "user_login_faild".',
    "user_login_failed",
  ],
  [["--resource", "89"], 'No event in the archive is about a thing with the gid "89".', "Give the number"],
  [["--workspace", "42"], "The archive holds no workspace 42.", "It holds 1201."],
  [["--from", "2027-01-01"], "The archive holds nothing of this window", "1201: 2026-05-01 to 2026-05-03"],
])("export %j is refused, because nothing in the archive can pass", async (args, message, advice) => {
  const { code, stdout, stderr } = await exported(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr).toContain(advice);
});

it("export of nothing is an answer where the values are known, and their window is held", async () => {
  const { code, stdout, stderr } = await exported("--event-type", "task_deleted", "--to", "2026-05-02");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toContain("0 events exported");
});
