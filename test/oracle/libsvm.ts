/** Reads the libsvm text of Spark's samples: a label, then index:value pairs; what is not named is 0. */
import { readFileSync } from 'node:fs';

/** Dense columns x1, x2, … and the label. */
export interface LibsvmData {
  readonly columns: Readonly<Record<string, Float64Array>>;
  readonly label: Float64Array;
}

/** Reads a file. */
export function readLibsvm(path: string): LibsvmData {
  const rows = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
  const pairs = rows.map(([, ...cells]) =>
    cells.map((cell) => cell.split(':').map(Number) as [number, number]),
  );
  const width = pairs.flat().reduce((most, [index]) => Math.max(most, index), 0);
  const columns: Record<string, Float64Array> = {};
  for (let index = 1; index <= width; index++) columns[`x${index}`] = new Float64Array(rows.length);
  pairs.forEach((cells, row) => {
    for (const [index, value] of cells) (columns[`x${index}`] as Float64Array)[row] = value;
  });
  return { columns, label: Float64Array.from(rows, ([label]) => Number(label)) };
}
