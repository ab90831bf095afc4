/**
 * Which fit grew which rounds of a boosted model, and how far it let leaves go? A model's parameters are those of its last
 * fit; what the first one chose by itself stands in `chosen`.
 */
import type { GrownFit } from '../../training/boosting/step-of-round.ts';
import { roundsOf } from '../model/training-record.ts';
import type { TreeModelData } from '../model/tree-model-data.ts';

interface StepParams {
  readonly stepSize: number;
  readonly lambda: number;
}

/** The fits of a model, first to last. */
export function fitsOf(data: TreeModelData, { stepSize, lambda }: StepParams): readonly GrownFit[] {
  if (data.fits !== undefined) return data.fits;
  const { chosen, laterRounds = 0 } = data;
  const first = {
    rounds: roundsOf(data) - laterRounds,
    stepSize: chosen?.['stepSize'] ?? stepSize,
    ...laterSteps(chosen),
    lambda: chosen?.['lambda'] ?? lambda,
  };
  return laterRounds === 0 ? [first] : [first, { rounds: laterRounds, stepSize, lambda }];
}

/** What a fit goes on from, with what its parameters say of its rounds: the new model has others. */
export function withFits(data: TreeModelData | null, model: unknown): TreeModelData | null {
  if (data === null) return null;
  return { ...data, fits: fitsOf(data, (model as { readonly params: StepParams }).params) };
}

function laterSteps(chosen: TreeModelData['chosen']): Partial<GrownFit> {
  const { laterStepSize, mostRounds } = chosen ?? {};
  return laterStepSize === undefined ? {} : { laterStepSize, mostRounds };
}
