/**
 * `npm start`: the whole thing on one machine, without an account. A simulated audit log is archived by the real
 * command line, in processes of its own; what is printed is what happened.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { shiftDay } from "../lambda/event/instant.ts";
import { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
import { capture, type Ended, kill, show, showHead } from "./demo/command.ts";
import { contentsTable, digestArchive } from "./demo/contents.ts";
import { DAYS, EVENTS, PEOPLE, startSource, WORKSPACE } from "./demo/source.ts";
import { formatCount, formatDuration, plural } from "./terminal.ts";

const startedAtMs = Date.now();
const directory = join(import.meta.dirname, "..", "demo-archive");
/** Its key, a copy that is tampered with, and a proof. */
const besides = join(import.meta.dirname, "..", "demo-seals");
const MARK = "Created by npm start, which deletes and recreates it.\n";

const say = (text: string): void => void process.stdout.write(`\n${text}\n`);

/** Wiped only if it says itself that it is ours to wipe. */
function clear(folder: string): void {
  const marker = join(folder, ".demo");
  if (existsSync(folder)) {
    if (!existsSync(marker) || readFileSync(marker, "utf8") !== MARK) {
      fail(`${folder} was not created by npm start, so it is left as it is. Move it away and start again.`);
    }
    rmSync(folder, { recursive: true });
  }
  mkdirSync(folder);
  writeFileSync(marker, MARK);
}

function fail(reason: string): never {
  process.stderr.write(`\n${reason}\n`);
  process.exit(1);
}

function expectDone({ code }: Ended, what: string): void {
  if (code !== 0) fail(`${what} failed with exit code ${code}, which should not happen.`);
}

clear(directory);
clear(besides);
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

say(
  "Those questions left a columnar copy in your cache. What happened most, asked of the archive itself and of the copy:",
);
const most =
  "SELECT event_type, count(*) AS events FROM events WHERE dt >= CAST(current_date - 30 AS varchar) GROUP BY 1 ORDER BY 2 DESC LIMIT 3";
for (const how of [["--no-copy"], []]) {
  const begunMs = performance.now();
  expectDone(await show(["query", ...place, ...how, most]), "query");
  process.stdout.write(`It took ${formatDuration(performance.now() - begunMs)}.\n`);
}

say(
  "So far the archive agrees with itself. Whoever may write could have made another one that does so too, so it is\n" +
    "sealed: once the source was asked again about each day that is over, a key signs what each of them holds:",
);
const at = (name: string): string => relative(process.cwd(), join(besides, name));
expectDone(await show(["keygen", "--name", "archive.example.com/demo", "--out", at("seal.key")]), "keygen");
const today = new Date(startedAtMs).toISOString().slice(0, 10);
expectDone(await show(["rescan", "--until", today, ...drain.slice(1)]), "rescan");
expectDone(await show(["seal", ...place, "--key", at("seal.key")]), "seal");
const publicKey = ["--key", at("seal.key.pub")];
expectDone(await showHead(["verify", ...place, ...publicKey]), "verify");

const day = shiftDay(today, -10);
say(`Somebody deletes ${day} in a copy, as if nothing had happened on that day:`);
cpSync(directory, at("copy"), { recursive: true });
rmSync(join(at("copy"), "events", `workspace=${WORKSPACE}`, `dt=${day}`), { recursive: true });
rmSync(join(at("copy"), "coverage", `workspace=${WORKSPACE}`, `dt=${day}`), { recursive: true });
const tampered = await showHead(["verify", "--archive", at("copy"), ...publicKey]);
if (tampered.code !== 1) fail(`verify ended with ${tampered.code} and not with 1, which should not happen.`);

say("One event is proven to somebody who is to see no other, with a file and the public key:");
const sql = `SELECT gid FROM events WHERE event_type = 'user_login_failed' AND dt = '${day}' LIMIT 1`;
const asked = await capture(["query", ...place, "--format", "ndjson", sql]);
const { gid } = JSON.parse(asked.output) as { gid: string };
expectDone(await show(["prove", gid, ...place, "--day", day, "--out", at("event.tlog-proof")]), "prove");
expectDone(await show(["verify-proof", at("event.tlog-proof"), ...publicKey]), "verify-proof");

await source.close();
say(
  `All of this took ${formatDuration(Date.now() - startedAtMs)}. The archive stays in ${relative(process.cwd(), directory)}. With a service account's token in a file\n` +
    "that only you can read, the same commands for a real workspace are:\n\n" +
    "  npm run -s archive -- drain --workspace <gid> --archive ./archive --token-file ./token --every 10m\n" +
    "  npm run -s archive -- status --archive ./archive\n" +
    "  npm run -s archive -- verify --archive ./archive\n" +
    "  npm run -s archive -- keygen --name archive.example.com/asana --out ./seal.key\n" +
    "  npm run -s archive -- seal --archive ./archive --key ./seal.key",
);
process.exit(0);
