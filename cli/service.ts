/** The schedule of a drain as the files of systemd, launchd and cron. No secret is in them. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../lambda/event/instant.ts";
import { misused } from "./exit.ts";
import { shellWord } from "./shell-word.ts";

export const SERVICES = ["systemd", "launchd", "cron"] as const;
export type ServiceKind = (typeof SERVICES)[number];

export interface Service {
  /** Node, the program, and nothing else: absolute paths. */
  readonly program: readonly [string, string];
  /** The flags of every run. */
  readonly flags: readonly string[];
  readonly everyMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly home: string;
}

const NAME = "asana-audit-archive";

/** Throws ArchiverError `misconfigured` for what the file could not say. */
export function describeService(kind: ServiceKind, service: Service): string {
  const texts = [...service.program, ...service.flags, ...Object.values(service.environment)];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no such file can hold these.
  if (texts.some((text) => /[\u0000-\u001f\u007f]/.test(text))) {
    throw misused("A path or a setting has a control character in it.", "Rename it: a service's file cannot name it.");
  }
  return { systemd, launchd, cron }[kind](service);
}

const endless = ({ program, flags, everyMs }: Service): readonly string[] => [
  ...program,
  "drain",
  ...flags,
  "--every",
  everyMs % MINUTE_MS === 0 ? `${everyMs / MINUTE_MS}m` : `${everyMs / 1000}s`,
];

function systemd(service: Service): string {
  const environment = Object.entries(service.environment).map(
    ([name, value]) => `Environment=${systemdWord(`${name}=${value}`, false)}\n`,
  );
  return `# Save it as /etc/systemd/system/${NAME}.service, then:
#   sudo systemctl daemon-reload && sudo systemctl enable --now ${NAME}
#   journalctl -u ${NAME}
[Unit]
Description=Archive Asana's audit log
Wants=network-online.target
After=network-online.target

[Service]
User=${service.user}
${environment.join("")}ExecStart=${endless(service)
    .map((word) => systemdWord(word, true))
    .join(" ")}
Restart=on-failure
RestartSec=60
# Wrong settings (2), and an archive that contradicts itself (5), need somebody who looks.
RestartPreventExitStatus=2 5
UMask=0077
NoNewPrivileges=yes
ProtectSystem=full

[Install]
WantedBy=multi-user.target
`;
}

/** Where words are expanded, in a command, a dollar sign is doubled too. */
function systemdWord(word: string, isCommand: boolean): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", isCommand ? "$$$$" : "$$");
  return /^[\w./:=@%+,-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, "\\$&")}"`;
}

function launchd(service: Service): string {
  const { environment, home } = service;
  const text = (value: string) => `<string>${xml(value)}</string>`;
  const words = endless(service).map((word) => `    ${text(word)}`);
  const variables = Object.entries(environment).map(([name, value]) => `    <key>${xml(name)}</key>${text(value)}`);
  const log = `${home}/Library/Logs/${NAME}.log`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Save it as ~/Library/LaunchAgents/${NAME}.plist, then:
     launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/${NAME}.plist -->
<plist version="1.0">
<dict>
  <key>Label</key>${text(NAME)}
  <key>ProgramArguments</key>
  <array>
${words.join("\n")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${[...variables, ""].join("\n")}  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>60</integer>
  <key>Umask</key><integer>63</integer>
  <key>StandardOutPath</key>${text(log)}
  <key>StandardErrorPath</key>${text(log)}
</dict>
</plist>
`;
}

const xml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Cron starts each run anew, so that the rescans that are due have a line of their own. */
function cron(service: Service): string {
  const { program, flags, everyMs, environment } = service;
  const line = (when: string, ...command: readonly string[]) =>
    `${when} ${[...program, ...command, ...flags, "--quiet"].map(cronWord).join(" ")}\n`;
  const variables = Object.entries(environment).map(([name, value]) => cronVariable(name, value));
  return `# Add these lines with crontab -e. Cron sends a mail about what they print, which is errors only.
${variables.join("")}${line(cronTime(everyMs), "drain")}${line("7 * * * *", "rescan", "--settled")}`;
}

function cronTime(everyMs: number): string {
  if (everyMs % MINUTE_MS === 0 && HOUR_MS % everyMs === 0 && everyMs < HOUR_MS)
    return `*/${everyMs / MINUTE_MS} * * * *`;
  if (everyMs % HOUR_MS === 0 && DAY_MS % everyMs === 0 && everyMs < DAY_MS) return `0 */${everyMs / HOUR_MS} * * *`;
  if (everyMs === DAY_MS) return "0 0 * * *";
  throw misused(
    "Cron cannot start something at this interval.",
    "Give --every a number of minutes that an hour is a multiple of, such as 10m, or of hours that a day is, such as 2h.",
  );
}

/** For sh, after cron has read it, to which a percent sign ends the line. */
function cronWord(word: string): string {
  if (word.includes("\\%")) {
    throw misused("A path or a setting has a backslash before a percent sign.", "Rename it: a crontab cannot name it.");
  }
  return shellWord(word).replaceAll("%", "\\%");
}

/** Cron knows both kinds of quotes, and no way to write one of them inside its own. */
function cronVariable(name: string, value: string): string {
  if (value.includes('"') && value.includes("'")) {
    throw misused(`${name} has both kinds of quotation marks in it.`, "Change it: a crontab cannot say it.");
  }
  const quote = value.includes('"') ? "'" : '"';
  return `${name}=${quote}${value}${quote}\n`;
}
