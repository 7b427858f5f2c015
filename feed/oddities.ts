import { EVENT_TYPES } from "./details.ts";
import type { Random } from "./random.ts";

/** One event before it is text. All but `type` and `category` are JSON. */
export interface Draft {
  type: string;
  category: string;
  actor: string;
  resource: string;
  details: string;
  context: string;
  /** More members after the context, each with a leading comma; mostly empty. */
  more: string;
}

/** Shares of all events that are unusual in one way. Real logs hold all of these; an archive must keep them as they are. */
export interface OddityRates {
  /** A user as actor without gid and email. */
  readonly actorWithoutGid: number;
  /** `resource.name` is null. */
  readonly nullName: number;
  /** `details` with arrays, nested objects, unusual spellings of numbers, and a `__proto__` key. */
  readonly oddDetails: number;
  /** An event type, a category and a member that nobody has heard of. */
  readonly unknownType: number;
  /** `context.on_behalf_of_user_id` above 2^53, as a JSON number. */
  readonly bigNumber: number;
  /** Names with characters beyond the BMP, U+2028 and escaped control characters. */
  readonly wildName: number;
  /** A login with a `saml_response` of 50 KB. */
  readonly bigSaml: number;
  /** A lone surrogate, escaped as JSON allows. */
  readonly loneSurrogate: number;
}

export const usualOddities: OddityRates = {
  actorWithoutGid: 0.002,
  nullName: 0.01,
  oddDetails: 0.002,
  unknownType: 0.0005,
  bigNumber: 0.001,
  wildName: 0.002,
  bigSaml: 0.0002,
  loneSurrogate: 0.0003,
};

export const noOddities: OddityRates = {
  actorWithoutGid: 0,
  nullName: 0,
  oddDetails: 0,
  unknownType: 0,
  bigNumber: 0,
  wildName: 0,
  bigSaml: 0,
  loneSurrogate: 0,
};

const SAML_BYTES = 50_000;
const LOGIN = EVENT_TYPES.get("user_login_succeeded")!;

const CHANGES: Readonly<Record<keyof OddityRates, (draft: Draft, random: Random) => void>> = {
  actorWithoutGid: (draft) => {
    draft.actor = '{"actor_type":"user","name":"Former colleague"}';
  },
  nullName: (draft) => {
    draft.resource = draft.resource.replace(/"name":"(?:[^"\\]|\\.)*"/, '"name":null');
  },
  oddDetails: (draft, random) => {
    draft.details = `{"changed":["name","owner",null,true],"nested":{"a":[{"b":{}},[]],"__proto__":{"x":1}},"ratio":1.50e+2,"count":${random.int(1000)}.0,"negative":-0,"path":"a\\/b"}`;
  },
  unknownType: (draft) => {
    draft.type = "workspace_telepathy_enabled";
    draft.category = "telepathy";
    draft.more = ',"severity":{"level":3,"label":"new"}';
  },
  bigNumber: (draft, random) => {
    draft.context = `${draft.context.slice(0, -1)},"on_behalf_of_user_id":90071992547409${93 + random.int(7)}}`;
  },
  wildName: (draft) => {
    const name = String.raw`"𝔘nusual 👩‍👩‍👧 na${"\u2028"}me${"\u2029"} \u0001\u001f \"quoted\" \\ tab\there line\nbreak \u00e9"`;
    draft.resource = `{"resource_type":"task","gid":"1203999999999999","name":${name}}`;
  },
  bigSaml: (draft, random) => {
    draft.type = LOGIN.name;
    draft.category = LOGIN.category;
    draft.details = `{"method":["SAML"],"saml_response":"${base64Text(random, SAML_BYTES)}"}`;
  },
  loneSurrogate: (draft) => {
    draft.resource = String.raw`{"resource_type":"task","gid":"1203999999999998","name":"cut off emoji \ud83d"}`;
  },
};

/** Returns the function that makes a few drafts unusual, with one draw for each draft. */
export function createOddities(rates: OddityRates): (draft: Draft, random: Random) => void {
  const entries = (Object.keys(CHANGES) as (keyof OddityRates)[]).filter((name) => rates[name] > 0);
  const total = entries.reduce((sum, name) => sum + rates[name], 0);
  return (draft, random) => {
    if (total === 0) return;
    let drawn = random.next();
    if (drawn >= total) return;
    for (const name of entries) {
      drawn -= rates[name];
      if (drawn < 0) return CHANGES[name](draft, random);
    }
  };
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Looks like an identity provider's signed answer: does not compress to nothing. */
function base64Text(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += BASE64[random.int(64)];
  return text;
}
