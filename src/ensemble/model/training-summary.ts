/** What a fitted model tells of its training. */
import type { LossHistory } from '../../training/messages.ts';
import type { OutOfBagSummary } from '../forest/out-of-bag-summary.ts';
import { validationLossesOf } from './training-record.ts';
import type { TreeModelData } from './tree-model-data.ts';

/** What training told about itself. */
export interface TrainingSummary {
  /** How many rows took part. */
  readonly numRows: number;
  /** The validation loss after each round, where there was validation data. */
  readonly validationLosses: readonly number[];
  /** All that was measured while training, round by round. */
  readonly history: readonly LossHistory[];
  /** Rounds kept of each model that is averaged; one number in most fits, none of models that are not boosted. */
  readonly memberRounds: readonly number[];
  /** What the fit chose by itself (rounds at most, models, step size, …); null where it was told. */
  readonly chosen: Readonly<Record<string, number>> | null;
  /** How a forest does on rows that its trees have not seen; null unless it was fitted with `oobScore`. */
  readonly outOfBag: OutOfBagSummary | null;
  /** What a place adds to the score of a row that is shown there (`positionCol`), one a place from 0; null where no
   *  places were learned of. */
  readonly positionBiases: readonly number[] | null;
}

/** The summary of a model. */
export function summaryOf(data: TreeModelData): TrainingSummary {
  const { numRows, history, memberRounds, chosen, outOfBag = null, positionBiases = null } = data;
  const validationLosses = validationLossesOf(data);
  return { numRows, validationLosses, history, memberRounds, chosen, outOfBag, positionBiases };
}
