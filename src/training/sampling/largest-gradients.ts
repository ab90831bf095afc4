/** The largest gradient and hessian of a round's output over all ranks: scales of integers hang on them. */
import type { Awaitable } from '../../base/awaitable.ts';
import type { BoostingState } from '../boosting/boosting-state.ts';

/** What was found. */
export interface FoundGradients {
  /** The largest |g|. */
  readonly grad: number;
  readonly hess: number;
  /** The least h as a word (order-word.ts), from objectives that find it; else 0. */
  readonly leastHessWord: bigint;
}

/** Before an objective's gradients, which write this rank's largest. */
export function clearStats({ environment, memory }: BoostingState): void {
  environment.kernels.clearBytes(memory.ownStats, 24);
}

/** The largest of all ranks, from what the gradients wrote; a rank alone has it at once. */
export function largestGradients(state: BoostingState): Awaitable<FoundGradients> {
  const { environment, memory, objective } = state;
  if (environment.collective.size > 1 || objective.findsHessianRange) return largestOfAll(state);
  const own = environment.f64(memory.ownStats, 2);
  return { grad: own[0] as number, hess: own[1] as number, leastHessWord: 0n };
}

async function largestOfAll({ environment, memory }: BoostingState): Promise<FoundGradients> {
  const bits = new BigInt64Array(environment.f64(memory.ownStats, 3).slice().buffer);
  await environment.wait(environment.collective.allreduce(bits, 'max'));
  const [grad = 0, hess = 0] = new Float64Array(bits.buffer);
  return { grad, hess, leastHessWord: bits[2] as bigint };
}
