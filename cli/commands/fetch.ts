import { createPageMemory, MAX_PAGE_BYTES } from "../../lambda/drain/page-memory.ts";
import { readPages } from "../../lambda/drain/pages.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { Clock, Page, PageAnswer, PageRequest } from "../../lambda/ports.ts";
import { MAX_PAGE_LIMIT } from "../../lambda/settings.ts";
import { ACTOR_TYPES } from "../../lambda/source/request.ts";
import { readGid, readInteger } from "../arguments.ts";
import { defineCommand, needs } from "../command.ts";
import { EXIT } from "../exit.ts";
import { readWindow, type WindowOptions, withWindow } from "../options.ts";
import { openSource, type SourceOptions, withSource } from "../source.ts";
import { plural } from "../terminal.ts";

interface FetchOptions extends SourceOptions, WindowOptions {
  readonly workspace: string;
  readonly eventType?: string;
  readonly actorType?: string;
  readonly actorGid?: string;
  readonly resourceGid?: string;
  readonly pageLimit?: number;
  readonly offset?: string;
  readonly onePage?: true;
}

export const fetchCommand = defineCommand<FetchOptions>(
  (command) => {
    needs(command, "--workspace <gid>", "gid of the workspace", readGid);
    withWindow(withSource(command), "events")
      .option("--page-limit <n>", "events per page; Asana documents 1 to 100", readInteger(1, MAX_PAGE_LIMIT))
      .option("--event-type <type>", "only events of this type")
      .option("--actor-type <type>", `only events by actors of this type: ${ACTOR_TYPES.join(", ")}`)
      .option("--actor-gid <gid>", "only events by this actor", readGid)
      .option("--resource-gid <gid>", "only events on this resource", readGid)
      .option("--offset <token>", "continue after an earlier page that had the same filters")
      .option("--one-page", "print one page only; the next offset is printed on standard error");
    return command;
  },
  async (options, session) => {
    const { output, signal } = session;
    const source = openSource(options, session);
    const request = requestOf(options, session.clock);
    if (options.actorType !== undefined && options.actorGid !== undefined) {
      output.note("Only events that pass both --actor-type and --actor-gid; in the log, only users have a gid.");
    }
    const print = (page: Page) => output.data(Buffer.concat(page.events.flatMap(({ line }) => [line, LINE_FEED])));
    if (options.onePage) {
      const page = accepted(await source.page(request, signal));
      await print(page);
      const { offset, events } = page;
      output.summary({ events: events.length, offset }, `${plural(events.length, "event")}; next offset: ${offset}`);
      return EXIT.done;
    }
    let events = 0;
    let pages = 0;
    for await (const read of readPages(source, createPageMemory(2 * MAX_PAGE_BYTES), request, signal)) {
      const page = accepted(read);
      await print(page);
      events += page.events.length;
      pages += 1;
    }
    output.summary({ events, pages }, `${plural(events, "event")} in ${plural(pages, "page")}`);
    return EXIT.done;
  },
);

const LINE_FEED = Buffer.from("\n");

function requestOf(options: FetchOptions, clock: Pick<Clock, "now">): PageRequest {
  const { workspace, eventType, actorType, actorGid, resourceGid, pageLimit, offset } = options;
  const window = readWindow(options, clock);
  const filters = { eventType, actorType, actorGid, resourceGid, limit: pageLimit, offset };
  const given = Object.entries({ startAt: window?.startAt, endAt: window?.endAt, ...filters });
  return { workspace, ...Object.fromEntries(given.filter(([, value]) => value != null)) };
}

function accepted(read: PageAnswer): Page {
  if (read.kind === "page") return read;
  if (read.kind === "too-large") {
    throw new ArchiverError("invalid-response", "The page is larger than 64 MiB.", {
      advice: "Ask for fewer events with --page-limit.",
    });
  }
  throw new ArchiverError("refused", `The source refused the offset: ${read.reason}.`, {
    advice: "Omit --offset and start with --since.",
  });
}
