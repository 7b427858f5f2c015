import { createFeed } from "../../feed/feed.ts";
import { type FeedFlagName, type FeedFlagValues, feedFlags, readFeedFlags } from "../../feed/flags.ts";
import { serveFeed } from "../../feed/server.ts";
import { readInteger } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { EXIT, misused } from "../exit.ts";

interface FeedOptions {
  readonly port: number;
  readonly host: string;
}

export const feedCommand = defineCommand<FeedOptions & Readonly<Record<string, string | boolean | number>>>(
  (command) => {
    command
      .option("--port <n>", "port to listen on; 0 for any free port", readInteger(0, 65_535), 8080)
      .option("--host <address>", "address to listen on", "127.0.0.1");
    for (const { name, value, description, default: byDefault } of feedFlags) {
      const flags = value === null ? `--${name}` : `--${name} ${value}`;
      if (byDefault === null) command.option(flags, description);
      else command.option(flags, description, byDefault);
    }
    return command;
  },
  async (options, { output, signal }) => {
    const { options: feedOptions, clock } = plan(options);
    const feed = createFeed(feedOptions);
    const served = await serveFeed(feed, { port: options.port, host: options.host, clock });
    const workspaces = feedOptions.workspaces?.map(({ gid }) => gid) ?? [];
    const [token = ""] = Object.keys(feedOptions.tokens ?? {});
    output.record({ baseUrl: served.baseUrl, workspaces, token });
    output.say(
      `Serving ${workspaces.join(", ")} at ${served.baseUrl} until Ctrl-C is pressed. Try:\n` +
        `  ASANA_TOKEN=${token} asana-audit-archive drain --source ${served.baseUrl} --workspace ${workspaces[0]} --archive ./archive`,
    );
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await served.close();
    return EXIT.done;
  },
);

/** Commander names options in camel case. */
function plan(options: Readonly<Record<string, string | boolean | number>>) {
  const values: Partial<Record<FeedFlagName, string | boolean>> = {};
  for (const { name } of feedFlags) {
    const value = options[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === "string" || value === true) values[name] = value;
  }
  try {
    return readFeedFlags(values satisfies FeedFlagValues);
  } catch (error) {
    if (error instanceof RangeError)
      throw misused(error.message, "See feed --help for the values that each option takes.");
    throw error;
  }
}
