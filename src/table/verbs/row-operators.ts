/** The operators behind the verbs that keep some rows: a mask of bytes, then one gather. */
import { type Data, DataType, type RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { hash32, rowKey, unitInterval } from '../../base/rng.ts';
import {
  guardUserFunction,
  importModuleFunction,
  type ModuleFunction,
} from '../../base/user-function.ts';
import { bitAt, maskOfValidity } from '../columns/bitmap.ts';
import { findPlace } from '../columns/find-column.ts';
import { expressionEvaluator } from '../expressions/expression-evaluator.ts';
import type { ExpressionNode } from '../expressions/expression-node.ts';
import { registerOperator } from '../plan/operators.ts';
import type { OperatorSpec } from '../plan/partition-spec.ts';
import { filterRows } from '../take-rows.ts';
import { valuesOfMask } from './values-of-mask.ts';

interface FilterSpec extends OperatorSpec {
  readonly expression: ExpressionNode;
}

registerOperator<FilterSpec>('table.filter', async ({ expression }) => {
  const evaluator = await expressionEvaluator();
  return (batch) => filterRows(batch, evaluator.mask(expression, batch));
});

interface ModuleFilterSpec extends OperatorSpec {
  readonly module: ModuleFunction;
}

registerOperator<ModuleFilterSpec>('table.moduleFilter', async ({ module }) => {
  const run = guardUserFunction(
    `the function ${module.exportName} of filter`,
    (await importModuleFunction(module)) as (batch: RecordBatch) => unknown,
  );
  return async (batch) => filterRows(batch, valuesOfMask(await run(batch), batch.numRows));
});

interface SampleSpec extends OperatorSpec {
  readonly seed: number;
  readonly purpose: number;
  readonly from: number;
  readonly to: number;
}

registerOperator<SampleSpec>(
  'table.sample',
  ({ seed, purpose, from, to }) =>
    (batch, { firstRow }) => {
      if (firstRow < 0)
        throw new CoppiceError('INTERNAL', 'a sample must know the position of its rows');
      const mask = new Uint8Array(batch.numRows);
      for (let i = 0; i < mask.length; i++) {
        const draw = unitInterval(hash32(seed, purpose, rowKey(firstRow + i)));
        mask[i] = draw >= from && draw < to ? 1 : 0;
      }
      return filterRows(batch, mask);
    },
);

interface DropNullsSpec extends OperatorSpec {
  readonly columns: readonly string[];
  /** A row is kept when it has at least so many values in the columns. */
  readonly minValues: number;
}

registerOperator<DropNullsSpec>('table.dropNulls', ({ columns, minValues }) => (batch) => {
  const counts = new Uint32Array(batch.numRows);
  for (const name of columns) {
    const index = findPlace(batch.schema.fields, name);
    const present = presentRows(batch.data.children[index] as Data);
    for (let i = 0; i < counts.length; i++)
      counts[i] = (counts[i] as number) + (present[i] as number);
  }
  return filterRows(
    batch,
    Uint8Array.from(counts, (count) => (count >= minValues ? 1 : 0)),
  );
});

/** 1 where a column has a value: not null, and not NaN either. */
function presentRows(data: Data): Uint8Array {
  const present = maskOfValidity(data);
  if (DataType.isFloat(data.type) && data.values instanceof Uint16Array) {
    const halves = data.values;
    for (let i = 0; i < present.length; i++)
      if (((halves[i] as number) & 0x7fff) > 0x7c00) present[i] = 0;
  } else if (DataType.isFloat(data.type)) {
    const values = data.values as Float64Array;
    for (let i = 0; i < present.length; i++) if (Number.isNaN(values[i])) present[i] = 0;
  }
  if (DataType.isDictionary(data.type)) {
    const [dictionary] = data.dictionary?.data ?? [];
    const bits = dictionary?.nullBitmap as Uint8Array | undefined;
    const codes = data.values as Int32Array;
    if (dictionary !== undefined && bits !== undefined && dictionary.nullCount > 0) {
      for (let i = 0; i < present.length; i++) {
        if (present[i] === 1) present[i] = bitAt(bits, dictionary.offset + (codes[i] as number));
      }
    }
  }
  return present;
}
