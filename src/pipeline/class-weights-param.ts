/** The parameter with which a classifier weighs its classes; trees and linear models have the same. */
import { numbersByName } from '../params/by-name-kind.ts';
import { either, oneOf } from '../params/kinds.ts';

/** What the classes of a classifier weigh. */
export const classWeights = either(
  oneOf(['balanced'], { since: '0.1.0' }),
  numbersByName({ above: 0, since: '0.1.0' }),
  { since: '0.1.0' },
);
