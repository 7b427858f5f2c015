/** Events that are legal and that something somewhere breaks on. The same seed gives the same lines. */

import { createRandom, type Random } from "../../feed/random.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";

export interface HostileEvent {
  readonly event: SourceEvent;
  /** `gid` or `created_at` stands in it twice: the archive goes by the last, SQL by the first. */
  readonly isAmbiguous: boolean;
}

/** `count` of them over five days and the odd day, each with a line of its own; two of them of a megabyte. */
export function hostileEvents(count: number, seed = "hostile"): readonly HostileEvent[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const { text, isAmbiguous } = hostileLine(random, index, count);
    return { event: scanEvent(Buffer.from(text)), isAmbiguous };
  });
}

/** JSON string literals, quotes included. */
const STRINGS = [
  ...[String.raw`"\u0000"`, String.raw`"\u0001\u001f\u007f\u0085"`, String.raw`"\b\f\n\r\t\/\\\""`, String.raw`"\\N"`],
  ...[
    '"\u2028\u2029"',
    '"\u0085\u009b31m"',
    '"\ufeff"',
    '"\ufffe\uffff"',
    '"\u007f"',
    '"\u202eright to left"',
    '"  "',
    '""',
  ],
  ...[
    String.raw`"\ud800"`,
    String.raw`"\udfff\ud800"`,
    String.raw`"a\uD83D\uDE00b"`,
    String.raw`"\\ud800"`,
    String.raw`"\\\ud83d!"`,
  ],
  ...['"👩‍👩‍👧"', '"𠮷田 花子"', '"ﷺ"', '"e\u0301"', String.raw`"\u00e9\u00E9"`, String.raw`"\u005c\u0022"`],
  ...[
    `"'; DROP TABLE events; --"`,
    '"$.gid"',
    '"*"',
    '"%_"',
    String.raw`"[\"x\"]"`,
    String.raw`"{\"gid\":\"1\"}"`,
    '"null"',
    '"true"',
  ],
  ...[
    '"1e5"',
    '"-0"',
    '"NaN"',
    '"0123"',
    '"9007199254740993"',
    '"=1+1"',
    '"a,b;c\'d"',
    '"<script>"',
    '"$since ?1 :until"',
  ],
];
const NUMBERS = [
  ...["0", "-0", "1.10", "1.0", "1e400", "-1E+2", "0.1e-400", "9007199254740993", "12345678901234567890123"],
  ...["-9223372036854775809", "18446744073709551616", "3.141592653589793238462643383279", "1e-7", "2e0"],
];
const KEYS = [
  '"new_value"',
  '"New_Value"',
  '"old_value"',
  '"__proto__"',
  '"constructor"',
  '""',
  '"a.b"',
  String.raw`"\u0061"`,
  '"ключ"',
  '"$"',
  '"[0]"',
  '"gid"',
];
const SPACES = ["", "", "", " ", "  ", "\t"];

function hostileLine(random: Random, index: number, count: number): { text: string; isAmbiguous: boolean } {
  const unique = `hostile-${index}`;
  const gid = random.pick(GIDS)(unique, index);
  const createdAt = random.pick(TIMES)(random);
  const members = [
    ...gid.members,
    ...createdAt.members,
    `"event_type":${random.chance(0.5) ? '"task_deleted"' : value(random, 0)}`,
    ...(random.chance(0.8) ? [`"event_category":${value(random, 2)}`] : []),
    `"actor":${actor(random, unique)}`,
    ...(random.chance(0.8) ? [`"resource":${actor(random, unique)}`] : []),
    `"details":${index % Math.floor(count / 2) === 1 ? large(random) : value(random, 0)}`,
    ...(random.chance(0.6) ? [`"context":${value(random, 1)}`] : []),
    ...(random.chance(0.2) ? [`${random.pick(KEYS.slice(1, 11))}:${value(random, 1)}`] : []),
    `"number":${index}`,
  ];
  const space = random.pick(SPACES);
  const shuffled = random.chance(0.3) ? members.reverse() : members;
  return { text: `{${shuffled.join(`${space},${space}`)}${space}}`, isAmbiguous: gid.isTwice || createdAt.isTwice };
}

