/** Fits an uplift forest: a forest of four classes whose splits part rows by what treatment changes. */
import { Field, Float64, Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import type { FitOptions } from '../../pipeline/estimator.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import { fitForest } from '../forest/fit-forest.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';
import type { UpliftForestParams } from '../params/uplift-params.ts';
import type { TreatedOutcomesSpec } from './treated-outcomes.ts';
import { upliftTrees } from './uplift-trees.ts';

const output = 'coppice.treatedOutcomes';

/** What the model keeps. @throws CoppiceError `LABEL_INVALID`, and what a forest's fit throws */
export async function fitUpliftForest(
  { owner, params }: { readonly owner: string; readonly params: UpliftForestParams },
  table: PartitionedTable,
  options: FitOptions,
): Promise<TreeModelData> {
  const { labelCol, treatmentCol, weightCol = null, divergence, ...rest } = params;
  const reads = [labelCol, treatmentCol, ...(weightCol === null ? [] : [weightCol])];
  const spec: TreatedOutcomesSpec = {
    ...{ kind: 'ensemble.treatedOutcomes', reads, writes: [output], output },
    ...{ owner, labelCol, treatmentCol, weightCol },
  };
  const { fields, metadata } = table.schema;
  const schema = new Schema([...fields, new Field(output, new Float64(), false)], metadata);
  const data = await fitForest(
    {
      owner,
      labelKind: 'class',
      treatments: { classes: [0, 1, 2, 3], minArmRows: params.minInstancesPerTreatment },
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
  const trees = await upliftTrees(data.trees);
  if (trees !== null) return { ...data, trees, classes: [], labelType: 'double', baseScores: [0] };
  throw new CoppiceError(
    'LABEL_INVALID',
    `${treatmentCol} (of ${owner}) must be 1 in some rows and 0 in others; got one of them in all`,
    { context: { owner, column: treatmentCol } },
  );
}
