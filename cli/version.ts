import { createRequire } from "node:module";

interface PackageJson {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const packageJson: PackageJson = createRequire(import.meta.url)("asana-audit-archive/package.json");

/** The version of this package. Every segment records the version that wrote it. */
export const { version } = packageJson;

/** Packages that only some uses need, with the versions that are taken. Who installs this package does not get them. */
export const { peerDependencies } = packageJson;
