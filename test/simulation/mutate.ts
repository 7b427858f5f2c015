/** Changes one module of the product while it is loaded. To be called before anything that imports it. */
import { registerHooks } from "node:module";
import type { Mutant } from "./mutants.ts";

export function mutate({ name, file, text, instead }: Mutant): void {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/lambda/${file}`)) return loaded;
      const parts = String(loaded.source).split(text);
      if (parts.length !== 2) throw new Error(`mutant "${name}": its text is ${parts.length - 1} times in ${file}`);
      return { ...loaded, source: parts.join(instead) };
    },
  });
}
