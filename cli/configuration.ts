/** Settings from a configuration file and from the environment, for what no flag says: flag, environment, file, default. */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { type Command, InvalidArgumentError, type Option } from "commander";
import { fileError, fileErrorCode, isMissing } from "../lambda/stores/file-errors.ts";
import type { Session } from "./command.ts";
import { misused } from "./exit.ts";
import { absolutePlace, CONFIG_KEYS, PATH_KEYS } from "./options.ts";
import { didYouMean, suggest } from "./suggest.ts";
import { holdsToken } from "./token-shape.ts";

type Environment = Session["environment"];

/** Settings by key, and where they are from, for error messages. */
interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  readonly nameOf: (key: string) => string;
}

export const CONFIG_NAME = "asana-audit-archive.json";
const PREFIX = "ASANA_AUDIT_";

/** `tokenFile` is ASANA_AUDIT_TOKEN_FILE. */
export const variableOf = (key: string): string => PREFIX + key.replace(/[A-Z](?!$)/g, "_$&").toUpperCase();

/**
 * Fills in the options of a command that were not given as flags. Returns the configuration file that was read; null:
 * there is none. Throws ArchiverError `misconfigured`.
 */
export function configure(command: Command, { environment, log }: Pick<Session, "environment" | "log">): string | null {
  checkFlags(command);
  const given = command.opts<{ readonly config?: string; readonly profile?: string }>();
  const file = readFile(given.config ?? named(environment, "CONFIG"), { environment, log });
  const profile = given.profile ?? named(environment, "PROFILE");
  if (profile !== undefined && file === null) {
    throw misused(`There is no configuration file with the profile ${profile}.`, "Name the file with --config.");
  }
  const variables = readEnvironment(environment, log);
  // A token that is given here comes before one that a file names, but for a service, which will not have it.
  const isTokenGiven = environment["ASANA_TOKEN"] !== undefined && command.name() !== "service";
  const layers = [variables, ...(isTokenGiven ? [TOKEN_GIVEN] : []), ...(file === null ? [] : layersOf(file, profile))];
  const isFlag = (key: string): boolean => {
    const option = optionFor(command, key);
    return option !== null && command.getOptionValueSource(option.attributeName()) === "cli";
  };
  let isArchiveKnown = isFlag("archive");
  const isKnown = new Set(Object.keys(CONFIG_KEYS).filter(isFlag));
  for (const { values, nameOf } of layers) {
    for (const [key, value] of Object.entries(values)) {
      // A checkpoint belongs to the archive that it is named with, and never to one that was named elsewhere.
      if (isKnown.has(key) || (key === "checkpoint" && isArchiveKnown)) continue;
      isKnown.add(key);
      const option = value === null ? null : optionFor(command, key);
      if (option !== null) set(command, option, key, value, nameOf(key));
    }
    isArchiveKnown ||= Object.hasOwn(values, "archive");
  }
  return file?.path ?? null;
}

/** What is given as a flag is checked like what the environment says. */
function checkFlags(command: Command): void {
  for (const [key, flag] of Object.entries(CONFIG_KEYS)) {
    const option = command.options.find(({ long }) => long === flag);
    const value: unknown = option === undefined ? null : command.getOptionValue(option.attributeName());
    if (typeof value === "string") checkText(key, value, flag);
  }
}

/** Throws ArchiverError `misconfigured` for a text that cannot be meant. `name` is what it was given as. */
export function checkText(key: string, text: string, name: string): void {
  if (holdsToken(text)) {
    throw misused(
      `${name} was given a token${key === "tokenFile" ? ", not a file" : ""}.`,
      "Replace the token at Asana, because it has been seen here; put the new one into a file that only you can read, and name that with --token-file.",
    );
  }
  if (text.includes("\0")) throw misused(`${name} has a NUL character in it.`, "No file and no setting can have one.");
  if (PATH_KEYS.includes(key) && text.trim() === "")
    throw misused(`${name} is empty.`, "Give a place, or leave it out.");
}

