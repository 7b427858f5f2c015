const WIDTH = 140;

/** A value as text for people to read and compare: as many names with values (as JSON) in a line as fit, deeper ones indented. */
export function outline(value: object, indent = ""): string {
  const lines: string[] = [];
  let isOpen = false;
  for (const [key, inner] of Object.entries(value)) {
    const isScalar = typeof inner !== "object";
    const name = !Array.isArray(value) ? `${key}: ` : isScalar ? "" : "- ";
    const text = name + JSON.stringify(inner);
    const fits = indent.length + text.length <= WIDTH || isScalar;
    const joined = `${lines.at(-1)}, ${text}`;
    if (fits && isOpen && joined.length <= WIDTH) lines[lines.length - 1] = joined;
    else if (fits) lines.push(indent + text);
    else if (Array.isArray(value)) lines.push(`${indent}- ${outline(inner, `${indent}  `).trimStart()}`);
    else lines.push(`${indent}${key}:\n${outline(inner, `${indent}  `)}`);
    isOpen = fits && (isScalar || !Array.isArray(value));
  }
  return lines.join("\n");
}
