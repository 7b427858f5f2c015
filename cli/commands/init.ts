import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { InvalidArgumentError } from "commander";
import { writeNewFile } from "../../lambda/stores/durable-file.ts";
import { fileError, fileErrorCode } from "../../lambda/stores/file-errors.ts";
import { collectGid } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { CONFIG_NAME, checkText, expandHome } from "../configuration.ts";
import { EXIT, misused } from "../exit.ts";
import { shellWord } from "../shell-word.ts";

interface InitOptions {
  readonly config: string;
  readonly archive?: string;
  readonly workspace?: readonly string[];
  readonly tokenFile?: string;
  readonly yes?: true;
}

const ARCHIVE = "./archive";
const TOKEN_FILE = "./token";

export const initCommand = defineCommand<InitOptions>(
  (command) =>
    command
      .option("--config <file>", "the new configuration file", CONFIG_NAME)
      .option("--archive <place>", `a directory, or s3://bucket[/prefix] (default: asked for, or "${ARCHIVE}")`)
      .option("--workspace <gid>", "gid of a workspace; may be repeated (default: asked for)", collectGid)
      .option("--token-file <file>", `file with the service account token (default: asked for, or "${TOKEN_FILE}")`)
      .option("--yes", "ask nothing: take the defaults for what is not given")
      .addHelpText(
        "after",
        "\nThe file may hold more, by the names of options: checkpoint, source, attempts,\n" +
          "the settings of a run (see drain), and profiles, of which --profile chooses one:\n" +
          '  "profiles": {"<name>": {"archive": "...", "checkpoint": "..."}}',
      ),
  async (options, session) => {
    const { config } = options;
    checkText("config", config, "--config");
    if (existsSync(config)) throw exists(config);
    const values = await complete(options, session);
    const { readS3 } = await import("../open.ts");
    readS3(values.archive);
    await writeNewFile(config, Buffer.from(`${JSON.stringify(values, null, 2)}\n`)).catch((error) => {
      throw fileErrorCode(error) === "EEXIST" ? exists(config) : fileError(error, config);
    });
    session.output.record({ config: resolve(config), ...values });
    session.output.say(`Written to ${config}.`);
    const { tokenFile } = values;
    if (!existsSync(resolve(dirname(config), expandHome(tokenFile)))) {
      session.output.say(
        `Put the token into ${tokenFile} so that only you can read it: (umask 077; cat > ${shellWord(tokenFile)})`,
      );
    }
    const named = config === CONFIG_NAME ? "" : ` --config ${shellWord(config)}`;
    session.output.say(`Then start with: asana-audit-archive drain${named}`);
    return EXIT.done;
  },
);

interface Values {
  readonly archive: string;
  readonly workspaces: readonly string[];
  readonly tokenFile: string;
}

const exists = (config: string) =>
  misused(`${config} exists already.`, "Edit it, or name another file with --config; it is never overwritten.");

/** What is not given is asked for on a terminal; elsewhere, and under --yes, it is the default. */
async function complete(options: InitOptions, { signal, json }: Session): Promise<Values> {
  const { archive, workspace, tokenFile, yes, config } = options;
  const isAsking = yes !== true && !json && process.stdin.isTTY && process.stderr.isTTY;
  const isWhole = archive !== undefined && workspace !== undefined && tokenFile !== undefined;
  if (!isAsking && !isWhole && (yes !== true || workspace === undefined)) {
    throw misused(
      workspace === undefined ? "--workspace is missing." : "There is no terminal to ask at.",
      "Give --workspace, and --archive and --token-file or --yes for their defaults.",
    );
  }
  const terminal = isAsking && !isWhole ? createInterface({ input: process.stdin, output: process.stderr }) : null;
  const ended = new AbortController();
  terminal?.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  terminal?.on("close", () => ended.abort());
  const ask = async <T>(question: string, preset: string, read: (text: string) => T): Promise<T> => {
    if (terminal === null) return read(preset);
    const hint = preset === "" ? "" : ` [${preset}]`;
    for (;;) {
      const either = AbortSignal.any([signal, ended.signal]);
      const text = (await terminal.question(`${question}${hint}: `, { signal: either })).trim();
      try {
        return read(text === "" ? preset : text);
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        process.stderr.write(`  ${error.message}\n`);
      }
    }
  };
  const isHere = dirname(resolve(config)) === process.cwd();
  /** What was given is checked before it becomes a path, which hides what is wrong with it. */
  const place = (key: string, text: string, name: string) => {
    checkText(key, text, name);
    return isHere || /^(\w+:\/\/|~\/)/.test(text) ? text : resolve(text);
  };
  try {
    return {
      archive: place(
        "archive",
        archive ?? (await ask("Archive (a directory, or s3://bucket[/prefix])", ARCHIVE, String)),
        "--archive",
      ),
      workspaces:
        workspace ?? (await ask("Workspace gid, or several with commas (the admin console's Domain ID)", "", readGids)),
      tokenFile: place(
        "tokenFile",
        tokenFile ?? (await ask("File with the service account's token", TOKEN_FILE, String)),
        "--token-file",
      ),
    };
  } catch (error) {
    if (ended.signal.aborted && !signal.aborted)
      throw misused("The questions were not answered.", "Nothing is written.");
    throw error;
  } finally {
    terminal?.close();
  }
}

const readGids = (text: string): string[] =>
  text.split(",").reduce((gids: string[], gid) => collectGid(gid.trim(), gids), []);
