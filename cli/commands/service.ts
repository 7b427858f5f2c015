import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { Argument, type Command } from "commander";
import { everyOption } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import {
  absolutePlace,
  CONFIG_KEYS,
  type WorkspaceOptions,
  withArchive,
  withRunSettings,
  withWorkspaces,
} from "../options.ts";
import type { ArchivingOptions } from "../run.ts";
import { describeService, SERVICES, type ServiceKind } from "../service.ts";
import { withSource } from "../source.ts";

type ServiceOptions = ArchivingOptions & WorkspaceOptions & { readonly every: number };

/** What a drain takes from the environment and what holds no secret. */
const PASSED = [
  ...["NO_PROXY", "no_proxy", "NODE_USE_ENV_PROXY", "NODE_USE_SYSTEM_CA", "AWS_REGION", "AWS_DEFAULT_REGION"],
  ...["AWS_PROFILE", "AWS_S3_ADDRESSING_STYLE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"],
];

/** The same of what are paths: a service starts in another folder. */
const PASSED_PATHS = ["NODE_EXTRA_CA_CERTS", "TMPDIR", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];

/** The same of what are URLs, which may hold a password. */
const PASSED_URLS = /^(HTTPS?_PROXY|https?_proxy|AWS_ENDPOINT_URL(_[A-Z0-9_]+)?)$/;

export const serviceCommand = defineCommand<ServiceOptions>(
  (command) =>
    withRunSettings(withSource(withArchive(withWorkspaces(command))))
      .addArgument(new Argument("<kind>", "what is to start it").choices(SERVICES))
      .addOption(everyOption("how often it drains"))
      .addHelpText(
        "after",
        "\nIt prints a unit of systemd, a property list of launchd or lines for a crontab,\n" +
          "and changes nothing. The settings of now, from flags, environment and\n" +
          "configuration file, stand in it with absolute paths; the token does not.",
      ),
  async (options, { output, environment }, kind, command) => {
    if (options.tokenFile === undefined) {
      throw misused(
        "--token-file is missing: a service has no ASANA_TOKEN of this shell.",
        "Put the token into a file that only you can read, and name it with --token-file.",
      );
    }
    const text = describeService(kind as ServiceKind, {
      program: [process.execPath, join(import.meta.dirname, "..", "bin.js")],
      flags: flagsOf(command),
      everyMs: options.every,
      environment: passedOf(environment, output),
      user: userInfo().username,
      home: homedir(),
    });
    await output.data(text);
    return EXIT.done;
  },
);

function passedOf(environment: Session["environment"], output: Session["output"]): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value = ""] of Object.entries(environment)) {
    if (value === "") continue;
    const isUrl = PASSED_URLS.test(name);
    if (isUrl && value.includes("@"))
      output.note(`${name} may hold a password and is left out: set it for the service yourself.`);
    else if (PASSED_PATHS.includes(name)) passed[name] = resolve(value);
    else if (isUrl || PASSED.includes(name)) passed[name] = value;
  }
  return passed;
}

/**
 * What was given for the command, by flag or otherwise, as flags that mean the same in every folder. Where the token is sent
 * is always said: the service's user may have a configuration file that says something else.
 */
function flagsOf(command: Command): string[] {
  return Object.entries(CONFIG_KEYS).flatMap(([key, flag]) => {
    const option = command.options.find(({ long }) => long === flag)!;
    const source = command.getOptionValueSource(option.attributeName());
    if (source === undefined || (source === "default" && key !== "source")) return [];
    const values = [command.getOptionValue(option.attributeName())].flat();
    return values.flatMap((value) =>
      value === null ? [`${flag}=`] : [flag, absolutePlace(key, String(value), process.cwd())],
    );
  });
}
