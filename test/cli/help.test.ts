/** Help comes from the definitions that parse, so what it says is what is taken. */
import { expect, it } from "vitest";
import { runCli } from "./run-cli.ts";

it("the program lists its commands", async () => {
  const { code, stdout } = await runCli(["--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: asana-audit-archive [options] [command]

    Archives Asana's audit log: every event, exactly once, unchanged.

    Options:
      --version  print the version
      --help     print what a command takes

    Commands:
      drain      archive all that is new
      rescan     make the archive hold what the source shows in a window
      status     tell what an archive holds, from its manifests alone
      verify     check all that an archive alone can show
      query      ask the archive in SQL
      ask        ask the archive a question by name; alone, list the questions
      export     print archived events, byte for byte
      fetch      print what the source shows now; nothing is archived
      feed       serve a simulated audit log, for trying things out
      cost       reckon what an archive on AWS costs a month

    Exit codes: 0 done; 1 a check found faults; 2 used or configured wrongly; 3 the source refuses; 4 source or store
    unavailable, try again later; 5 archive and checkpoint, or the archive and itself, contradict each other; 130 and 143
    stopped by a signal. With several workspaces the highest of theirs.

    Asana's token comes from ASANA_TOKEN or --token-file, never from a flag.
    "
  `);
});

it("drain", async () => {
  const { code, stdout } = await runCli(["drain", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: asana-audit-archive drain [options]

    archive all that is new

    Options:
      --workspace <gid>          gid of a workspace; may be given several times
                                 (required)
      --archive <place>          a directory, or s3://bucket[/prefix] (required)
      --checkpoint <place>       a folder, or dynamodb://table (default: checkpoint
                                 in the directory)
      --source <url>             base URL of the API (default:
                                 "https://app.asana.com/api/1.0")
      --token-file <file>        file that holds the service account token (else:
                                 ASANA_TOKEN)
      --attempts <n>             how often a page is asked for before a run ends as
                                 unavailable (default: 6)
      --from <when>              only events from this date or instant on
      --to <when>                only events before this date or instant
      --every <duration>         stay, and repeat this often, with the rescans that
                                 are due hourly
      --json                     results, remarks and errors as JSON, one object a
                                 line
      --quiet                    errors only, and rows or events that were asked for
      --debug                    every log line, and where an error came from
      --help                     print this

    Settings of a run:
      --overlap-minutes <n>      how far before the newest archived event a scan
                                 starts, for events that Asana shows late (default:
                                 60)
      --page-limit <n>           events asked for per page; left empty, Asana
                                 decides, up to 1,000, and 100 makes pages small
                                 where memory is short
      --batch-events <n>         a batch is archived when it holds this many events;
                                 larger batches make fewer objects and take more
                                 memory (default: 100000)
      --batch-mib <n>            a batch is archived when it holds this much, before
                                 compression (default: 64)
      --batch-minutes <n>        a batch is archived when it is this old, however
                                 small it is (default: 5)
      --settled-after-hours <n>  how long after its end a day is read again, for
                                 events that Asana showed late (default: 6)
      --aged-after-days <n>      how old a day is when it is read for the last time,
                                 before Asana deletes it after 90 days (default: 80)
      --expire-after-days <n>    how old segments are when the bucket's lifecycle
                                 removes them for good, not before retentionDays;
                                 left empty, they are kept forever
    "
  `);
});

it("verify", async () => {
  const { code, stdout } = await runCli(["verify", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: asana-audit-archive verify [options]

    check all that an archive alone can show

    Options:
      --archive <place>        a directory, or s3://bucket[/prefix] (required)
      --checkpoint <place>     a folder, or dynamodb://table (default: checkpoint in
                               the directory)
      --workspace <gid>        only this workspace; may be given several times
      --from <when>            days from this date or instant on
      --to <when>              days before this date or instant
      --expire-after-days <n>  when the lifecycle of the bucket removes segments
      --day <date>             this day only
      --threads <number>       threads that read (default: one a processor)
      --json                   results, remarks and errors as JSON, one object a
                               line
      --quiet                  errors only, and rows or events that were asked for
      --debug                  every log line, and where an error came from
      --help                   print this

    Faults are named by the invariant they break:
      I1  complete: every event the source showed for longer than the rescan delay is in the archive
      I2  once: no gid is in two lines
      I3  gapless: each day log is numbered 1 to n, and each manifest continues the one before
      I4  behind: the checkpoint never claims more than is archived
      I5  immutable: a segment is never changed, replaced or deleted
      I6  placed: every line is in its own day's log, in source order, and nothing else is there
      I7  verbatim: the bytes of an event are those received
      I8  progress: once faults stop, a bounded number of runs catches up

    Exit code 1: a fault was found. 2: there was nothing to verify.
    "
  `);
});

it("every command has help, --json, --quiet and --debug", async () => {
  const { stdout } = await runCli(["--help"]);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThanOrEqual(8);
  for (const name of names) {
    const help = await runCli([name, "--help"]);
    expect({ name, code: help.code }).toEqual({ name, code: 0 });
    for (const flag of ["--json", "--quiet", "--debug", "--help"]) expect(help.stdout).toContain(flag);
  }
});

it("--version is the package's", async () => {
  const { code, stdout } = await runCli(["--version"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});
