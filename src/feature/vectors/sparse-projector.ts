/** Draws sums of a few columns each, so that a tree's splits of them are oblique. */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { defineParams, type Options } from '../../params/define-params.ts';
import { checkFit } from '../../pipeline/check-fit.ts';
import { Estimator, type FitOptions } from '../../pipeline/estimator.ts';
import { logicalSchema } from '../../pipeline/logical-schema.ts';
import { registerStage } from '../../pipeline/stage-registry.ts';
import type { FeatureColumn } from '../../table/columns/feature-columns.ts';
import { findField } from '../../table/columns/find-column.ts';
import { isPlanned } from '../../table/columns/planned-field.ts';
import { typeName } from '../../table/columns/type-name.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { drawProjections } from './draw-projections.ts';
import {
  isSummed,
  projectedSchema,
  projectorInputs,
  sparseProjectorSpecs,
} from './projected-features.ts';
import { SparseProjectorModel } from './sparse-projector-model.ts';

/** Parameters of {@link SparseProjector}. */
export const sparseProjectorParams = defineParams('SparseProjector', sparseProjectorSpecs);

/** Options of {@link SparseProjector}. @interface */
export type SparseProjectorOptions = Options<typeof sparseProjectorParams.schema>;

/**
 * Adds sums of a few columns each, drawn once for all trees, so that a split of a sum is oblique: a line or a plane across
 * its columns, where a split of a column runs along an axis.
 *
 * Input: columns of any kind, and structs or vectors of them; integers, floats and decimals are summed up, the others passed
 * on. Output: a struct of the inputs, unless `keepInputs` is false, and float64 children `projection0`, `projection1`, …; a
 * sum is missing (NaN) where one of its columns is. An estimator that reads some of them makes no others.
 * Cost: one read of the columns; a product and an addition a row, sum and column. Determinism: exact statistics, draws that
 * hang on the seed alone, and sums in the order of the columns.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`; `DATA_EMPTY` for no values,
 *   `DATA_INVALID` for an infinite one or fewer than two columns that vary; where the table is read `MEMORY_LIMIT` for sums of
 *   a partition of more than 1 GiB
 * @see T. M. Tomita et al., "Sparse Projection Oblique Randomer Forests", JMLR 21, 2020
 * @example
 * ```ts
 * import { createTable, SparseProjector } from 'coppice';
 * const table = await createTable({ width: [1, 2, 4], height: [8, 5, 6] });
 * const projector = new SparseProjector({ inputCols: ['width', 'height'], normalization: 'none' });
 * const model = await projector.fit(table);
 * console.log(model.projections.map(({ weights }) => weights.join(' ')).sort()); // [ '1 -1', '1 1' ]
 * ```
 */
export class SparseProjector extends Estimator<
  SparseProjectorModel,
  typeof sparseProjectorParams.schema
> {
  /** The declared parameters. */
  static readonly paramSchema = sparseProjectorParams;

  constructor(options: SparseProjectorOptions) {
    super(sparseProjectorParams, options);
  }

  override async fit(
    table: PartitionedTable,
    options: FitOptions = {},
  ): Promise<SparseProjectorModel> {
    checkFit(this.className, table, options);
    this.transformSchema(table.schema);
    const { params, className: owner } = this;
    const summed = projectorInputs(this, table.schema).filter(isSummed);
    const numProjections = this.#numProjections(summed.length);
    const wanted = { ...params, owner, numProjections };
    const projections = await drawProjections(table, summed, wanted, options);
    const inputSchema = logicalSchema(table.schema, params.inputCols);
    return new SparseProjectorModel(this.givenOptions, { projections, inputSchema });
  }

  /** Before the fit it is not known which columns vary, so the output has as many sums as are asked for. */
  override transformSchema(schema: Schema): Schema {
    const inputs = projectorInputs(this, schema);
    const { inputCols } = this.params;
    const summed = inputs.filter(isSummed);
    const isKnown = inputCols.every((name) => !isPlanned(findField(schema, name)));
    if (summed.length < 2 && isKnown) throw this.#tooFewNumbers(inputs);
    return projectedSchema(this, schema, inputs, this.#numProjections(summed.length));
  }

  #tooFewNumbers(inputs: readonly FeatureColumn[]): CoppiceError {
    const got = inputs.map(({ name, type }) => `${name}, ${typeName(type)}`).join('; ');
    const message = `inputCols of ${this.className} must have at least two columns or parts of integers, floats or decimals; got ${got}`;
    return new CoppiceError('COLUMN_TYPE', message, { context: { owner: this.className } });
  }

  #numProjections(numSummed: number): number {
    return this.params.numProjections ?? Math.min(8 * numSummed, 512);
  }
}

registerStage(SparseProjector);
