import type { Random } from "./random.ts";

/** What somebody's working days consist of. */
export type Role = "member" | "it" | "admin" | "guest";

/** One person and their habits. The texts are JSON, ready to be put into an event. */
export interface Person {
  readonly index: number;
  readonly role: Role;
  readonly gid: string;
  /** As `actor`. */
  readonly actor: string;
  /** As `resource`. */
  readonly resource: string;
  /** Hours to add to UTC for their local time. */
  readonly zoneHours: number;
  /** First and last hour at work on that clock. */
  readonly firstHour: number;
  readonly lastHour: number;
  /** Works on Saturdays and Sundays as on other days. */
  readonly weekends: boolean;
  /** How much they do, compared with others. */
  readonly diligence: number;
  /** The places and devices they work from, as `context`, the usual one first. */
  readonly contexts: readonly string[];
}

const GIVEN =
  `Ada Aisha Åsa Bogdan Chloé Çağla Dmitri Elif Fatoumata Giulia Hana Ingrid Jürgen Kofi Leïla Maksim Mei Nguyễn
Olu Paweł Priya Quentin Rafael Søren Sinéad Tomás Uchenna Valentina Wanjiru Xavier Yūki Zoë 太郎 花子 지우 محمد Ольга`
    .split(/\s+/)
    .sort();
const FAMILY =
  `Abara Andersson Bianchi Chowdhury Ćwikła D'Souza Eriksen Fernández García Häkkinen Ibrahim Jansen Kowalski
Łukasik Müller Nakamura O'Brien Öztürk Petrović Quispe Rossi Schäfer Tremblay Ueda Vasquez Wójcik Xu Yılmaz Zhang 𠮷田 김 Соколова`
    .split(/\s+/)
    .sort();
/** The domain of the staff's mail addresses. */
export const STAFF_DOMAIN = "example.com";
/** Hours from UTC and share of the staff. */
const ZONES = [
  [-8, 0.22],
  [-5, 0.24],
  [0, 0.12],
  [1, 0.2],
  [5.5, 0.14],
  [9, 0.08],
] as const;
const AGENTS = [
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
];
const DESKTOP_AGENT =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Asana/2.4.1 Chrome/134.0.0.0 Electron/35.1.2 Safari/537.36";
const MOBILE_AGENTS = ["Asana/8.9.2 (iPhone; iOS 18.5; Scale/3.00)", "com.asana.app/7.101.3 (Android 15; Pixel 9)"];

/** The staff of a company: mostly members, a few administrators, an IT team, some guests. The first is an admin. */
export function createPeople(random: Random, count: number): readonly Person[] {
  return Array.from({ length: count }, (_, index) => createPerson(random, index));
}

function createPerson(random: Random, index: number): Person {
  const role = index === 0 ? "admin" : pickRole(random);
  const name = `${random.pick(GIVEN)} ${random.pick(FAMILY)}`;
  const host = role === "guest" ? "partner.example" : STAFF_DOMAIN;
  const email = `${mailName(name)}.${index}@${host}`;
  const gid = String(1_198_000_000_000_000 + index * 7_919 + random.int(7_919));
  const firstHour = 7 + random.int(4);
  const zone = pickZone(random);
  return {
    index,
    role,
    gid,
    actor: JSON.stringify({ actor_type: "user", gid, name, email }),
    resource: JSON.stringify({ resource_type: "user", gid, name, email }),
    zoneHours: zone,
    firstHour,
    lastHour: firstHour + 7 + random.int(3),
    weekends: random.chance(0.04),
    // A few do most of it.
    diligence: 0.2 + random.next() ** 4 * 8,
    contexts: createContexts(random, zone),
  };
}

function pickRole(random: Random): Role {
  const drawn = random.next();
  return drawn < 0.03 ? "admin" : drawn < 0.08 ? "it" : drawn < 0.16 ? "guest" : "member";
}

function pickZone(random: Random): number {
  let left = random.next();
  for (const [hours, share] of ZONES) {
    left -= share;
    if (left < 0) return hours;
  }
  return 0;
}

const mailName = (name: string) =>
  name
    .normalize("NFKD")
    .replace(/[^A-Za-z ]/g, "")
    .trim()
    .toLowerCase()
    .replace(/ +/g, ".") || "staff";

/** Office, home, desktop app and telephone: documentation addresses (RFC 5737, RFC 3849) only. */
function createContexts(random: Random, zoneHours: number): readonly string[] {
  const office = `203.0.113.${Math.floor(zoneHours + 8) * 4 + random.int(4)}`;
  const home = random.chance(0.3)
    ? `2001:db8:${random.int(65_536).toString(16)}::${random.int(65_536).toString(16)}`
    : `198.51.100.${random.int(256)}`;
  const agent = random.pick(AGENTS);
  const web = (address: string) => context("web", address, agent);
  const contexts = [web(office), web(office), web(home)];
  if (random.chance(0.4)) contexts.push(context("desktop", office, DESKTOP_AGENT));
  if (random.chance(0.5)) contexts.push(context("mobile", `192.0.2.${random.int(256)}`, random.pick(MOBILE_AGENTS)));
  if (random.chance(0.1)) {
    contexts.push(
      JSON.stringify({
        context_type: "api",
        api_authentication_method: "oauth",
        client_ip_address: `192.0.2.${random.int(256)}`,
        user_agent: "python-requests/2.32.4",
        oauth_app_name: "Calendar Sync",
      }),
    );
  }
  return contexts;
}

const context = (type: string, address: string, agent: string) =>
  JSON.stringify({ context_type: type, client_ip_address: address, user_agent: agent });
