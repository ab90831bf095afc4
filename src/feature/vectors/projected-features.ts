/** What SparseProjector and its model share: parameters, which inputs are summed up, and the column that they add. */
import { Field, Float64, Schema, Struct } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { bool, column, columns, int, oneOf } from '../../params/kinds.ts';
import { refuseExistingColumn, requireColumn } from '../../pipeline/check-schema.ts';
import { type FeatureColumn, featureColumns } from '../../table/columns/feature-columns.ts';
import { findField } from '../../table/columns/find-column.ts';
import { isTimeType } from '../../table/columns/numeric-kind.ts';
import { plannedAs } from '../../table/columns/planned-field.ts';
import { typeName } from '../../table/columns/type-name.ts';

/** Parameters of SparseProjector and its model. */
export const sparseProjectorSpecs = {
  /** The columns to project, in order; a struct or vector among them gives its parts. */
  inputCols: columns({ required: true, since: '0.1.0' }),
  /** The struct column to add. */
  outputCol: column({ default: 'features', since: '0.1.0' }),
  /** How many sums are drawn; by default 8 for each column of numbers, at most 512. Fewer where there are no more that differ. */
  numProjections: int({ min: 1, max: 65_536, since: '0.1.0' }),
  /** How many columns a sum is of; all of them where there are fewer. */
  featuresPerProjection: int({ default: 2, min: 2, max: 1024, since: '0.1.0' }),
  /** Whether a column is added or subtracted, or by how much, evenly between −1 and 1. */
  weights: oneOf(['binary', 'continuous'], { default: 'binary', since: '0.1.0' }),
  /** What a column is divided by first: its deviation, its largest value less its least, or nothing. */
  normalization: oneOf(['standardDeviation', 'minMax', 'none'], {
    default: 'standardDeviation',
    since: '0.1.0',
  }),
  /** Put the input columns before the sums, so that a learner has both. */
  keepInputs: bool({ default: true, since: '0.1.0' }),
  /** Seed of what is drawn. */
  seed: int({ default: 0, since: '0.1.0' }),
};

/** A stage that projects. */
export interface ProjectorStage {
  readonly className: string;
  readonly params: {
    readonly inputCols: readonly string[];
    readonly outputCol: string;
    readonly keepInputs: boolean;
  };
}

/** A sum of a few columns. */
export interface SparseProjection {
  /** The columns or their parts, as a learner names them. */
  readonly features: readonly string[];
  /** What each is multiplied by before they are added, the normalization included. */
  readonly weights: readonly number[];
}

/** A fitted stage that projects, as other languages need to know it. */
export interface FittedProjector extends ProjectorStage {
  readonly projections: readonly SparseProjection[];
}

/** The name of a sum among the children of the output. */
export function projectionName(index: number): string {
  return `projection${index}`;
}

/** The parts of the input columns, in order. @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE` */
export function projectorInputs(stage: ProjectorStage, schema: Schema): FeatureColumn[] {
  const { inputCols } = stage.params;
  for (const name of inputCols) requireColumn(stage.className, 'inputCols', name, schema);
  return featureColumns(schema, { featuresCols: inputCols });
}

/** Whether a part can be summed up: integers, floats and decimals; texts, booleans and dates are passed on. */
export function isSummed({ kind, type }: FeatureColumn): boolean {
  return kind !== 'category' && !isTimeType(type) && !['boolean', 'null'].includes(typeName(type));
}

/** The schema with the column of inputs and sums. @throws CoppiceError `COLUMN_EXISTS` */
export function projectedSchema(
  stage: ProjectorStage,
  schema: Schema,
  inputs: readonly FeatureColumn[],
  numProjections: number,
): Schema {
  const { inputCols, outputCol, keepInputs } = stage.params;
  refuseExistingColumn(stage.className, 'outputCol', outputCol, schema);
  const kept = keepInputs ? inputs.map(({ name, type }) => new Field(name, type, true)) : [];
  const sums = Array.from(
    { length: numProjections },
    (_, index) => new Field(projectionName(index), new Float64(), true),
  );
  const children = [...kept, ...sums];
  const names = new Set<string>();
  for (const { name } of children) {
    if (names.has(name)) throw twice(stage.className, name);
    names.add(name);
  }
  const output = new Field(outputCol, new Struct(children), false);
  const sources = inputCols.map((name) => findField(schema, name));
  return new Schema([...schema.fields, plannedAs(sources, output)], schema.metadata);
}

function twice(owner: string, name: string): CoppiceError {
  const message = `outputCol of ${owner} must have parts of different names, projection0 and so on beside the inputs; got "${name}" twice: rename the column`;
  return new CoppiceError('COLUMN_EXISTS', message, { context: { owner, column: name } });
}
