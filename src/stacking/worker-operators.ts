/** Makes the operators of stacking known to a thread; the worker's entry imports it. */
import { registerOperator } from '../table/operators.ts';
import { type BagSpec, bagBatch, type OutOfBagSpec, outOfBagBatch } from './bag-rows.ts';
import {
  type FirstWeightsSpec,
  firstWeightsBatch,
  type ReweighSpec,
  reweighBatch,
} from './boost-rows.ts';
import { type CombineSpec, combineBatch } from './combine-operator.ts';
import { type IsClassSpec, isClassBatch } from './is-class.ts';
import './learn-weights.ts';
import { type LevelOneSpec, levelOneBatch } from './level-one-operator.ts';
import { type PositionSpec, positionBatch } from './row-position.ts';

registerOperator<LevelOneSpec>(
  'stacking.levelOne',
  (spec) => (batch) => levelOneBatch(spec, batch),
);
registerOperator<PositionSpec>(
  'stacking.position',
  (spec) => (batch, context) => positionBatch(spec, batch, context),
);
registerOperator<CombineSpec>('stacking.combine', (spec) => (batch) => combineBatch(spec, batch));
registerOperator<IsClassSpec>('stacking.isClass', (spec) => (batch) => isClassBatch(spec, batch));
registerOperator<BagSpec>(
  'stacking.bag',
  (spec) => (batch, context) => bagBatch(spec, batch, context),
);
registerOperator<OutOfBagSpec>(
  'stacking.outOfBag',
  (spec) => (batch, context) => outOfBagBatch(spec, batch, context),
);
registerOperator<FirstWeightsSpec>(
  'stacking.firstWeights',
  (spec) => (batch) => firstWeightsBatch(spec, batch),
);
registerOperator<ReweighSpec>('stacking.reweigh', (spec) => (batch) => reweighBatch(spec, batch));
