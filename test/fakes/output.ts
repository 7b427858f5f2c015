import { vi } from "vitest";

/** Gives `take` what would go to standard output and standard error, until mocks are restored. */
export function catchOutput(take: (text: string) => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      take(String(chunk));
      return true;
    });
  }
}
