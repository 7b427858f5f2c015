/** A word that does not exist is answered with what it may stand for. */
import { expect, it } from "vitest";
import { suggest } from "../../cli/suggest.ts";
import { runCli } from "./run-cli.ts";

const NAMES = ["drain", "rescan", "status", "verify", "query", "export", "fetch"];

it.each([
  ["letters in another order", "drian", ["drain"]],
  ["a letter too many", "statuss", ["status"]],
  ["a letter too few", "expot", ["export"]],
  ["capitals", "Drain", ["drain"]],
  ["its beginning", "ver", ["verify"]],
  ["nothing like any name", "xyzzy", []],
  ["two letters, which begin too much", "st", []],
  ["a word that another tool has for it", "fsck", ["verify"]],
  ["a word that another tool has for two of them", "download", ["export", "fetch"]],
  ["nothing at all", "", []],
])("%s: %j means %j", (_, word, meant) => {
  const senses = { verify: ["fsck", "check"], export: ["download"], fetch: ["download"] };
  expect(suggest(word, NAMES, senses)).toEqual(meant);
});

it.each([
  ["a command by sense", ["sync"], "unknown command 'sync'.\n  Did you mean drain?"],
  ["a command by sense, of which there are two", ["download"], "Did you mean export or fetch?"],
  ["a command that help is asked for", ["help", "drian"], "Did you mean drain?"],
  ["a command with --help", ["verfy", "--help"], "Did you mean verify?"],
  ["an option by spelling", ["drain", "--archve", "x"], "Did you mean --archive?"],
  ["an option by sense", ["export", "--out", "x"], "Did you mean --output?"],
  ["an option before the command", ["--archive", "x", "status"], "Options follow the command"],
  ["a question by spelling", ["ask", "exprots"], "Did you mean exports?"],
  ["a question by a word of what it asks", ["ask", "leaks"], "exports"],
  ["a question by sense", ["ask", "mfa"], "Did you mean two-factor?"],
  ["a question with --help", ["ask", "exprots", "--help"], "Did you mean exports?"],
])("%s is suggested", async (_, args, message) => {
  const { code, stdout, stderr } = await runCli(args);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
});

it.each([
  ["an unknown command", ["check", "--json"], "Did you mean verify?"],
  ["an unknown option", ["drain", "--json", "--interval", "10m"], "Did you mean --every?"],
  ["a value that is not allowed", ["drain", "--json", "--every", "10"], "--help"],
  ["an option that is missing", ["status", "--json"], "--archive"],
  ["an unknown question", ["ask", "exprots", "--json"], "Did you mean exports?"],
])("under --json, %s is an error in JSON", async (_, args, advice) => {
  const { code, stdout, stderr } = await runCli(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(JSON.parse(stderr)).toEqual({
    error: { kind: "misconfigured", message: expect.any(String), advice: expect.stringContaining(advice) },
  });
});
