const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Indents compact JSON as `opt_pretty` does. Every token stays as it is: numbers and strings keep their spelling. */
export function prettyJson(json: Buffer): Buffer {
  const pieces: string[] = [];
  let depth = 0;
  const newline = () => `\n${"  ".repeat(depth)}`;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      const end = endOfString(json, at);
      pieces.push(json.toString("utf8", at, end));
      at = end - 1;
      continue;
    }
    const char = String.fromCharCode(byte);
    const empty = (char === "{" || char === "[") && (json[at + 1] === 0x7d || json[at + 1] === 0x5d);
    if (empty) {
      pieces.push(char, String.fromCharCode(json[++at]!));
    } else if (char === "{" || char === "[") {
      depth++;
      pieces.push(char, newline());
    } else if (char === "}" || char === "]") {
      depth--;
      pieces.push(newline(), char);
    } else if (char === ",") pieces.push(char, newline());
    else if (char === ":") pieces.push(": ");
    else pieces.push(char);
  }
  return Buffer.from(pieces.join(""));
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(json: Buffer, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === BACKSLASH) at++;
    else if (json[at] === QUOTE) return at + 1;
  }
  return json.length;
}
