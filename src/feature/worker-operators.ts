/** Makes the operators and tasks of all feature stages known in a thread; the worker's entry imports it. */
import '../pipeline/fitted-widths.ts';
import { registerTask } from '../cluster/task-runner.ts';
import { registerOperator } from '../table/plan/operators.ts';
import type { OperatorSpec } from '../table/plan/partition-spec.ts';
import { type AssembleSpec, assemble } from './operators/assemble.ts';
import { type DatePartsSpec, dateParts } from './operators/date-parts.ts';
import { type DecodeIndicesSpec, decodeIndices } from './operators/decode-indices.ts';
import { type EncodeOneHotSpec, encodeOneHot } from './operators/encode-one-hot.ts';
import { type EncodeTargetSpec, encodeTarget } from './operators/encode-target.ts';
import { type HashFeaturesSpec, hashFeatures } from './operators/hash-features.ts';
import { type IndexStringsSpec, indexStrings } from './operators/index-strings.ts';
import {
  type BinarizeSpec,
  type BucketizeSpec,
  binarize,
  bucketize,
  type ImputeSpec,
  impute,
} from './operators/map-numbers.ts';
import { type NormalizeSpec, normalize } from './operators/normalize.ts';
import { type ProjectSpec, project } from './operators/project.ts';
import { type ScaleSpec, scale } from './operators/scale.ts';
import { type SliceVectorSpec, sliceVector } from './operators/slice-vector.ts';
import './statistics/column-moments.ts';
import './statistics/distinct-labels.ts';
import { type FoldNumberSpec, type FoldSpec, foldOfBatch, numberFolds } from './folds/folds.ts';
import { addUpPartition } from './statistics/label-tests.ts';
import { addUpTargets } from './statistics/target-sums.ts';
import './folds/fold-tasks.ts';
import './statistics/column-ranges.ts';
import './statistics/count-numbers.ts';
import './statistics/count-values.ts';
import './statistics/select-quantiles.ts';

registerTask('feature.labelTests', addUpPartition);
registerTask('feature.targetSums', addUpTargets);

interface StageSpec<S> extends OperatorSpec {
  readonly spec: S;
}

registerOperator('feature.assemble', ({ spec }: StageSpec<AssembleSpec>) => (batch, context) => {
  const wanted = context.wanted.get(spec.output);
  return assemble(spec, batch, { partition: context.partition, wanted });
});
registerOperator(
  'feature.binarize',
  ({ spec }: StageSpec<BinarizeSpec>) =>
    (batch) =>
      binarize(spec, batch),
);
registerOperator(
  'feature.bucketize',
  ({ spec }: StageSpec<BucketizeSpec>) =>
    (batch, context) =>
      bucketize(spec, batch, context.partition),
);
registerOperator(
  'feature.dateParts',
  ({ spec }: StageSpec<DatePartsSpec>) =>
    (batch) =>
      dateParts(spec, batch),
);
registerOperator(
  'feature.decodeIndices',
  ({ spec }: StageSpec<DecodeIndicesSpec>) =>
    (batch, context) =>
      decodeIndices(spec, batch, context.partition),
);
registerOperator(
  'feature.encodeOneHot',
  ({ spec }: StageSpec<EncodeOneHotSpec>) =>
    (batch, context) =>
      encodeOneHot(spec, batch, context.partition),
);
registerOperator(
  'feature.encodeTarget',
  ({ spec }: StageSpec<EncodeTargetSpec>) =>
    (batch, context) =>
      encodeTarget(spec, batch, context.partition),
);
registerOperator<FoldSpec>(
  'feature.fold',
  (spec) => (batch, context) => foldOfBatch(spec, batch, context),
);
registerOperator<FoldNumberSpec>(
  'feature.foldNumber',
  (spec) => (batch, context) => numberFolds(spec, batch, context),
);
registerOperator(
  'feature.hashFeatures',
  ({ spec }: StageSpec<HashFeaturesSpec>) =>
    (batch, context) =>
      hashFeatures(spec, batch, context.wanted.get(spec.output) ?? 'all'),
);
registerOperator(
  'feature.impute',
  ({ spec }: StageSpec<ImputeSpec>) =>
    (batch) =>
      impute(spec, batch),
);
registerOperator(
  'feature.indexStrings',
  ({ spec }: StageSpec<IndexStringsSpec>) =>
    (batch, context) =>
      indexStrings(spec, batch, context.partition),
);
registerOperator(
  'feature.normalize',
  ({ spec }: StageSpec<NormalizeSpec>) =>
    (batch) =>
      normalize(spec, batch),
);
registerOperator(
  'feature.project',
  ({ spec }: StageSpec<ProjectSpec>) =>
    (batch, context) =>
      project(spec, batch, context.wanted.get(spec.output) ?? 'all'),
);
registerOperator(
  'feature.scale',
  ({ spec }: StageSpec<ScaleSpec>) =>
    (batch) =>
      scale(spec, batch),
);
registerOperator(
  'feature.sliceVector',
  ({ spec }: StageSpec<SliceVectorSpec>) =>
    (batch) =>
      sliceVector(spec, batch),
);
