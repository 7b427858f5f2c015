/** What JSON.parse makes of a page and of an event: the reading that the scanner has to agree with. */

export interface ExpectedEvent {
  readonly value: object;
  readonly gid: string | null;
  readonly createdAt: string | null;
}

export interface ExpectedPage {
  readonly events: readonly ExpectedEvent[];
  readonly offset: string | null;
}

/** Null: refused. */
export function parsedPage(body: Buffer): ExpectedPage | null {
  const root = parsed(body);
  if (!isObject(root) || Object.hasOwn(root, "errors")) return null;
  const { data, next_page: nextPage } = { data: undefined, next_page: undefined, ...root } as Record<string, unknown>;
  if (!Array.isArray(data) || !data.every(isObject)) return null;
  if (nextPage !== null && (!isObject(nextPage) || !isOffset(own(nextPage, "offset")))) return null;
  return { events: data.map(expectedEvent), offset: nextPage === null ? null : (own(nextPage, "offset") as string) };
}

/** Null: refused. */
export function parsedLine(line: Buffer): ExpectedEvent | null {
  if (line[0] !== 0x7b || line.at(-1) !== 0x7d || line.includes("\n") || line.includes("\r")) return null;
  const value = parsed(line);
  return isObject(value) ? expectedEvent(value) : null;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function expectedEvent(value: object): ExpectedEvent {
  const [gid, createdAt] = [own(value, "gid"), own(value, "created_at")];
  return {
    value,
    gid: typeof gid === "string" ? gid : null,
    createdAt: typeof createdAt === "string" ? createdAt : null,
  };
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const own = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;

const isOffset = (value: unknown): boolean =>
  typeof value === "string" && value !== "" && value.length <= 4_096 && value.isWellFormed() && !/\p{Cc}/u.test(value);
