/** Measures predicted uplifts of several treatments, each against the untreated rows. */
import { DataType, type Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { exactSumOf } from '../../base/exact-sum.ts';
import { nameSuggestion } from '../../base/nearest-name.ts';
import { columnTypeError, requireColumn } from '../../pipeline/check-schema.ts';
import { isText } from '../../pipeline/label-values.ts';
import { armNames, controlName, type TreatmentValues } from '../../pipeline/treatment-arms.ts';
import { tableFromColumns } from '../../table/create-table.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ArmsPart, ArmsRequest } from '../parts/uplift-of-arms.ts';
import type { MeasuredUplift, UpliftRequest, UpliftTask } from '../parts/uplift-part.ts';
import { labelNamesOf } from '../place-of-label.ts';
import {
  type EvaluateOptions,
  gatherParts,
  type Metrics,
  noRows,
  requireColumns,
} from './evaluator.ts';

/** What an evaluator of uplift is told. */
export interface ArmsParams {
  readonly labelCol: string;
  readonly treatmentCol: string;
  readonly predictionCol: string;
  readonly weightCol: string | undefined;
  readonly treatments: TreatmentValues | undefined;
  readonly controlValue: string | number | undefined;
}

/** Metrics and curve of all treatments. */
export interface MeasuredArms {
  /** The mean over the treatments. */
  readonly metrics: Metrics;
  /** Of several treatments with a column `treatment`. */
  readonly curve: PartitionedTable;
}

/**
 * Measures each treatment that the parameters name, or else the column of predictions; null where neither names any.
 *
 * @throws CoppiceError `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `PARAM_INVALID`, `LABEL_INVALID`, `DATA_EMPTY`
 */
export async function measureArms(
  owner: string,
  params: ArmsParams,
  table: PartitionedTable,
  { maxPoints, ...options }: EvaluateOptions & { readonly maxPoints: number },
): Promise<MeasuredArms | null> {
  const { labelCol, treatmentCol, predictionCol, weightCol } = params;
  const columns = { labelCol, treatmentCol, predictionCol, weightCol };
  requireColumns({ className: owner }, columns, table.schema);
  const arms = armsOf(owner, params, table.schema);
  if (arms === null) return null;
  const [control = '', ...treatments] = arms.names;
  const asked: UpliftRequest = { ...columns, weightCol: weightCol ?? null };
  const request: ArmsRequest = { ...asked, ...arms, owner };
  const found = await gatherParts<ArmsPart>(table, 'evaluation.upliftOfArms', request, options);
  if (!found.some(({ isThere }) => isThere.includes(true))) throw noRows(owner);
  const lost = arms.names.find((_, arm) => !found.some(({ isThere }) => isThere[arm] === true));
  if (lost !== undefined) throw noRowsOf(lost, control, { owner, column: treatmentCol });
  const measured = await Promise.all(
    treatments.map(async (_, k) => {
      const task: UpliftTask = {
        parts: found.map(({ parts }) => parts[k] as ArmsPart['parts'][number]),
        maxPoints,
      };
      const { signal } = options;
      return await table.runner.run<MeasuredUplift>('evaluation.measureUplift', task, { signal });
    }),
  );
  return { metrics: meanOf(measured), curve: curveOf(table, treatments, measured) };
}

function noRowsOf(
  lost: string,
  control: string,
  context: { readonly owner: string; readonly column: string },
): CoppiceError {
  const remedy =
    lost === control
      ? 'controlValue names the value of untreated rows'
      : 'treatments names those that are measured';
  return new CoppiceError(
    'LABEL_INVALID',
    `${context.column} (of ${context.owner}) must be ${lost} in some rows; got none: ${remedy}`,
    { context },
  );
}

function meanOf(measured: readonly MeasuredUplift[]): Metrics {
  const [first] = measured as readonly [MeasuredUplift, ...MeasuredUplift[]];
  if (measured.length === 1) return first.metrics;
  return Object.fromEntries(
    Object.keys(first.metrics).map((name) => {
      const values = measured.map(({ metrics }) => metrics[name] as number);
      const isKnown = values.every(Number.isFinite);
      return [name, isKnown ? exactSumOf(values) / values.length : Number.NaN];
    }),
  );
}

function curveOf(
  table: PartitionedTable,
  treatments: readonly string[],
  measured: readonly MeasuredUplift[],
): PartitionedTable {
  const all = (of: 'thresholds' | 'shares' | 'gains'): Float64Array =>
    Float64Array.from(measured.flatMap(({ curve }) => [...curve[of]]));
  const treatment = measured.flatMap(({ curve }, k) =>
    new Array<string>(curve.shares.length).fill(treatments[k] as string),
  );
  return tableFromColumns(table.runner, {
    ...(treatments.length > 1 && { treatment }),
    ...{ threshold: all('thresholds'), share: all('shares'), gain: all('gains') },
  });
}

/** Which arms are measured by which predictions; null where the treatment is 0 or 1. */
function armsOf(
  owner: string,
  params: ArmsParams,
  schema: Schema,
): Pick<ArmsRequest, 'names' | 'places' | 'skipsOthers'> | null {
  const predicted = requireColumn(owner, 'predictionCol', params.predictionCol, schema);
  const treated = requireColumn(owner, 'treatmentCol', params.treatmentCol, schema);
  const told = labelNamesOf(predicted.metadata.get('treatments'))?.map(String) ?? null;
  const treatments = armNames(params.treatments) ?? told;
  const isVector = DataType.isFixedSizeList(predicted.type) || DataType.isList(predicted.type);
  if (treatments === null) {
    const rule = 'boolean, or a number 0 or 1; treatments names other values';
    if (isText(treated.type)) throw columnTypeError(owner, 'treatmentCol', treated, rule);
    if (!isVector) return null;
    const named = 'a number, or a vector whose values treatments names';
    throw columnTypeError(owner, 'predictionCol', predicted, named);
  }
  const controlValue = params.controlValue ?? predicted.metadata.get('controlValue');
  const control = controlName(treated.type, controlValue);
  const invalid = (rule: string, got: string): CoppiceError =>
    new CoppiceError('PARAM_INVALID', `treatments of ${owner} must ${rule}; got ${got}`, {
      context: { owner, param: 'treatments' },
    });
  if (treatments.includes(control))
    throw invalid('not hold the value of untreated rows', `${control}; controlValue names another`);
  const other = treatments.find((name) => told?.includes(name) === false);
  if (other !== undefined)
    throw invalid(
      `be treatments that ${predicted.name} was predicted for`,
      `${other}: ${nameSuggestion(other, told ?? [])}`,
    );
  if (!isVector && !isText(predicted.type) && treatments.length > 1)
    throw invalid(`be one where ${predicted.name} is a number`, treatments.join(', '));
  const places = treatments.map((name, k) => told?.indexOf(name) ?? k);
  return {
    names: [control, ...treatments],
    places,
    skipsOthers: params.treatments !== undefined,
  };
}
