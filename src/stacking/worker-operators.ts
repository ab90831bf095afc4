/** Makes the operators of stacking known to a thread; the worker's entry imports it. */
import { registerOperator } from '../table/operators.ts';
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
