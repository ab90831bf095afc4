/**
 * Puts columns side by side into one struct column, as VectorAssembler does, with weighted sums of some of them behind: the
 * operator of SparseProjector. Only the children that somebody reads are made.
 */
import { Field, type RecordBatch, type Vector } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnOf, roundedValues } from '../../table/columns/column-values.ts';
import { float64Column, structColumn, withColumns } from '../../table/columns/make-column.ts';
import type { AssembledPart } from './assemble.ts';

/** Most bytes of the sums of one partition. */
const mostBytes = 2 ** 30;

/** A weighted sum, and the columns that it is of. */
export interface ProjectedPart {
  readonly name: string;
  readonly paths: readonly (readonly string[])[];
  readonly weights: readonly number[];
}

/** What the operator is told. */
export interface ProjectSpec {
  readonly output: string;
  readonly kept: readonly AssembledPart[];
  readonly projected: readonly ProjectedPart[];
}

/** Adds the struct column to one batch. @throws CoppiceError `MEMORY_LIMIT` */
export function project(
  spec: ProjectSpec,
  batch: RecordBatch,
  wanted: ReadonlySet<string> | 'all',
): RecordBatch {
  const isWanted = ({ name }: { readonly name: string }): boolean =>
    wanted === 'all' || wanted.has(name);
  const projected = spec.projected.filter(isWanted);
  const bytes = 8 * projected.length * batch.numRows;
  if (bytes > mostBytes) throw tooWide(projected.length, batch.numRows, bytes);
  const read = new Map<string, Float64Array>();
  const valuesAt = (path: readonly string[]): Float64Array => {
    const key = path.join('\0');
    const values = read.get(key) ?? roundedValues(columnOf(batch, path), path.join('.'));
    read.set(key, values);
    return values;
  };
  const children: (readonly [string, Vector])[] = [
    ...spec.kept.filter(isWanted).map(({ name, path }) => [name, columnOf(batch, path)] as const),
    ...projected.map(({ name, paths, weights }) => {
      return [name, float64Column(weightedSum(paths.map(valuesAt), weights))] as const;
    }),
  ];
  const struct = structColumn(children, batch.numRows);
  return withColumns(batch, [[new Field(spec.output, struct.type, false), struct]]);
}

/** The sum of the columns by their weights, the first first; NaN where one of them is missing. */
function weightedSum(columns: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const [first = new Float64Array(0), ...others] = columns;
  const [scale = 1] = weights;
  const sums = first.map((value) => value * scale);
  for (const [at, values] of others.entries()) {
    const weight = weights[at + 1] as number;
    for (let row = 0; row < sums.length; row++) {
      sums[row] = (sums[row] as number) + (values[row] as number) * weight;
    }
  }
  return sums;
}

function tooWide(numSums: number, numRows: number, bytes: number): CoppiceError {
  const message =
    `the sums of one partition of SparseProjector must fit ${mostBytes} bytes; got ${bytes} for ${numRows} rows and ` +
    `${numSums} sums; give fewer numProjections, or smaller partitions by table.repartition`;
  return new CoppiceError('MEMORY_LIMIT', message, {
    context: { owner: 'SparseProjector', needed: bytes, limit: mostBytes },
  });
}
