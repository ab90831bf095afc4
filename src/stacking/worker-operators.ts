/** Makes the operators of stacking known to a thread; the worker's entry imports it. */
import { registerOperator } from '../table/plan/operators.ts';
import {
  type FirstWeightsSpec,
  firstWeightsBatch,
  type ReweighSpec,
  reweighBatch,
} from './ada-boost/boost-rows.ts';
import { type BagSpec, bagBatch, type OutOfBagSpec, outOfBagBatch } from './bagging/bag-rows.ts';
import { type CombineSpec, combineBatch } from './committee/combine-operator.ts';
import { type IsClassSpec, isClassBatch } from './committee/is-class.ts';
import './voting/learn-weights.ts';
import { type LevelOneSpec, levelOneBatch } from './level-one/level-one-operator.ts';
import { type PositionSpec, positionBatch } from './level-one/row-position.ts';

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
