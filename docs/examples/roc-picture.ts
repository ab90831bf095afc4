/**
 * Draws the ROC curves of scored tables as one SVG file.
 *
 * Usage: tsx roc-picture.ts [picture.svg] [name=scored.parquet ...]
 */
import { writeFile } from 'node:fs/promises';
import { BinaryClassificationEvaluator, Session } from 'coppice';

const [picture = 'out/flights/roc.svg', ...given] = process.argv.slice(2);
const tables =
  given.length > 0
    ? given.map((word) => word.split('=') as [string, string])
    : [
        ['boosted trees', 'out/flights/scored-gbt.parquet'],
        ['random forest', 'out/flights/scored-forest.parquet'],
      ];
const colours = ['#2f7d4f', '#c46a1b', '#3a62a8', '#8a3f8f'];
const size = 360;
const margin = 58;

const session = await Session.local();
const evaluator = new BinaryClassificationEvaluator({ labelCol: 'delayed' });
const lines: string[] = [];
const legend: string[] = [];
for (const [index, [name = '', path = '']] of tables.entries()) {
  const scored = await session.read.parquet(path);
  const roc = await evaluator.roc(scored, { maxPoints: 200 });
  const area = await evaluator.evaluate(scored);
  const points = Array.from(roc.falsePositiveRate, (x, i) => {
    const y = roc.truePositiveRate[i] ?? 0;
    return `${(margin + x * size).toFixed(1)},${(20 + (1 - y) * size).toFixed(1)}`;
  });
  const colour = colours[index % colours.length];
  lines.push(
    `<polyline points="${points.join(' ')}" stroke="${colour}" stroke-width="2" fill="none"/>`,
  );
  const y = 20 + size - 14 - 20 * (tables.length - 1 - index);
  legend.push(
    `<text x="${margin + size - 12}" y="${y}" text-anchor="end" fill="${colour}">${name}: AUC ${area.toFixed(3)}</text>`,
  );
}
await session.close();

const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((tick) => {
  const x = margin + tick * size;
  const y = 20 + (1 - tick) * size;
  return [
    `<line x1="${x}" y1="20" x2="${x}" y2="${20 + size}" stroke="#e3e3e3"/>`,
    `<line x1="${margin}" y1="${y}" x2="${margin + size}" y2="${y}" stroke="#e3e3e3"/>`,
    `<text x="${x}" y="${36 + size}" text-anchor="middle">${tick}</text>`,
    `<text x="${margin - 6}" y="${y + 4}" text-anchor="end">${tick}</text>`,
  ];
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size + margin + 20}" height="${size + 66}" font-family="sans-serif" font-size="12" fill="#444">
<title>ROC curves</title>
<rect width="100%" height="100%" fill="#fff"/>
${ticks.join('\n')}
<line x1="${margin}" y1="${20 + size}" x2="${margin + size}" y2="20" stroke="#999" stroke-dasharray="4 4"/>
${lines.join('\n')}
${legend.join('\n')}
<text x="${margin + size / 2}" y="${56 + size}" text-anchor="middle">flights on time that are called late (share)</text>
<text transform="translate(14 ${20 + size / 2}) rotate(-90)" text-anchor="middle">late flights that are found (share)</text>
</svg>
`;
await writeFile(picture, svg);
console.log(`wrote ${picture}`);
