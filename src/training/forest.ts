/**
 * Random forests and single trees, as every rank runs them (L. Breiman, 2001; histograms as in boosting).
 *
 * Driver: plans what is read, starts one rank a thread, puts the ranks' trees together by their numbers.
 * Rank, in one process: draws the number of the next tree, its rows and, node by node, its features; grows
 * it alone over all rows of the process. Over several processes: all ranks grow each tree together, each
 * over its own rows, and meet at every node. Every draw hangs on seed, tree, row and path only, so the trees
 * are the same either way. Bounded by trees · depth · rows · features looked at.
 */
import { hash32, purposes } from '../base/rng.ts';
import { writeFeatureTable } from '../binning/binned-layout.ts';
import type { Collective } from '../cluster/collective.ts';
import { InlineCollective } from '../cluster/inline/inline-collective.ts';
import type { RankContext } from '../cluster/rank-program.ts';
import { ForestBackend } from '../tree/backend/cpu/forest-backend.ts';
import type { ForestCriterion } from '../tree/backend/cpu/forest-criterion.ts';
import { RowStore, type Segment } from '../tree/backend/cpu/row-store.ts';
import { growTree } from '../tree/grow-tree.ts';
import { type GrownTree, packTrees } from '../tree/tree.ts';
import { ColumnSampler, treeKey } from './column-sampling.ts';
import { drawThresholds } from './draw-thresholds.ts';
import { forestCriterion } from './forest-criterion.ts';
import { settleForestLeaves } from './forest-leaves.ts';
import { type ForestMemory, planForest } from './forest-memory.ts';
import { type ForestStart, startForest } from './forest-start.ts';
import { type IngestedRows, ingest } from './ingest/ingest.ts';
import type { ForestJob, RankResult } from './messages.ts';
import { RankEnvironment } from './rank-environment.ts';
import { PhaseClock, rankReport, trainedFacts } from './rank-result.ts';

/** The word from which ranks draw the next tree, in the fixed part of memory. */
const nextTreeAddress = 1088;

/** One rank of a forest job. */
export async function runForest(context: RankContext, job: ForestJob): Promise<RankResult> {
  const environment = new RankEnvironment(context, job.kernels);
  const clock = new PhaseClock();
  const slotBytes = job.task === 'regression' ? 8 : 4;
  const rows = await ingest(environment, job.ingest, async () => slotBytes);
  clock.end('ingest');
  const start = await startForest(environment, job, rows);
  const isTogether = environment.collective.localRanks.length < environment.collective.size;
  const memory = await planForest(environment, rows, job, isTogether);
  const numOutputs = job.task === 'regression' ? 1 : Math.max(1, rows.classes.length);
  const grower = new ForestGrower({ environment, job, rows, start, memory, isTogether });
  const { trees, numbers } = await grower.grow();
  clock.end('grow');
  const hands = !isTogether || environment.collective.rank === 0;
  return {
    facts: trainedFacts(rows, {
      baseScores: new Array<number>(numOutputs).fill(0),
      validationLosses: [],
      numRounds: job.numTrees,
    }),
    trees: packTrees(hands ? trees : [], numOutputs),
    treeNumbers: hands ? numbers : [],
    report: rankReport(environment, rows, grower.counters, clock),
  };
}

interface GrowerParts {
  readonly environment: RankEnvironment;
  readonly job: ForestJob;
  readonly rows: IngestedRows;
  readonly start: ForestStart;
  readonly memory: ForestMemory;
  readonly isTogether: boolean;
}

class ForestGrower {
  readonly #p: GrowerParts;
  readonly #collective: Collective;
  readonly #store: RowStore;
  readonly #sampler: ColumnSampler;
  readonly #criterion: ForestCriterion;
  readonly #backend: ForestBackend;

  constructor(parts: GrowerParts) {
    this.#p = parts;
    const { environment, job, rows, memory, isTogether } = parts;
    const { collective } = environment;
    this.#collective = isTogether
      ? collective
      : new InlineCollective(() => collective.checkAborted());
    this.#store = new RowStore(environment.kernels, memory.buffers, rows.layout.stride, true);
    this.#sampler = new ColumnSampler(rows.layout, job.columns, job.seed, null);
    this.#criterion = forestCriterion(parts);
    this.#backend = new ForestBackend({
      kernels: environment.kernels,
      memory: environment.memory,
      collective: this.#collective,
      layout: rows.layout,
      rows: this.#store,
      criterion: this.#criterion,
      histogram: memory.histogram,
      scratch: memory.scratch,
      placesOf: (node, attempt) => this.#sampler.placesOf(node, attempt),
    });
  }

  get counters(): ForestBackend['counters'] {
    return this.#backend.counters;
  }

  async grow(): Promise<{ trees: GrownTree[]; numbers: number[] }> {
    const { environment, job, rows, memory, isTogether } = this.#p;
    const { layout } = rows;
    if (environment.localIndex === 0) {
      writeFeatureTable(layout, environment.u32(memory.featureTable, layout.places.length * 8));
      environment.i32(nextTreeAddress, 1)[0] = 0;
    }
    await environment.wait(environment.collective.barrier());
    const trees: GrownTree[] = [];
    const numbers: number[] = [];
    let next = 0;
    for (;;) {
      const tree = isTogether ? next : Atomics.add(environment.i32(nextTreeAddress, 1), 0, 1);
      next += 1;
      if (tree >= job.numTrees) break;
      this.#collective.checkAborted();
      trees.push(await this.#growOne(tree));
      numbers.push(tree);
      const done = isTogether
        ? next
        : Math.min(job.numTrees, environment.i32(nextTreeAddress, 1)[0] ?? 0);
      environment.progress({ phase: 'train', done, total: job.numTrees });
    }
    await environment.wait(environment.collective.barrier());
    return { trees, numbers };
  }

  async #growOne(tree: number): Promise<GrownTree> {
    const { environment, job, rows, start, memory } = this.#p;
    this.#sampler.beginTree(tree);
    this.#backend.beginTree(this.#drawRows(tree));
    const grown = await growTree(this.#backend, rows.layout, job.limits, treeKey(job.seed, tree));
    await settleForestLeaves({
      environment,
      collective: this.#collective,
      job,
      rows,
      start,
      memory,
      grown,
      segmentOf: (leaf) => this.#backend.stateOf(leaf).segment,
      totalsOf: (leaf) => this.#backend.stateOf(leaf).totals,
      store: this.#store,
    });
    return grown.tree;
  }

  /** The tree's rows, copied to buffer A with their slots times how often each was drawn. */
  #drawRows(tree: number): Segment {
    const { environment, job, rows, memory } = this.#p;
    const { layout, records, keys } = rows;
    const thresholds = drawThresholds(job.rows);
    environment.u32(memory.thresholds, thresholds.length).set(thresholds);
    const { firstRow, numRows } = memory.buffers;
    const count = environment.kernels.drawRows(
      records + firstRow * layout.stride,
      firstRow,
      numRows,
      layout.stride,
      keys + 4 * firstRow,
      hash32(job.seed, purposes.bootstrap, tree),
      memory.thresholds,
      thresholds.length,
      memory.buffers.records[0],
      memory.buffers.ids[0],
      layout.slotOffset,
      job.task === 'regression' ? 1 : 2,
      memory.counts,
    );
    return { buffer: 1, start: 0, count };
  }
}
