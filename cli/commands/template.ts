import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { defineCommand, needs } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import { templateReadme } from "../template-readme.ts";
import { makeTemporaryFolder, temporaryFileFor } from "../temporary.ts";

type Settings = Readonly<Record<string, unknown>>;

interface TemplateOptions {
  readonly out: string;
  readonly settings?: string;
  readonly set: Readonly<Record<string, string>>;
}

const SETTINGS_FILE = "settings.json";

export const templateCommand = defineCommand<TemplateOptions>(
  (command) =>
    needs(command, "--out <folder>", "a new folder, or an empty one", readFolder)
      .option(
        "-c, --set <name=value>",
        "a setting of docs/deploy.md, such as workspaces; may be repeated",
        collectSetting,
        {},
      )
      .option(
        "--settings <file>",
        `settings as JSON, such as the ${SETTINGS_FILE} of an earlier folder; -c replaces single ones`,
      )
      .addHelpText(
        "after",
        "\nThe folder then holds a template for CloudFormation, the functions' code, the\n" +
          "settings, and a README.md with the commands of the AWS CLI that deploy them.\n" +
          "Nothing is deployed, and no account is asked for.",
      ),
  async ({ out, settings: file, set }, { output }) => {
    if (existsSync(out) && readdirSync(out).length > 0)
      throw misused(`${out} is not empty.`, "Name a new folder with --out; nothing is overwritten.");
    const given = { ...(file === undefined ? {} : readSettingsFile(file)), ...set };
    const { SettingsError, writeTemplate } = await import("../../infra/template.ts");
    const scratch = makeTemporaryFolder();
    const folder = temporaryFileFor(out);
    mkdirSync(folder.path, { recursive: true });
    try {
      const written = writeTemplate(given, folder.path, scratch.path);
      const readme = templateReadme(out, written);
      writeFileSync(join(folder.path, SETTINGS_FILE), `${JSON.stringify(given, null, 2)}\n`);
      writeFileSync(join(folder.path, "README.md"), readme.text);
      renameSync(folder.path, out);
      output.record({ folder: out, ...written });
      output.say(`Written to ${out}. Its README.md explains these commands, which deploy it:\n\n${readme.commands}`);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      throw misused(
        error.problems.join(" "),
        "Set them with -c <name>=<value> or --settings; docs/deploy.md lists all of them.",
      );
    } finally {
      scratch.remove();
      folder.remove();
    }
    return EXIT.done;
  },
);

/** The path, without a slash at its end. */
function readFolder(text: string): string {
  const path = text.replace(/(?<=.)\/+$/, "");
  if (path !== "") return path;
  throw new InvalidArgumentError("Give a folder.");
}

function collectSetting(text: string, before: Settings): Settings {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Give a name, = and a value, for example workspaces=1201234567890123.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function readSettingsFile(path: string): Settings {
  const advice = `Give a file with a JSON object, such as {"workspaces": ["1201234567890123"]}.`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw misused(`${path} is not JSON: ${error.message}.`, advice);
    throw error;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Settings;
  throw misused(`${path} holds no JSON object.`, advice);
}
