/**
 * `npm start`: the whole thing on one machine, without an account. A simulated audit log is archived by the real
 * command line, in processes of its own; what is printed is what happened.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
import { capture, type Ended, kill, show } from "./demo/command.ts";
import { contentsTable, digestArchive } from "./demo/contents.ts";
import { DAYS, EVENTS, PEOPLE, startSource, WORKSPACE } from "./demo/source.ts";
import { formatCount, formatDuration, plural } from "./terminal.ts";

const startedAtMs = Date.now();
const directory = join(import.meta.dirname, "..", "demo-archive");
const marker = join(directory, ".demo");
const MARK = "Created by npm start, which deletes and recreates it.\n";

const say = (text: string): void => void process.stdout.write(`\n${text}\n`);

/** Wiped only if it says itself that it is ours to wipe. */
function clear(): void {
  if (existsSync(directory)) {
    if (!existsSync(marker) || readFileSync(marker, "utf8") !== MARK) {
      fail(`${directory} was not created by npm start, so it is left as it is. Move it away and start again.`);
    }
    rmSync(directory, { recursive: true });
  }
  mkdirSync(directory);
  writeFileSync(marker, MARK);
}

function fail(reason: string): never {
  process.stderr.write(`\n${reason}\n`);
  process.exit(1);
}

function expectDone({ code }: Ended, what: string): void {
  if (code !== 0) fail(`${what} failed with exit code ${code}, which should not happen.`);
}

clear();
const source = await startSource();
const archive = createDirectoryArchive(directory);
const place = ["--archive", relative(process.cwd(), directory)];
const drain = ["drain", "--source", source.baseUrl, "--workspace", WORKSPACE, ...place];

say(
  `A simulated company of ${PEOPLE} people has ${formatCount(EVENTS)} audit log events in ${DAYS} days, served like Asana's\n` +
    `at ${source.baseUrl}. A drain archives them and is killed halfway:`,
);
const killed = await kill(drain, source.whenSent(EVENTS * 0.45));
if (killed.signal !== "SIGKILL") fail("The drain ended before it could be killed, which should not happen.");
say("Killed (SIGKILL). The archive already holds this:");
expectDone(await show(["status", ...place]), "status");

say("Started again, the drain continues from there:");
expectDone(await show(drain), "drain");

say("And once more, with nothing new to archive:");
const before = source.requests();
expectDone(await show(drain), "drain");
process.stdout.write(`It took ${plural(source.requests() - before, "request")}.\n`);

const { output } = await capture(["drain", "--json", ...drain.slice(1)]);
const late = source.showLate((JSON.parse(output) as { watermark: string }).watermark);
say(
  `Now the source shows ${late} events that it had held back, older than the newest archived event. A cursor would miss them:`,
);
expectDone(await show(["rescan", "--last", "1d", ...drain.slice(1)]), "rescan");

say("Is every event there, exactly once and unchanged?");
expectDone(await show(["verify", ...place]), "verify");
const [wanted, found] = [source.digest(), await digestArchive(archive, AbortSignal.timeout(60_000))];
const isSame = wanted.sum === found.sum && wanted.count === found.count;
say(
  `Sum of the hashes of all lines:\n` +
    `  source   ${wanted.sum}  ${formatCount(wanted.count)} events\n` +
    `  archive  ${found.sum}  ${formatCount(found.count)} events`,
);
if (!isSame) fail("The archive differs from what the source showed, which should not happen.");

say(`The archive's contents:\n\n${await contentsTable(archive, directory)}`);

for (const [question, sql] of [
  [
    "Who exported the most in the last 30 days?",
    "SELECT actor_email, count(*) AS exports, count(DISTINCT dt) AS days FROM events WHERE event_category = 'content_export' " +
      "AND actor_type = 'user' AND dt >= CAST(current_date - 30 AS varchar) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
  ],
  [
    "Which admin settings were changed last, and by whom?",
    "SELECT created_at, event_type, actor_email FROM events WHERE event_category = 'admin_settings' " +
      "AND dt >= CAST(current_date - 7 AS varchar) ORDER BY 1 DESC LIMIT 5",
  ],
  [
    "From which addresses did sign-ins fail most often, and on how many accounts?",
    "SELECT client_ip_address, count(*) AS failed, count(DISTINCT resource_email) AS accounts FROM events " +
      "WHERE event_type = 'user_login_failed' AND dt >= CAST(current_date - 30 AS varchar) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
  ],
] as const) {
  say(question);
  expectDone(await show(["query", ...place, sql]), "query");
}

await source.close();
say(
  `All of this took ${formatDuration(Date.now() - startedAtMs)}. The archive stays in ${relative(process.cwd(), directory)}. With a service account's token in a file\n` +
    "that only you can read, the same commands for a real workspace are:\n\n" +
    "  npm run -s archive -- drain --workspace <gid> --archive ./archive --token-file ./token --every 10m\n" +
    "  npm run -s archive -- status --archive ./archive\n" +
    "  npm run -s archive -- verify --archive ./archive",
);
process.exit(0);
