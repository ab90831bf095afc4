/** Draws small log-log panels side by side as one SVG: a line each of seconds and of MiB. */

/** A line of a panel: x and y, both above 0. */
export interface PanelLine {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** One panel. */
export interface Panel {
  readonly title: string;
  readonly lines: readonly PanelLine[];
}

const width = 260;
const height = 200;
const margin = { left: 44, right: 12, top: 26, bottom: 30 };
const perRow = 3;
const colours = ['#0b6e4f', '#b4531a'];
const yRange = [0.1, 10_000] as const;

/** The SVG of some panels, three a row. */
export function plotPanels(panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / perRow);
  const parts = panels.map((panel, i) => {
    const at = `translate(${(i % perRow) * width},${Math.floor(i / perRow) * height})`;
    return `<g transform="${at}">${panelText(panel)}</g>`;
  });
  const size = `width="${perRow * width}" height="${rows * height}" viewBox="0 0 ${perRow * width} ${rows * height}"`;
  const font = 'font-family="sans-serif" font-size="10" fill="#444"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}><title>Seconds and MiB of a fit as one thing grows</title><rect width="100%" height="100%" fill="#fff"/>${parts.join('\n')}</svg>\n`;
}

function panelText({ title, lines }: Panel): string {
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x));
  if (xs.length === 0) return '';
  const xRange = [Math.min(...xs), Math.max(...xs)] as const;
  const x = (value: number) =>
    margin.left + share(value, xRange) * (width - margin.left - margin.right);
  const y = (value: number) =>
    height - margin.bottom - share(value, yRange) * (height - margin.top - margin.bottom);
  const grid = [0.1, 1, 10, 100, 1000, 10_000].map((value) => {
    const line = `<line x1="${margin.left}" x2="${width - margin.right}" y1="${fixed(y(value))}" y2="${fixed(y(value))}" stroke="#ddd"/>`;
    return `${line}<text x="${margin.left - 4}" y="${fixed(y(value) + 3)}" text-anchor="end">${short(value)}</text>`;
  });
  const ticks = [...new Set(xs)].map(
    (value) =>
      `<text x="${fixed(x(value))}" y="${height - margin.bottom + 14}" text-anchor="middle">${short(value)}</text>`,
  );
  const drawn = lines.map(({ name, points }, i) => {
    const colour = colours[i % colours.length];
    const path = points.map(([a, b]) => `${fixed(x(a))},${fixed(y(b))}`).join(' ');
    const dots = points.map(
      ([a, b]) => `<circle cx="${fixed(x(a))}" cy="${fixed(y(b))}" r="2.5" fill="${colour}"/>`,
    );
    const legend = `<text x="${width - margin.right - 60 * (lines.length - 1 - i)}" y="14" text-anchor="end" fill="${colour}">${name}</text>`;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join('')}${legend}`;
  });
  const head = `<text x="${margin.left}" y="14" font-weight="bold">${title}</text>`;
  return [head, ...grid, ...ticks, ...drawn].join('');
}

/** Where a value lies between two others, by their logarithms. */
function share(value: number, [low, high]: readonly [number, number]): number {
  if (low === high) return 0.5;
  const clamped = Math.max(low, Math.min(high, value));
  return Math.log(clamped / low) / Math.log(high / low);
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1000 ? `${value / 1000}k` : String(value);
}

function fixed(value: number): string {
  return value.toFixed(1);
}
