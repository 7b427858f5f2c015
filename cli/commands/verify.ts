import { ArchiverError } from "../../lambda/errors.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { INVARIANTS } from "../../lambda/archive/fault.ts";
import { verify, type VerifyReport } from "../../lambda/archive/verify.ts";
import { readDay } from "../arguments.ts";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, type ExitCode, highest, misused } from "../exit.ts";
import { openForReading } from "../open.ts";
import { type ReadOptions, readDays, withArchive, withSomeWorkspaces, withWindow } from "../options.ts";
import { formatBytes, plural } from "../terminal.ts";

type Options = ReadOptions & { readonly day?: string };
