/** Help comes from the definitions that parse, so what it says is what is taken. */
import { expect, it } from "vitest";
import { loadQuestions } from "../../sql/questions.ts";
import { runCli } from "./run-cli.ts";

it("the program lists its commands", async () => {
  const { code, stdout } = await runCli(["--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: asana-audit-archive [options] [command]

    Archives Asana's audit log: every event, exactly once, unchanged.

    Options:
      -v, --version  print the version
      -h, --help     print the options of a command

    Commands:
      drain          archive all new events
      rescan         archive what is missing of a window of time
      status         show what an archive holds, from its manifests alone
      coverage       show which days were looked at again, and what was found
      verify         check everything that can be checked from the archive alone
      keygen         make the key that seals an archive
      seal           sign every settled day, so that a stranger can check it
      prove          prove one event to somebody, without showing another
      verify-proof   check the proof of one event
      doctor         look whether all that an archive needs is there, here or on AWS
      query          query the archive in SQL
      ask            answer a named question from the archive; without a name, list
                     all questions
      search         find a text in names, titles, addresses and ids
      copy           show, check or remove the columnar copy that makes questions
                     faster
      export         print archived events, byte for byte
      fetch          print what the source shows now, without archiving it
      feed           serve a simulated audit log to try things out
      cost           estimate the monthly AWS bill of an archive
      init           write a configuration file, so that commands need no options
      service        print what makes systemd, launchd or cron archive all the time
      template       write a CloudFormation template, to deploy without the CDK
      completion     print a script with which a shell completes commands, options
                     and questions

    asana-audit-archive help <command> explains a command,
    asana-audit-archive help ask <question> a question.

    Exit codes: 0 success; 1 a check found faults; 2 wrong usage or configuration;
    3 the source refused the request; 4 source or store unavailable, try again
    later; 5 archive and checkpoint contradict each other, or the archive
    contradicts itself; 129, 130 and 143 stopped by a signal. With several
    workspaces, the highest of their codes.

    What no option says is taken from the environment, else from a configuration
    file (init writes one): --token-file is ASANA_AUDIT_TOKEN_FILE, or "tokenFile".

    Asana's token is read from ASANA_TOKEN or --token-file, never from a flag.
    "
  `);
});

it("drain", async () => {
  const { code, stdout } = await runCli(["drain", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: asana-audit-archive drain [options]

    archive all new events

    Options:
      --workspace <gid>          gid of a workspace; may be repeated (required)
      --archive <place>          a directory, or s3://bucket[/prefix] (required)
      --checkpoint <place>       a folder, or dynamodb://table (default: checkpoint
                                 in the archive's directory)
      --source <url>             base URL of the API (default:
                                 "https://app.asana.com/api/1.0")
      --token-file <file>        file with the service account token (default:
                                 ASANA_TOKEN is used)
      --attempts <n>             attempts per page before a run fails as unavailable
                                 (default: 6)
      --from, --since <when>     only events at or after this: a day (2026-11-27), a
                                 month (2026-11), a time (2026-11-27 14:30, or with
                                 a zone 2026-11-27T14:30Z), a time back (7d, 24h,
                                 30m), today or yesterday
      --to, --until <when>       only events before this; 7d counts back from now
      --tz <zone>                time zone of days, and of times without one, such
                                 as Europe/Berlin (default: UTC)
      --every <duration>         keep running: repeat at this interval, whatever a
                                 run ends with, and do the due rescans every hour
      --config <file>            configuration file (default:
                                 ./asana-audit-archive.json, or the user's own)
      --profile <name>           profile in the configuration file
      --json                     print results, remarks and errors as JSON, one
                                 object per line
      --quiet                    print only errors and the requested rows or events
      --debug                    print every log line, and the stack trace of an
                                 error
      -h, --help                 print this help

    Settings of a run:
      --overlap-minutes <n>      how far before the newest archived event a drain
                                 starts reading by time, for events that Asana shows
                                 late (default: 60)
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

    check everything that can be checked from the archive alone

    Options:
      --archive <place>         a directory, or s3://bucket[/prefix] (required)
      --checkpoint <place>      a folder, or dynamodb://table (default: checkpoint
                                in the archive's directory)
      --workspace <gid>         only this workspace; may be repeated
      --from, --since <when>    days at or after this: a day (2026-11-27), a month
                                (2026-11), a time (2026-11-27 14:30, or with a zone
                                2026-11-27T14:30Z), a time back (7d, 24h, 30m),
                                today or yesterday
      --to, --until <when>      days before this; 7d counts back from now
      --tz <zone>               time zone of days, and of times without one, such as
                                Europe/Berlin (default: UTC)
      --expire-after-days <n>   after how many days the bucket's lifecycle rule
                                deletes segments
      --key <vkey|file>         public key that signed the seals, or its file;
                                repeatable
      --expect <number:sha256>  a seal that must be there; repeatable
      --revoked <key id@from>   a key not to be trusted from this seal, or this
                                time, on; repeatable
      --no-gaps                 parts of days that were not looked at are faults
      --tsa-ca <file>           root certificates (PEM) of the authorities that
                                stamped seals
      --day <date>              only this day
      --threads <number>        threads that read (default: one per CPU)
      --config <file>           configuration file (default:
                                ./asana-audit-archive.json, or the user's own)
      --profile <name>          profile in the configuration file
      --json                    print results, remarks and errors as JSON, one
                                object per line
      --quiet                   print only errors and the requested rows or events
      --debug                   print every log line, and the stack trace of an
                                error
      -h, --help                print this help

    Faults are named after the invariant that they break:
      I1  complete: every event the source showed for longer than the rescan delay is in the archive
      I2  once: no gid is in two lines
      I3  gapless: each day log is numbered 1 to n, and each manifest continues the one before
      I4  behind: the checkpoint never claims more than is archived
      I5  immutable: a segment is never changed, replaced or deleted
      I6  placed: every line is in its own day's log, in source order, and nothing else is there
      I7  verbatim: the bytes of an event are those received
      I8  progress: once faults stop, a bounded number of runs catches up
      I9  chained: seals are numbered without a gap, and each names the one before and is signed by the key in force
      I10  sealed: every settled day has a seal that matches its log, quiet days too
      I11  looked: every sealed day was looked at to its end after it was settled, or its seal says what was not

    Exit code 1: faults were found, in one workspace at least. 2: there was nothing to
    verify, or something is left that only a key or a note kept elsewhere can tell.
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

it("--version and -v are the package's", async () => {
  for (const flag of ["--version", "-v"]) {
    const { code, stdout } = await runCli([flag]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  }
});

it("help is asked for in every way that people try", async () => {
  const print = async (...args: string[]) => (await runCli(args)).stdout;
  const ofProgram = await print("--help");
  for (const args of [["-h"], ["help"], ["help", "help"], ["help", "--help"]])
    expect(await print(...args)).toBe(ofProgram);
  const ofDrain = await print("drain", "--help");
  for (const args of [
    ["drain", "-h"],
    ["help", "drain"],
  ])
    expect(await print(...args)).toBe(ofDrain);
  expect(await print("help", "ask", "exports")).toBe(await print("ask", "exports", "--help"));
});

it("a question explains itself: what it answers, its parameters with their defaults, and its SQL", async () => {
  const { code, stdout } = await runCli(["ask", "spraying", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: asana-audit-archive ask spraying --archive <place> [options]

    Which address failed to sign in to many accounts? Asked to find one password
    tried on everybody.

    Parameters:
      --since <instant>        the first moment that counts (default: 30 days before
                               --until)
      --until <instant>        the first moment that no longer counts (default: the
                               end of what the archive holds)
      --workspace <workspace>  gid of one workspace; empty for all
      --at-least <count>       accounts from which on an address is listed, 1 to
                               1000000 (default: 5)

    SQL:
      SELECT *
      FROM (
        SELECT
          client_ip_address,
          count(DISTINCT coalesce(
            CASE WHEN coalesce(resource_type, 'user') = 'user' THEN coalesce(resource_gid, lower(resource_email), resource_name) END,
            actor_gid, lower(actor_email), actor_name
          )) AS accounts,
          count(*) AS failures,
          min(created_at) AS first_at,
          max(created_at) AS last_at,
          workspace
        FROM events
        WHERE dt >= substr(:since, 1, 10) AND dt < :until
          AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
          AND :workspace IN ('', workspace)
          AND event_type = 'user_login_failed'
          AND client_ip_address IS NOT NULL
        GROUP BY workspace, client_ip_address
      ) AS counted
      WHERE accounts >= CAST(:at_least AS integer)
      ORDER BY accounts DESC, failures DESC, client_ip_address, workspace

    asana-audit-archive ask --help lists the options that every question takes.
    "
  `);
});

it("every question explains itself at 80 columns, but for its SQL, and without the words of its file", async () => {
  for (const question of loadQuestions().filter(({ name }) =>
    ["first-ever", "still-deleted", "around"].includes(name),
  )) {
    const { stdout } = await runCli(["help", "ask", question.name]);
    const [text = "", sql = ""] = stdout.split("\nSQL:\n");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).not.toMatch(/default: (end|start|last|''|\S+ days before \w)/);
    for (const { name, meaning } of question.parameters) {
      expect(text).toContain(`--${name.replaceAll("_", "-")} <`);
      expect(text.replaceAll(/\s+/g, " ")).toContain(meaning);
    }
    expect(sql.replaceAll(/^ {2}/gm, "")).toContain(question.sql);
  }
});