/** Of a workspace, only where the source is asked: what an archive holds is read whole unless a flag says otherwise. */
function optionFor(command: Command, key: string): Option | null {
  const of = (flag: string | undefined) => command.options.find(({ long }) => long === flag) ?? null;
  return key === "workspaces" && of(CONFIG_KEYS["source"]) === null ? null : of(CONFIG_KEYS[key]);
}

function set(command: Command, option: Option, key: string, value: unknown, name: string): void {
  const parse = option.parseArg ?? ((text: string): unknown => text);
  let read: unknown;
  for (const text of textsOf(key, value, name)) {
    checkText(key, text, name);
    try {
      read = parse(text, read);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw misused(`${name} is not usable.`, error.message);
    }
  }
  command.setOptionValueWithSource(option.attributeName(), read, "config");
}

/** As they would be given to the flag: once, or several times if it may be repeated. */
function textsOf(key: string, value: unknown, name: string): string[] {
  const values: readonly unknown[] = Array.isArray(value) && key === "workspaces" ? value : [value];
  return values.map((one) => {
    if (typeof one === "string") return one;
    if (Number.isSafeInteger(one)) return String(one);
    const list = key === "workspaces" ? ", or a list of texts" : "";
    throw misused(`${name} is not usable.`, `Give a text in quotes or a whole number${list}; or leave the key out.`);
  });
}

const TOKEN_GIVEN: Layer = { values: { tokenFile: null }, nameOf: variableOf };

const named = (environment: Environment, name: string): string | undefined => environment[PREFIX + name] || undefined;

function readEnvironment(environment: Environment, log: Session["log"]): Layer {
  const variables = Object.fromEntries(Object.keys(CONFIG_KEYS).map((key) => [variableOf(key), key]));
  const values: Record<string, unknown> = {};
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || text === undefined || text === "") continue;
    const key = variables[variable];
    if (key !== undefined) values[key] = key === "workspaces" ? text.split(",").map((gid) => gid.trim()) : text;
    else if (variable !== `${PREFIX}CONFIG` && variable !== `${PREFIX}PROFILE`) {
      const meant = didYouMean(suggest(variable, Object.keys(variables)));
      log("warn", `${variable} is not known and has no effect.${meant === null ? "" : ` ${meant}`}`);
    }
  }
  return { values, nameOf: variableOf };
}

interface Config {
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** The file that is named, else the one in this folder, else the user's own; null if there is none. */
function readFile(path: string | undefined, { environment, log }: Pick<Session, "environment" | "log">): Config | null {
  if (path !== undefined) {
    try {
      return read(path);
    } catch (error) {
      if (fileErrorCode(error) !== "ENOENT") throw fileError(error, path);
      throw misused(`The configuration file ${path} does not exist.`, "Check the path, or write one with `init`.");
    }
  }
  const xdg = environment["XDG_CONFIG_HOME"] ?? "";
  const own = isAbsolute(xdg) ? xdg : join(homedir(), ".config");
  for (const place of [CONFIG_NAME, join(own, "asana-audit-archive", "config.json")]) {
    try {
      return read(place, checkOwner);
    } catch (error) {
      // Whoever named no file need not have one: an account of a service may have a home that it cannot enter.
      const isDenied = ["EACCES", "EPERM"].includes(fileErrorCode(error));
      if (isDenied) log("warn", `the configuration file ${place} cannot be read (access is denied) and has no effect`);
      else if (!isMissing(error)) throw fileError(error, place);
    }
  }
  return null;
}

/** Far longer than any such file; a larger one is the wrong file. */
const MAX_BYTES = 1_048_576;

/** All of it through one descriptor, so that what is checked is what is read; a named pipe would be waited for. */
function read(path: string, check: (stat: Stats, path: string) => void = () => undefined): Config {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // Windows has no O_NONBLOCK
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isDirectory()) {
      if (!stat.isFile())
        throw misused(`The configuration file ${path} is not a plain file.`, "Name a file, not a pipe or a device.");
      if (stat.size > MAX_BYTES)
        throw misused(`The configuration file ${path} is larger than 1 MiB.`, "Name a file that `init` wrote.");
      check(stat, path);
    }
    return { path, content: parse(readFileSync(descriptor, "utf8"), path) };
  } finally {
    closeSync(descriptor);
  }
}

