import { parseVerifierKey } from "../../lambda/seal/note.ts";
import { createLocalKey, publicFileOf } from "../../lambda/signers/local-key.ts";
import { defineCommand, needs } from "../command.ts";
import { EXIT } from "../exit.ts";

interface KeygenOptions {
  readonly name: string;
  readonly out: string;
}

export const keygenCommand = defineCommand<KeygenOptions>(
  (command) =>
    needs(
      needs(
        command,
        "--name <name>",
        "name of the archive in its seals, such as archive.example.com/asana; never changes",
      ),
      "--out <file>",
      "the new private key; the public one is written beside it, with .pub at the end",
    ),
  async ({ name, out }, { output }) => {
    const vkey = await createLocalKey(out, name);
    const { keyName, keyId } = parseVerifierKey(vkey);
    const publicFile = publicFileOf(out);
    output.record({ file: out, publicFile, keyName, keyId, vkey });
    output.say(`${out} is the private key. Whoever has it can sign as this archive:`);
    output.say("keep it readable for its owner alone, out of reach of those who may write to the");
    output.say("archive, and keep a copy offline. Without it, only a new key can seal on.");
    output.say("");
    output.say(`${publicFile} is the public key. Give it to whoever is to verify, by another`);
    output.say("way than with the archive:");
    output.say("");
    output.say(`  ${vkey}`);
    output.say("");
    output.say(`Seal with    seal --archive <archive> --key ${out}`);
    output.say(`Verify with  verify --archive <archive> --key ${publicFile}`);
    return EXIT.done;
  },
);
