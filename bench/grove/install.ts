/** Installs Grove with the connector in its own environment under `.tools/`. Null if it cannot be installed. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const VERSION = "2.2.0";

const root = join(import.meta.dirname, "..", "..", ".tools", "grove");

export function installGrove(): { readonly command: string; readonly python: string } | null {
  const command = join(root, "bin", "grove");
  const python = join(root, "bin", "python");
  try {
    if (!existsSync(command)) {
      execFileSync("python3", ["-m", "venv", root], { stdio: "ignore" });
      execFileSync(python, ["-m", "pip", "install", "-q", `grove==${VERSION}`], { stdio: "ignore", timeout: 300_000 });
    }
    const packages = execFileSync(python, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
      .toString()
      .trim();
    copyFileSync(join(import.meta.dirname, "feed_audit_log.py"), join(packages, "feed_audit_log.py"));
    const information = join(packages, "feed_audit_log-1.dist-info");
    mkdirSync(information, { recursive: true });
    writeFileSync(join(information, "METADATA"), "Metadata-Version: 2.1\nName: feed-audit-log\nVersion: 1\n");
    writeFileSync(
      join(information, "entry_points.txt"),
      "[grove.connectors]\nfeed_audit_log = feed_audit_log:Connector\n",
    );
    return { command, python };
  } catch {
    return null;
  }
}