/** A file that nobody named is not taken from somebody else: it says where the token is sent. */
function checkOwner({ uid, mode }: Stats, path: string): void {
  if (process.getuid === undefined || ((uid === process.getuid() || uid === 0) && (mode & 0o022) === 0)) return;
  throw misused(
    `The configuration file ${path} could have been written by another user of this machine.`,
    "If it is yours, run chmod go-w on it and see that you own it; or name it with --config.",
  );
}

function parse(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    if (isObject(content)) return content;
  } catch (error) {
    // The rest of the message repeats what stands there.
    const [at] = /line \d+ column \d+/.exec(String(error)) ?? [];
    throw misused(
      `The configuration file ${path} is not JSON${at === undefined ? "" : `, at ${at}`}.`,
      "Correct it; comments and commas behind the last value are not allowed.",
    );
  }
  throw misused(`The configuration file ${path} is not a JSON object.`, 'Write {"archive": "...", ...}.');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The profile's settings, then those beside the profiles. */
function layersOf({ path, content }: Config, profile: string | undefined): Layer[] {
  const { profiles = {}, ...common } = content;
  const named = isObject(profiles) ? Object.entries(profiles) : null;
  if (named === null || !named.every((entry): entry is [string, Record<string, unknown>] => isObject(entry[1]))) {
    throw misused(`profiles in ${path} are not usable.`, 'Write {"profiles": {"<name>": {"archive": "...", ...}}}.');
  }
  const layer = (values: Readonly<Record<string, unknown>>, inside: string): Layer => {
    const nameOf = (key: string) => `${inside}${key} in ${path}`;
    checkKeys(values, path, nameOf);
    return { values: fromFolder(values, dirname(resolve(path))), nameOf };
  };
  const all = new Map(named.map(([name, values]) => [name, layer(values, `profiles.${name}.`)]));
  const chosen = profile === undefined ? null : all.get(profile);
  if (chosen === undefined) {
    const names = [...all.keys()];
    const meant = didYouMean(suggest(profile!, names)) ?? `It has ${names.length === 0 ? "none" : names.join(", ")}.`;
    throw misused(`The configuration file ${path} has no profile ${profile}.`, meant);
  }
  return [...(chosen === null ? [] : [chosen]), layer(common, "")];
}

function checkKeys(values: Readonly<Record<string, unknown>>, path: string, nameOf: (key: string) => string): void {
  const known = Object.keys(CONFIG_KEYS);
  for (const [key, value] of Object.entries(values)) {
    const isSecret = !known.includes(key) && /token|secret|password|credential|bearer/i.test(key);
    const isToken = [key, value].flat().some((one) => typeof one === "string" && holdsToken(one));
    if ((isSecret && !/file|path/i.test(key)) || isToken) {
      throw misused(
        `${nameOf(key)} looks like a token, which must not stand in a configuration file.`,
        "Put the token into a file that only you can read, and name that file as tokenFile. Replace this token at Asana.",
      );
    }
    if (known.includes(key)) {
      for (const text of textsOf(key, value, nameOf(key))) checkText(key, text, nameOf(key));
      continue;
    }
    const meant = didYouMean(suggest(key, [...known, "profiles"], { tokenFile: ["token_file", "token-file"] }));
    throw misused(
      `The configuration file ${path} has the unknown key ${nameOf(key).replace(` in ${path}`, "")}.`,
      `${meant === null ? "" : `${meant} `}Known keys: ${known.join(", ")}, profiles.`,
    );
  }
}

export const expandHome = (path: string): string => path.replace(/^~(?=\/)/, () => homedir());

/** Paths in a file start from the folder that it is in, wherever the command is started. */
function fromFolder(values: Readonly<Record<string, unknown>>, folder: string): Readonly<Record<string, unknown>> {
  const entries = Object.entries(values).map(([key, value]) => {
    return [key, typeof value === "string" ? absolutePlace(key, expandHome(value), folder) : value];
  });
  return Object.fromEntries(entries);
}
