/**
 * `Asana-Change` response headers announce changes of the API: `name=...;info=<url>[;affected=true]`, repeated or
 * joined by commas. One that affects us is a warning for whoever keeps this software, and nothing else.
 */

import { plainText } from "../event/plain-text.ts";
import type { Logger } from "../ports.ts";

/** There are a handful; a header that never repeats itself must not fill the memory. */
const MAX_NAMES = 100;

/** The result logs each affected change once per name, and none of the `secrets` that the source may have echoed. */
export function createChangeNotices(log: Logger): (header: string | undefined, secrets: readonly string[]) => void {
  const noticed = new Set<string>();
  return (header, secrets) => {
    for (const { name, info } of affectedChanges(header, secrets)) {
      if (noticed.has(name) || noticed.size >= MAX_NAMES) continue;
      noticed.add(name);
      log("warn", "a change of the Asana API affects this client", { name, info });
    }
  };
}

function affectedChanges(header: string | undefined, secrets: readonly string[]): { name: string; info: string }[] {
  const changes = (header ?? "").split(/,\s*(?=name=)/).map(fieldsOf);
  return changes
    .filter((fields) => fields.get("affected") === "true" && fields.has("name"))
    .map((fields) => ({
      name: plainText(fields.get("name") ?? "", secrets),
      info: plainText(fields.get("info") ?? "", secrets),
    }));
}

function fieldsOf(change: string): Map<string, string> {
  return new Map(
    change.split(";").map((field) => {
      const [name = "", ...value] = field.split("=");
      return [name.trim(), value.join("=").trim()];
    }),
  );
}
