import type { CommandDefinition } from "./command.ts";

export interface CommandEntry {
  readonly summary: string;
  /** What other tools call it, to suggest it to whoever types that. */
  readonly senses: readonly string[];
  /** Loads the module. Loading all of them takes several times as long as most commands do. */
  load(): Promise<CommandDefinition>;
}

const entry = (summary: string, senses: string, load: CommandEntry["load"]): CommandEntry => ({
  summary,
  senses: senses.split(" "),
  load,
});

/** Every command, in the order in which the help lists them. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  drain: entry(
    "archive all new events",
    "sync archive run backup pull save ingest collect",
    async () => (await import("./commands/drain.ts")).drainCommand,
  ),
  rescan: entry(
    "archive what is missing of a window of time",
    "backfill repair refresh reread resync",
    async () => (await import("./commands/rescan.ts")).rescanCommand,
  ),
  status: entry(
    "show what an archive holds, from its manifests alone",
    "info show list ls report stats snapshots summary",
    async () => (await import("./commands/status.ts")).statusCommand,
  ),
  coverage: entry(
    "show which days were looked at again, and what was found",
    "gaps calendar looked scanned completeness",
    async () => (await import("./commands/coverage.ts")).coverageCommand,
  ),
  verify: entry(
    "check everything that can be checked from the archive alone",
    "check fsck validate test audit integrity",
    async () => (await import("./commands/verify.ts")).verifyCommand,
  ),
  keygen: entry(
    "make the key that seals an archive",
    "key keys genkey generate-key",
    async () => (await import("./commands/keygen.ts")).keygenCommand,
  ),
  seal: entry(
    "sign every settled day, so that a stranger can check it",
    "sign notarize checkpoint rotate",
    async () => (await import("./commands/seal.ts")).sealCommand,
  ),
  prove: entry(
    "prove one event to somebody, without showing another",
    "proof prove-event attest inclusion",
    async () => (await import("./commands/prove.ts")).proveCommand,
  ),
  "verify-proof": entry(
    "check the proof of one event",
    "check-proof verify-event",
    async () => (await import("./commands/verify-proof.ts")).verifyProofCommand,
  ),
  doctor: entry(
    "look whether all that an archive needs is there, here or on AWS",
    "diagnose health healthcheck checkup preflight troubleshoot ping",
    async () => (await import("./commands/doctor.ts")).doctorCommand,
  ),
  query: entry(
    "query the archive in SQL",
    "sql select duckdb",
    async () => (await import("./commands/query.ts")).queryCommand,
  ),
  ask: entry(
    "answer a named question from the archive; without a name, list all questions",
    "question questions report reports",
    async () => (await import("./commands/ask.ts")).askCommand,
  ),
  search: entry(
    "find a text in names, titles, addresses and ids",
    "find grep locate lookup",
    async () => (await import("./commands/search.ts")).searchCommand,
  ),
  copy: entry(
    "show, check or remove the columnar copy that makes questions faster",
    "cache index parquet columnar clean",
    async () => (await import("./commands/copy.ts")).copyCommand,
  ),
  export: entry(
    "print archived events, byte for byte",
    "download dump extract cat csv restore",
    async () => (await import("./commands/export.ts")).exportCommand,
  ),
  fetch: entry(
    "print what the source shows now, without archiving it",
    "download get api tail curl",
    async () => (await import("./commands/fetch.ts")).fetchCommand,
  ),
  feed: entry(
    "serve a simulated audit log to try things out",
    "simulate simulator demo serve server mock",
    async () => (await import("./commands/feed.ts")).feedCommand,
  ),
  cost: entry(
    "estimate the monthly AWS bill of an archive",
    "price prices pricing bill estimate",
    async () => (await import("./commands/cost.ts")).costCommand,
  ),
  init: entry(
    "write a configuration file, so that commands need no options",
    "config configure setup login auth",
    async () => (await import("./commands/init.ts")).initCommand,
  ),
  service: entry(
    "print what makes systemd, launchd or cron archive all the time",
    "install systemd launchd cron crontab schedule daemon unit",
    async () => (await import("./commands/service.ts")).serviceCommand,
  ),
  template: entry(
    "write a CloudFormation template, to deploy without the CDK",
    "cloudformation terraform synth stack deploy",
    async () => (await import("./commands/template.ts")).templateCommand,
  ),
  completion: entry(
    "print a script with which a shell completes commands, options and questions",
    "completions autocomplete bash zsh fish",
    async () => (await import("./commands/completion.ts")).completionCommand,
  ),
};