interface Members {
  readonly members: readonly string[];
  readonly isTwice: boolean;
}

const once = (...members: string[]): Members => ({ members, isTwice: false });

const GIDS: readonly ((unique: string, index: number) => Members)[] = [
  ...Array.from({ length: 8 }, () => (_: string, index: number) => once(`"gid":"${1_210_000_000_000_000 + index}"`)),
  (unique) => once(`"gid":"${unique}"`),
  (unique) => once(`"gid":"${unique} \\ud800 \\u2028 '"`),
  (unique) => once(`"\\u0067id":"${unique}"`),
  (unique) => once(`"Gid":"${unique}","GID":"x"`),
  (_, index) => once(`"gid":${index}`),
  () => once('"gid":null'),
  () => once('"gid":""'),
  (unique) => once(`"gid":["${unique}"]`),
  (unique) => once(`"gid":{"gid":"${unique}"}`),
  () => once(),
  (unique) => ({ members: [`"gid":"${unique}-1"`, `"gid":"${unique}-2"`], isTwice: true }),
];

const TIMES: readonly ((random: Random) => Members)[] = [
  ...Array.from({ length: 6 }, () => (random: Random) => once(`"created_at":"${day(random)}T${clock(random)}.123Z"`)),
  (random) => once(`"created_at":"${day(random)}T${clock(random)}.123456789123456789Z"`),
  (random) => once(`"created_at":"${day(random)} ${clock(random)}Z"`),
  (random) => once(`"created_at":"${day(random)}T${clock(random)}.5+05:30"`),
  (random) => once(`"created_at":"${day(random)}T${clock(random)}.9999-1130"`),
  (random) => once(`"created_at":"${day(random)}T${clock(random)}.000+23:59"`),
  (random) => once(`"created_at":"${day(random)}T${clock(random)}.000\\u005a"`),
  () => once('"created_at":"2026-02-30T10:00:00.000Z"'),
  () => once('"created_at":"2026-05-01T24:00:00.000Z"'),
  () => once('"created_at":"2026-05-01T10:00:60.000Z"'),
  () => once('"created_at":"2026-05-01"'),
  () => once('"created_at":"2026-05-01T10:00:00.000"'),
  () => once('"created_at":"yesterday"'),
  () => once('"created_at":1777629600'),
  () => once('"created_at":null'),
  () => once(),
  (random) => ({ members: [`"created_at":"x"`, `"created_at":"${day(random)}T${clock(random)}Z"`], isTwice: true }),
];

const two = (value: number): string => String(value).padStart(2, "0");
const day = (random: Random): string => `2026-05-0${1 + random.int(5)}`;
const clock = (random: Random): string => `${two(random.int(24))}:${two(random.int(60))}:${two(random.int(60))}`;

function actor(random: Random, unique: string): string {
  if (random.chance(0.4)) return value(random, 2);
  return `{"actor_type":${value(random, 2)},"gid":"${unique}","name":${random.pick(STRINGS)},"email":${value(random, 2)}}`;
}

/** Any JSON value; `depth` 3 and more gives no more objects. */
function value(random: Random, depth: number): string {
  const drawn = random.next();
  if (drawn < 0.4 || depth > 3) return random.pick(STRINGS);
  if (drawn < 0.55) return random.pick(NUMBERS);
  if (drawn < 0.65) return random.pick(["null", "true", "false", "[]", "{}"]);
  const items = Array.from({ length: random.int(4) }, () => value(random, depth + 1));
  if (drawn < 0.8) return `[${items.join(", ")}]`;
  // Keys may well come twice.
  return `{${items.map((item) => `${random.pick(KEYS)} : ${item}`).join(",")}}`;
}

/** A megabyte of text, or brackets as deep as SQL reads. */
const large = (random: Random): string =>
  random.chance(0.5)
    ? `{"saml_response":"${"PHNhbWw+".repeat(131_072)}"}`
    : `{"old_value":"x","deep":${"[".repeat(850)}${"]".repeat(850)},"saml_response":"${"é".repeat(524_288)}"}`;
