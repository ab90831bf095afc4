/** What fits of boosted trees and of forests share: how rows are read, and what a model keeps of the result. */
import { emitWarning } from '../base/warn.ts';
import type { NumbersByName } from '../params/by-name-kind.ts';
import type { NumberListsByName } from '../params/lists-by-name-kind.ts';
import type { FitColumns, FitTableColumns } from '../pipeline/fit-columns.ts';
import type { ClassWeighting } from '../training/messages.ts';
import type { TrainedModel } from '../training/run-job.ts';
import type { TreeModelData } from './model/tree-model-data.ts';
import { binEdgesOf } from './params/bin-params.ts';

/** Bytes of raw columns that are held at once before rows are decoded twice. */
const rawBytes = 512 * 1024 * 1024;

/** Who fits, with which parameters, to what kind of label. */
export interface TreeFit<P> {
  readonly owner: string;
  readonly params: P;
  readonly labelKind: 'numeric' | 'class';
}

/** The part of a job that says how rows are read. */
export function ingestOf(
  owner: string,
  params: {
    readonly labelCol: string;
    readonly weightCol: string | undefined;
    readonly idCol: string | undefined;
    readonly groupCol?: string | undefined;
    readonly positionCol?: string | undefined;
    readonly lossType?: string | undefined;
    readonly censorCol?: string | undefined;
    readonly labelUpperBoundCol?: string | undefined;
    readonly validationIndicatorCol?: string | undefined;
    readonly classWeights?: 'balanced' | NumbersByName | undefined;
    readonly scalePosWeight?: number | undefined;
    readonly maxBins: number;
    readonly binEdges?: NumberListsByName | undefined;
    readonly binSampleRows: number;
    readonly seed: number;
  },
  columns: FitColumns,
  labelKind: 'numeric' | 'class',
) {
  const binEdges = binEdgesOf(owner, params.binEdges, columns.features);
  return {
    features: columns.features,
    offsets: columns.offsets,
    initialScores: [],
    knownClasses: null,
    classWeighting: classWeighting(params.classWeights, params.scalePosWeight, labelKind),
    labelCol: params.labelCol,
    labelKind,
    mostGrade: null,
    ...(params.lossType === 'aft' || params.lossType === 'cox'
      ? {
          survival: {
            censorCol: params.censorCol ?? null,
            ...(params.labelUpperBoundCol && { upperBoundCol: params.labelUpperBoundCol }),
          },
        }
      : {}),
    ...(params.positionCol === undefined ? {} : { shownAtCol: params.positionCol }),
    ...(params.lossType === 'squaredLogError' ? { logLabels: true } : {}),
    weightCol: params.weightCol ?? null,
    idCol: params.idCol ?? null,
    groupCol: params.groupCol ?? null,
    validationSets: [],
    validationCol: params.validationIndicatorCol ?? null,
    maxBins: params.maxBins,
    ...(binEdges === undefined ? {} : { binEdges }),
    binSampleRows: params.binSampleRows,
    seed: params.seed,
    rawBytes,
    owner,
  };
}

/** What the model keeps; a model of one class is warned of. */
export function modelData(
  owner: string,
  labelCol: string,
  columns: FitTableColumns,
  trained: Pick<TrainedModel, 'facts' | 'trees'>,
): TreeModelData {
  const { facts } = trained;
  if (facts.classes.length === 1) {
    emitWarning(
      `${owner} found one class in ${labelCol}: ${String(facts.classes[0])}; the model always predicts it`,
    );
  }
  return trainedData(columns, trained);
}

/** What a model keeps, or the beginning of one. */
export function trainedData(
  columns: FitTableColumns,
  { facts, trees }: Pick<TrainedModel, 'facts' | 'trees'>,
): TreeModelData {
  return {
    inputSchema: columns.inputSchema,
    rowIdMode: columns.rowIdMode,
    features: facts.features.map((feature, i) =>
      columns.features[i]?.zeroIsMissing === true ? { ...feature, zeroIsMissing: true } : feature,
    ),
    paths: columns.features.map((feature) => feature.path),
    classes: facts.classes,
    labelType: columns.labelType,
    baseScores: facts.baseScores,
    trees,
    numRows: facts.numRows,
    history: facts.history,
    memberRounds: facts.memberRounds,
    chosen: facts.chosen,
    ...(facts.positionBiases === undefined ? {} : { positionBiases: facts.positionBiases }),
  };
}

function classWeighting(
  byClass: 'balanced' | NumbersByName | undefined,
  positive = 1,
  labelKind: 'numeric' | 'class' = 'class',
): ClassWeighting | null {
  if (byClass === undefined && positive === 1) return null;
  if (labelKind === 'class' || byClass === undefined || byClass === 'balanced')
    return { byClass: byClass ?? null, positive };
  // labels of several are 0 and 1, also where columns hold false and true
  const numbers: Readonly<Record<string, string>> = { false: '0', true: '1' };
  const named = Object.entries(byClass).map(([name, weight]) => [numbers[name] ?? name, weight]);
  return { byClass: Object.fromEntries(named) as NumbersByName, positive };
}
