import { Argument } from "commander";
import { loadQuestions } from "../../sql/questions.ts";
import { defineCommand } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { completionScript, describeCommands, SHELLS } from "../completion.ts";
import { EXIT } from "../exit.ts";
import { createProgram } from "../program.ts";

export const completionCommand = defineCommand<object>(
  (command) =>
    command
      .addArgument(new Argument("<shell>", "the shell that completes").choices(SHELLS))
      .addHelpText(
        "after",
        "\nIn ~/.bashrc, or in ~/.zshrc after compinit (with zsh for bash):\n" +
          "  source <(asana-audit-archive completion bash)\n" +
          "For fish, in ~/.config/fish/config.fish:\n" +
          "  asana-audit-archive completion fish | source",
      ),
  async (_, { output }, shell) => {
    const program = await createProgram(
      Object.keys(COMMANDS),
      async () => undefined,
      () => undefined,
    );
    const commands = describeCommands(program, { ask: loadQuestions().map(({ name }) => name) });
    await output.data(completionScript(shell as (typeof SHELLS)[number], commands));
    return EXIT.done;
  },
);
