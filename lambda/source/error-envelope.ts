/** Asana's error answers: `{"errors":[{"message": string, "help"?: string, "phrase"?: string}]}`. */

export interface ErrorItem {
  readonly message?: string;
  readonly phrase?: string;
}

const MAX_ERROR_BYTES = 65_536;

/** None if the body is anything else, such as a proxy's HTML. */
export function readErrors(body: Buffer): readonly ErrorItem[] {
  if (body.length > MAX_ERROR_BYTES) return [];
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch {
    return [];
  }
  const errors = isRecord(json) ? json["errors"] : undefined;
  return Array.isArray(errors) ? errors.filter(isRecord).map(errorItem) : [];
}

function errorItem({ message, phrase }: Record<string, unknown>): ErrorItem {
  return { ...(typeof message === "string" && { message }), ...(typeof phrase === "string" && { phrase }) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
