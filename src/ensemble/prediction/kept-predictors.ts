/**
 * A thread's predictors by model: laying trees out takes longer than walking a few rows down them. The longest unused
 * go where all together take more memory than a bound; how many models an ensemble has does not matter.
 */
import { TreePredictor } from '../../tree/predictor.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';

/** What the predictors of a thread may take together. */
const mostBytes = 256 * 2 ** 20;
/** What one takes besides its own memory: objects, and address space that the engine sets aside. */
const ownBytes = 2 ** 20;

/** Predictors by model, the longest unused first. */
export class KeptPredictors {
  readonly #predictors = new Map<string, TreePredictor>();
  readonly #mostBytes: number;
  #bytes = 0;

  /** @param bound what all may take together; the last one used is kept whatever it takes */
  constructor(bound: number = mostBytes) {
    this.#mostBytes = bound;
  }

  /** How many are kept. */
  get size(): number {
    return this.#predictors.size;
  }

  /** The predictor of a model, made when it is first asked for. */
  of(modelId: string, trees: TreeEnsemble, numOutputs: number): TreePredictor {
    const known = this.#predictors.get(modelId);
    const predictor = known ?? new TreePredictor(trees, { numOutputs });
    if (known === undefined) this.#bytes += predictor.bytes + ownBytes;
    else this.#predictors.delete(modelId);
    this.#predictors.set(modelId, predictor);
    for (const [oldest, unused] of this.#predictors) {
      if (this.#bytes <= this.#mostBytes || oldest === modelId) break;
      this.#predictors.delete(oldest);
      this.#bytes -= unused.bytes + ownBytes;
    }
    return predictor;
  }
}

const predictors = new KeptPredictors();

/** The predictor of a model, made when it is first asked for. */
export function keptPredictor(
  modelId: string,
  trees: TreeEnsemble,
  numOutputs: number,
): TreePredictor {
  return predictors.of(modelId, trees, numOutputs);
}
