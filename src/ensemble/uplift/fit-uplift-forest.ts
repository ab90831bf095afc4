/** Fits an uplift forest: a forest of two classes an arm whose splits part rows by what treatments change. */
import { Field, Float64, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { compareUtf8 } from '../../binning/category-dictionary.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import { armNames } from '../../pipeline/treatment-arms.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { fitForest } from '../forest/fit-forest.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import type { UpliftForestParams } from '../params/uplift-params.ts';
import type { TreatedOutcomesSpec } from './treated-outcomes.ts';
import { upliftTrees } from './uplift-trees.ts';

const output = 'coppice.treatedOutcomes';

/**
 * What the model keeps.
 *
 * @param control the value of untreated rows, where treatments are named
 * @throws CoppiceError `LABEL_INVALID`, and what a forest's fit throws
 */
export async function fitUpliftForest(
  {
    owner,
    params,
    control,
  }: {
    readonly owner: string;
    readonly params: UpliftForestParams;
    readonly control: string;
  },
  table: PartitionedTable,
  options: FitOptions,
): Promise<TreeModelData> {
  const { labelCol, treatmentCol, weightCol = null, divergence, treatments, ...rest } = params;
  const reads = [labelCol, treatmentCol, ...(weightCol === null ? [] : [weightCol])];
  const names = armNames(treatments);
  // sums over treatments are rounded: trees do not hang on the order in which they are named
  const arms = names === null ? null : [control, ...[...names].sort(compareUtf8)];
  const spec: TreatedOutcomesSpec = {
    ...{ kind: 'ensemble.treatedOutcomes', reads, writes: [output], output },
    ...{ owner, labelCol, treatmentCol, weightCol, arms },
  };
  const { fields, metadata } = table.schema;
  const schema = new Schema([...fields, new Field(output, new Float64(), false)], metadata);
  const numClasses = 2 * (arms?.length ?? 2);
  const data = await fitForest(
    {
      owner,
      labelKind: 'class',
      treatments: {
        classes: Array.from({ length: numClasses }, (_, k) => k),
        minArmRows: params.minInstancesPerTreatment,
      },
      params: {
        ...rest,
        ...{ labelCol: output, weightCol: params.weightCol },
        ...{ impurity: divergence, minWeightFractionPerNode: 0, device: undefined },
        ...{ ccpAlpha: undefined, monotoneConstraints: undefined, oobScore: undefined },
        ...{ checkpointDir: undefined, checkpointInterval: 10 },
        honestLeafShare: rest.honestLeafShare === 0 ? undefined : rest.honestLeafShare,
      },
    },
    table.withOperator(spec, schema),
    options,
  );
  const places = arms === null ? [1] : (names ?? []).map((name) => arms.indexOf(name));
  const trees = await upliftTrees(data.trees, places);
  if (typeof trees !== 'number')
    return {
      ...{ ...data, trees, classes: [], labelType: 'double' },
      baseScores: new Array<number>(trees.numOutputs).fill(0),
    };
  const [one, other] = names === null ? ['1', '0'] : [names[trees], control];
  const got = names === null ? 'one of them in all' : 'one of them in none, or too few';
  throw new CoppiceError(
    'LABEL_INVALID',
    `${treatmentCol} (of ${owner}) must be ${one} in some rows and ${other} in others; got ${got}`,
    { context: { owner, column: treatmentCol } },
  );
}
