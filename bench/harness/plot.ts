import type { Plot } from "./bench.ts";
import { figure } from "./figures.ts";

const [WIDTH, HEIGHT] = [640, 320];
const EDGE = { left: 64, right: 120, top: 36, bottom: 48 };
const COLOURS = ["#1f6feb", "#d1242f", "#2da44e"];

/** A plot as SVG: lines with a dot and a number at every point that was measured. */
export function svgOf({ title, x, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const scaleX = (value: number) => (x.isLog === true ? Math.log10(value) : value);
  const xs = points.map(([at]) => scaleX(at));
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const top = Math.max(...points.map(([, value]) => value)) * 1.1;
  const placeX = (value: number) =>
    EDGE.left + ((scaleX(value) - left) / (right - left || 1)) * (WIDTH - EDGE.left - EDGE.right);
  const placeY = (value: number) => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const at = (value: number) => value.toFixed(1);
  const ticks = [...new Set(points.map(([value]) => value))].map(
    (value) =>
      `<text x="${at(placeX(value))}" y="${HEIGHT - EDGE.bottom + 18}" text-anchor="middle">${figure(value)}</text>`,
  );
  const drawn = lines.map(({ name, points: of }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const path = of.map(([px, py], step) => `${step === 0 ? "M" : "L"}${at(placeX(px))} ${at(placeY(py))}`).join("");
    const dots = of.map(
      ([px, py]) =>
        `<circle cx="${at(placeX(px))}" cy="${at(placeY(py))}" r="3" fill="${colour}"/>` +
        `<text x="${at(placeX(px))}" y="${at(placeY(py) - 8)}" text-anchor="middle" fill="${colour}">${figure(py)}</text>`,
    );
    const [endX, endY] = of.at(-1)!;
    const label = `<text x="${at(placeX(endX) + 26)}" y="${at(placeY(endY) + 4)}" fill="${colour}">${name}</text>`;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}${label}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
<text x="${EDGE.left}" y="20" font-size="14">${title}</text>
<path d="M${EDGE.left} ${EDGE.top}V${HEIGHT - EDGE.bottom}H${WIDTH - EDGE.right}" fill="none" stroke="#57606a"/>
<text x="${EDGE.left - 8}" y="${HEIGHT - EDGE.bottom}" text-anchor="end">0</text>
<text x="${(WIDTH - EDGE.right + EDGE.left) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${x.label}</text>
${ticks.join("\n")}
${drawn.join("\n")}
</svg>
`;
}
