/**
 * Rows of a table that walk the trees of a boosted model on every rank: the rows are read and binned by the cuts of
 * the model (model-bins.ts), and tree by tree each row finds its leaf, whose value its score may gain.
 */
import type { RankContext } from '../../cluster/rank-program.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { ingest } from '../ingest/ingest.ts';
import { ModelRoutes } from '../leaves/model-bins.ts';
import { type RoutedTree, routeBytes, writeRoutes } from '../leaves/route-rows.ts';
import type { BoostingJob } from '../messages.ts';
import { RankEnvironment } from '../rank-environment.ts';
import { PhaseClock } from '../rank-result.ts';
import { planBoosting } from './boosting-memory.ts';
import { prepareRounds } from './boosting-rounds.ts';
import { type BoostingStart, startBoosting } from './boosting-start.ts';
import { type BoostingState, scoreAddress } from './boosting-state.ts';

/** What a rank has when its rows are read; scores are those before the first tree. */
export interface PreparedWalk {
  readonly state: BoostingState;
  readonly start: BoostingStart;
  readonly clock: PhaseClock;
}

/** Reads the rows of a job that grows no trees. */
export async function prepareWalk(context: RankContext, job: BoostingJob): Promise<PreparedWalk> {
  const environment = new RankEnvironment(context, job.kernels);
  const clock = new PhaseClock(environment.collective);
  let start: BoostingStart | null = null;
  const rows = await ingest(environment, job.ingest, async (labelled) => {
    start = await startBoosting(environment, job, labelled);
    return start.slotBytes;
  });
  clock.end('ingest');
  const started = start as unknown as BoostingStart;
  const memory = planBoosting(environment, rows, {
    numOutputs: started.objective.numOutputs,
    usesDevice: false,
    maxPairs: 1,
    maxOpen: 1,
    maxHistogramBytes: 1,
    isPacked: false,
    isOblivious: false,
    growsWhole: false,
    isByLevel: true,
    windowBytes: 0,
  });
  await environment.reserve(memory.tail, 'training data');
  const state = await prepareRounds({ environment, job, rows, start: started }, memory);
  return { state, start: started, clock };
}

/** The way of this rank's rows through the trees; `trees` is read at each step, so its values may change between. */
export class TreeWalk {
  readonly #state: BoostingState;
  readonly #trees: TreeEnsemble;
  readonly #routes: ModelRoutes;

  /** @param columns which of the model's features each column is cut for */
  constructor(state: BoostingState, trees: TreeEnsemble, columns: readonly number[]) {
    this.#state = state;
    this.#trees = trees;
    this.#routes = new ModelRoutes(trees, state.rows.layout, columns);
  }

  /** Finds each row's leaf in a tree; `at` is free for sums and values of its leaves. */
  async route(tree: number): Promise<{ readonly routed: RoutedTree; readonly at: number }> {
    const { environment, memory, rows } = this.#state;
    const { layout, train } = rows;
    const routed = this.#routes.tree(tree);
    const valueBytes = 64 * Math.ceil((routed.leaves.length * 40) / 64);
    const span = valueBytes + 64 * Math.ceil(routeBytes(routed, layout) / 64);
    await environment.reserve(memory.tail + span * environment.numLocal, 'training data');
    const at = memory.tail + span * environment.localIndex;
    const routes = at + valueBytes;
    writeRoutes(environment, routed, layout, routes);
    environment.kernels.findLeaves(
      rows.records + train.start * layout.stride,
      layout.stride,
      train.count,
      routes,
      0,
      0,
      memory.leafOf + 4 * train.start,
    );
    return { routed, at };
  }

  /** Adds values of the leaves that the rows were found in to their scores of an output. */
  addValues(values: readonly number[], output: number, at: number): void {
    const { environment, memory, rows } = this.#state;
    const { start, count } = rows.train;
    environment.f64(at, values.length).set(values);
    environment.kernels.addLeafValues(
      memory.leafOf + 4 * start,
      at,
      scoreAddress(this.#state, output) + 8 * start,
      count,
    );
  }

  /** Adds a tree as it stands. @param divisor by which the model has its scores divided */
  async add(tree: number, output: number, divisor = 1): Promise<void> {
    const { routed, at } = await this.route(tree);
    const start = this.#trees.treeStart[tree] as number;
    const values = routed.leaves.map(
      ({ index }) => divisor * (this.#trees.value[start + index] as number),
    );
    this.addValues(values, output, at);
  }
}
