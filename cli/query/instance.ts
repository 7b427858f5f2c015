/** A DuckDB in memory with every way out closed, and what it lacks to run the archive's SQL. */
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { macroStatements } from "./dialect.ts";
import type { QueryMemory } from "./memory.ts";
import { asPattern, quote } from "./sql-text.ts";

export interface Instance {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** `own`: a folder of this session alone. It and `folders` are the only ones whose files may be opened. */
export async function openInstance(own: string, folders: readonly string[], memory: QueryMemory): Promise<Instance> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${memory.limitBytes} bytes`,
    threads: String(memory.threads),
    // What is freed goes back to the system soon, and not after hundreds of megabytes.
    allocator_flush_threshold: "16MiB",
    allocator_bulk_deallocation_flush_threshold: "16MiB",
  });
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await lockDown(connection, own, [own, ...folders]);
    await connection.run(macroStatements().join(";\n"));
    return { connection, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** No extension is ever loaded, no file outside of `folders` opened, and no query can change that. */
async function lockDown(connection: DuckDBConnection, own: string, folders: readonly string[]): Promise<void> {
  const allowed = new Set(folders.flatMap((folder) => [folder, asPattern(folder)]));
  await connection.run(`SET allowed_directories = [${[...allowed].map(quote).join(", ")}]`);
  await connection.run(`SET temp_directory = ${quote(join(own, "spill"))}`);
  await connection.run("SET autoinstall_known_extensions = false");
  await connection.run("SET autoload_known_extensions = false");
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
}
