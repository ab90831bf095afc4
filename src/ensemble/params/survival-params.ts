/** Parameters of boosted trees that learn from times until an event. */
import { column, float, oneOf } from '../../params/kinds.ts';

/** What lossType aft and cox know besides. */
export const survivalParams = {
  /** With lossType aft or cox: 1 where the event came at the label's time, 0 where it had not come until then. */
  censorCol: column({ since: '0.1.0' }),
  /** With lossType aft: the latest time that the event may have come at, labelCol being the earliest (0 for none); missing or
   *  infinite where it had not come by labelCol. */
  labelUpperBoundCol: column({ since: '0.1.0' }),
  /** Of lossType aft: what log time is distributed as about the score (normal by default; extreme: Weibull's times). */
  aftDistribution: oneOf(['normal', 'logistic', 'extreme'], { since: '0.1.0' }),
  /** Of lossType aft: how widely log time is spread about the score (1 by default). */
  aftScale: float({ above: 0, since: '0.1.0' }),
};
