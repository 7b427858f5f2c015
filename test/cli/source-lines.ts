import type { Feed } from "../../feed/feed.ts";
import { WORKSPACE } from "./run-cli.ts";

/** The truth: all lines of the feed's workspace, in stream order. */
export const sourceLines = (feed: Feed): string[] => [...feed.lines(WORKSPACE)].map(({ line }) => line.toString());
