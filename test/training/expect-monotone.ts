/** Does a model rise, or fall, with a feature? */
import { expect } from 'vitest';
import type { TreeModel } from '../../src/ensemble/model/tree-model.ts';
import {
  type Cell,
  columnNamed,
  numRowsOf,
  pickRows,
  type SampleData,
  withSampleColumn,
} from '../tools/sample-data.ts';
import { scoreSample } from './fit-sample.ts';

/** Every row again with each of some values of one feature, ascending. */
export async function expectMonotone(
  model: TreeModel,
  data: SampleData,
  name: string,
  direction: number,
): Promise<void> {
  const column = columnNamed(data, name);
  const numRows = Math.min(30, numRowsOf(data));
  const known = [...new Set(column.cells)].filter((cell) => cell !== null && !Number.isNaN(cell));
  const ascending = known.sort((a, b) => Number(a) - Number(b));
  const step = Math.max(1, Math.floor(ascending.length / 25));
  const values = ascending.filter((_, i) => i % step === 0);
  const rows = Array.from({ length: numRows * values.length }, (_, i) => i % numRows);
  const cells: Cell[] = rows.map((_, i) => values[Math.floor(i / numRows)] as Cell);
  const probe = withSampleColumn(pickRows(data, rows), { ...column, cells });
  const scores = await scoreSample(model, probe);
  for (const found of constrainedOf(scores, model.data.classes.length)) {
    for (let i = numRows; i < found.length; i++) {
      const rise = ((found[i] as number) - (found[i - numRows] as number)) * direction;
      expect(rise, `${name} of row ${i % numRows}`).toBeGreaterThanOrEqual(0);
    }
  }
}

/** The prediction of numbers, of two classes the second's probability, of more every class's margin. */
function constrainedOf(
  scores: Readonly<Record<string, readonly unknown[]>>,
  numClasses: number,
): readonly (readonly number[])[] {
  if (numClasses === 0) return [scores['prediction'] as number[]];
  const values = (numClasses === 2 ? scores['probability'] : scores['rawPrediction']) as number[];
  const column = (k: number) => values.filter((_, i) => i % numClasses === k);
  return numClasses === 2 ? [column(1)] : Array.from({ length: numClasses }, (_, k) => column(k));
}
