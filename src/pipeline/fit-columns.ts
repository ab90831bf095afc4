/**
 * Looks at the columns a tree estimator is to learn from: which are features, what the label is, which
 * columns say how rows count. Mistakes in names and types are found here, before any data is read.
 */
import { DataType, type Field, type Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { emitWarning } from '../base/warn.ts';
import { type FeatureColumn, featureColumns } from '../table/columns/feature-columns.ts';
import { findField } from '../table/columns/find-column.ts';
import { numericKind } from '../table/columns/numeric-kind.ts';
import { isPlanned } from '../table/columns/planned-field.ts';
import { hasZeros } from '../table/columns/zeros-as-missing.ts';
import type { TableCore } from '../table/table-core.ts';
import type { FeatureSource } from '../training/messages.ts';
import {
  castRemedy,
  columnNotFoundError,
  columnTypeError,
  requireClassLabel,
  requireColumn,
} from './check-schema.ts';
import { type LogicalSchema, logicalSchema, logicalType } from './logical-schema.ts';
import { type OffsetPaths, offsetPaths } from './offset-column.ts';
import type { RowIdMode } from './stage-writer.ts';

/** The parameters that name columns. */
export interface ColumnParams {
  readonly featuresCol: string;
  readonly featuresCols: readonly string[] | undefined;
  readonly labelCol: string;
  /** Several labels, in place of the one. */
  readonly labelCols?: readonly string[] | undefined;
  readonly weightCol: string | undefined;
  readonly idCol: string | undefined;
  readonly validationIndicatorCol?: string | undefined;
  readonly offsetCol?: string | undefined;
  readonly groupCol?: string | undefined;
  readonly censorCol?: string | undefined;
  readonly labelUpperBoundCol?: string | undefined;
  readonly positionCol?: string | undefined;
  readonly zeroAsMissing?: boolean | undefined;
}

/** What was found. */
export interface FitColumns {
  readonly features: readonly FeatureSource[];
  readonly inputSchema: LogicalSchema;
  /** Type of the label column, or of the first, as printed in schemas. */
  readonly labelType: string;
  /** Where margins added to every score lie. */
  readonly offsets: OffsetPaths;
}

/** Columns of a table, and what its rows are known by. */
export interface FitTableColumns extends FitColumns {
  readonly rowIdMode: RowIdMode;
}

/** What a model's rows are known by: the column that was named, else their place, or on some engines their content. */
export function rowIdModeOf(table: TableCore, idCol: string | undefined): RowIdMode {
  return idCol === undefined ? table.rowIdentity : 'idCol';
}

/** The feature columns of a schema, as the estimator's parameters name them. */
export function findFeatures(owner: string, schema: Schema, params: ColumnParams): FeatureColumn[] {
  const { featuresCol, featuresCols } = params;
  if (featuresCols === undefined && findField(schema, featuresCol) === undefined) {
    const remedy = '; name the columns to learn from with featuresCols';
    throw columnNotFoundError({ owner, param: 'featuresCol', column: featuresCol, remedy }, schema);
  }
  for (const name of featuresCols ?? []) requireColumn(owner, 'featuresCols', name, schema);
  const found = featureColumns(
    schema,
    featuresCols === undefined ? { featuresCol } : { featuresCols },
  );
  if (found.length > 0) return found;
  if ((featuresCols ?? [featuresCol]).some((name) => isPlanned(findField(schema, name)))) return [];
  throw new CoppiceError(
    'COLUMN_TYPE',
    `the features of ${owner} must be at least one column; got none; name them with featuresCols`,
    { context: { owner } },
  );
}

/** Columns of another role that are features too: what they say is not known of new rows. */
function refuseRoles(
  owner: string,
  features: readonly FeatureColumn[],
  params: ColumnParams,
): void {
  const { labelCol, labelCols, censorCol, labelUpperBoundCol, groupCol, weightCol } = params;
  const event = 'what tells whether the event came';
  const roles: (readonly [column: string | undefined, what: string])[] = [
    ...(labelCols?.map((name) => [name, 'labels'] as const) ?? [[labelCol, 'the label'] as const]),
    ...[censorCol, labelUpperBoundCol].map((name) => [name, event] as const),
    [params.validationIndicatorCol, 'what marks the rows held out (validationIndicatorCol)'],
  ];
  const names = features.flatMap(({ path }) => (path.length === 1 ? (path[0] as string) : []));
  for (const name of names) {
    const [, what] = roles.find(([column]) => column === name) ?? [];
    if (what !== undefined)
      throw new CoppiceError(
        'PARAM_INVALID',
        `featuresCols of ${owner} must not hold ${what}; got ${name}; leave it out`,
        { context: { owner, column: name } },
      );
  }
  if (weightCol !== undefined && names.includes(weightCol))
    warnOnce(owner, weightCol, 'weighs the rows (weightCol)', 'new rows have it too');
  if (groupCol !== undefined && names.includes(groupCol))
    warnOnce(owner, groupCol, 'tells the queries apart (groupCol)', 'queries come again');
}

const told = new Set<string>();

/** May be meant (an exposure, an hour), so it is told once. */
function warnOnce(owner: string, column: string, role: string, reason: string): void {
  const key = `${owner} ${column} ${role}`;
  if (told.has(key)) return;
  told.add(key);
  emitWarning(
    `${owner} learns from ${column}, which ${role}: leave it out of featuresCols unless ${reason}`,
  );
}

/** Checks every column that fit reads. */
export function fitColumns(
  owner: string,
  schema: Schema,
  params: ColumnParams,
  labelKind: 'numeric' | 'class',
): FitColumns {
  const features = findFeatures(owner, schema, params);
  const { labelCols } = params;
  const labelParam = labelCols === undefined ? 'labelCol' : 'labelCols';
  const labels = (labelCols ?? [params.labelCol]).map((name) => {
    if (labelKind === 'class') return requireClassLabel(owner, labelParam, name, schema);
    const field = requireColumn(owner, labelParam, name, schema);
    if (numericKind(field.type) === null)
      throw columnTypeError(owner, labelParam, field, 'a number');
    return field;
  });
  const numeric = [
    'weightCol',
    'labelUpperBoundCol',
    'positionCol',
    'validationIndicatorCol',
    'censorCol',
  ] as const;
  for (const param of numeric) {
    const name = params[param];
    if (name === undefined) continue;
    const field = requireColumn(owner, param, name, schema);
    if (numericKind(field.type) === null) {
      const isFlag = param === 'validationIndicatorCol' || param === 'censorCol';
      const rule = isFlag ? 'boolean or a number' : 'a number';
      throw columnTypeError(owner, param, field, rule);
    }
  }
  for (const param of ['idCol', 'groupCol'] as const) {
    const name = params[param];
    if (name === undefined) continue;
    const field = requireColumn(owner, param, name, schema);
    if (!isId(field.type)) throw idTypeError(owner, param, field);
  }
  refuseRoles(owner, features, params);
  const inputs = [...new Set(features.map((feature) => feature.path[0] as string))];
  return {
    features: features.map(({ name, path, kind, type }) =>
      params.zeroAsMissing === true && hasZeros(type)
        ? { name, path, kind, zeroIsMissing: true }
        : { name, path, kind },
    ),
    inputSchema: logicalSchema(schema, inputs),
    labelType: logicalType(labels[0]?.type as DataType),
    offsets: offsetPaths(owner, schema, params.offsetCol),
  };
}

/** Numbers of a plain array are double, so whole ones are not known as such. */
function idTypeError(owner: string, param: string, field: Field): CoppiceError {
  const { code, message, context } = columnTypeError(owner, param, field, 'an integer or a text');
  if (numericKind(field.type) === null) return new CoppiceError(code, message, { context });
  const remedy = castRemedy(field.name, 'bigint');
  return new CoppiceError(code, `${message}; of whole numbers ${remedy}`, { context });
}

function isId(type: DataType): boolean {
  return DataType.isInt(type) || logicalType(type) === 'string';
}
