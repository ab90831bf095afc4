/**
 * Random forests and single trees, as every rank runs them (L. Breiman, 2001; histograms as in boosting).
 *
 * Driver: plans what is read, starts one rank a thread, puts the ranks' trees together by their numbers.
 * Rank, in one process: draws the number of the next tree, its rows and, node by node, its features; grows
 * it alone over all rows of the process; the first one has a device do it, where the job asks for one, while the
 * others go on as ever. Several processes first bring each other their rows. Where the memory of a process
 * does not hold that: all ranks grow each tree together, each over its own rows or one for its process on a device,
 * and meet for many nodes at once. Every draw hangs on seed, tree, row and path only, so the trees are the same either way.
 * Bounded by trees · depth · rows · features looked at.
 */
import { CoppiceError } from '../../base/errors.ts';
import { writeFeatureTable } from '../../binning/binned-layout.ts';
import type { Collective } from '../../cluster/collective.ts';
import { InlineCollective } from '../../cluster/inline/inline-collective.ts';
import type { RankContext } from '../../cluster/rank-program.ts';
import { ForestBounds } from '../../tree/backend/cpu/forest-bounds.ts';
import { ForestFindings } from '../../tree/backend/cpu/forest-findings.ts';
import { MeetingSearch } from '../../tree/backend/cpu/forest-meeting.ts';
import { ForestNodes, packNodes } from '../../tree/backend/cpu/forest-nodes.ts';
import {
  type ForestSetting,
  slotBytesOf,
  writeMinWeight,
  writePlan,
} from '../../tree/backend/cpu/forest-plan.ts';
import { ForestRows } from '../../tree/backend/cpu/forest-rows.ts';
import {
  AloneSearch,
  type ForestSearch,
  type SearchCounters,
} from '../../tree/backend/cpu/forest-search.ts';
import { MemoryViews } from '../../tree/backend/cpu/memory-views.ts';
import { ForestTreeGrower } from '../../tree/grow-forest-tree.ts';
import { pruneTree } from '../../tree/prune-tree.ts';
import { mergeEnsembles } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { dataKey } from '../data-key.ts';
import { type IngestedRows, ingest } from '../ingest/ingest.ts';
import type { ForestJob, ForestSnapshot, RankResult, TrainedFacts } from '../messages.ts';
import { ProgressPace } from '../progress-pace.ts';
import { RankEnvironment } from '../rank-environment.ts';
import { PhaseClock, type RankCounters, rankReport, trainedFacts } from '../rank-result.ts';
import { balanceDraws, type DrawnBalance } from '../sampling/balance-draws.ts';
import { treeKey } from '../sampling/column-sampling.ts';
import { bootstrapKey, drawThresholds } from '../sampling/draw-thresholds.ts';
import { boundNodes } from './bound-leaves.ts';
import { settleForestLeaves } from './forest-leaves.ts';
import { type ForestMemory, planForest } from './forest-memory.ts';
import {
  forestSetting,
  forestUnits,
  inGains,
  numForestOutputs,
  settledLeaves,
} from './forest-setting.ts';
import { type ForestStart, startForest } from './forest-start.ts';
import { GpuForestTrees, type RowShare } from './grow-forest-on-rig.ts';
import { HonestRows } from './honest-leaves.ts';
import { LocalFinish } from './local-finish.ts';
import { DealtTurns, DrawnTurns, SharedTurns, type TreeTurns } from './tree-turns.ts';

/** One rank of a forest job. */
export async function runForest(context: RankContext, job: ForestJob): Promise<RankResult> {
  const environment = new RankEnvironment(context, job.kernels);
  const clock = new PhaseClock(environment.collective);
  const ingested = await ingest(environment, job.ingest, async ({ otherLabels }) =>
    slotBytesOf(job.task === 'regression' ? 'numbers' : 'classes', 1 + otherLabels.length),
  );
  const { snapshots = null } = job;
  const key = snapshots === null ? '' : await dataKey(environment, ingested);
  const isOtherData = snapshots !== null && (snapshots.dataKey ?? key) !== key;
  const start = await startForest(environment, job, ingested);
  refuseSeveralClasses(job, ingested);
  const setting = forestSetting(job, ingested, start);
  const { memory, rows } = await planForest(environment, ingested, job, setting);
  clock.end('ingest');
  const told = snapshots === null ? null : { interval: snapshots.interval, dataKey: key };
  const trainer = new ForestTrainer({ environment, job, rows, start, setting, memory, told });
  const trees = isOtherData ? [] : await trainer.growAll();
  clock.end('grow');
  const hands = !memory.isTogether || environment.collective.rank === 0;
  return {
    facts: { ...trainer.facts, ...(isOtherData ? { isOtherData } : {}) },
    trees: mergeEnsembles(hands ? trees : [], trainer.numOutputs),
    treeNumbers: hands ? trees.flatMap(({ treeNumbers }) => treeNumbers) : [],
    report: rankReport(environment, rows, trainer.counters, clock),
  };
}

/** What rises with a feature is the share of the second class; of three or more there is none. */
function refuseSeveralClasses(
  { monotone, ingest: { owner, labelCol } }: ForestJob,
  { classes }: IngestedRows,
): void {
  if (monotone === undefined || classes.length < 3) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `monotoneConstraints of ${owner} must be left out where ${labelCol} has more than two classes; got ${classes.length}; fit one of them against the others, or use GBTClassifier`,
    { context: { owner, param: 'monotoneConstraints', column: labelCol } },
  );
}

interface TrainerParts {
  readonly environment: RankEnvironment;
  readonly job: ForestJob;
  readonly rows: IngestedRows;
  readonly start: ForestStart;
  readonly setting: ForestSetting;
  readonly memory: ForestMemory;
  /** Where trees that are done are told: after how many, and of which rows. */
  readonly told: { readonly interval: number; readonly dataKey: string } | null;
}

/** A tree and its number in the forest. */
interface NumberedTree {
  readonly trees: TreeEnsemble;
  readonly treeNumbers: readonly number[];
}

class ForestTrainer {
  readonly numOutputs: number;
  readonly #p: TrainerParts;
  readonly #collective: Collective;
  readonly #nodes: ForestNodes;
  readonly #moved: ForestRows;
  readonly #search: ForestSearch;
  readonly #grower: ForestTreeGrower;
  /** Null where all nodes are grown alike. */
  readonly #small: LocalFinish | null;
  readonly #gpu: GpuForestTrees | null;
  readonly #honest: HonestRows | null;

  constructor(parts: TrainerParts) {
    this.#p = parts;
    const { environment, job, rows, start, setting, memory } = parts;
    const { collective, kernels } = environment;
    const { layout } = rows;
    const { plan, histogram, chosen } = memory.scratch;
    this.numOutputs = numForestOutputs(job, rows);
    this.#collective = memory.isTogether
      ? collective
      : new InlineCollective(() => collective.checkAborted());
    const views = new MemoryViews(environment.memory);
    const { directions } = setting;
    const bounds = directions === null ? null : new ForestBounds({ views, plan, directions });
    this.#nodes = new ForestNodes(this.numOutputs, job.keepsVariances, bounds);
    this.#moved = new ForestRows({ kernels, views, layout, plan, buffers: memory.buffers });
    const units = forestUnits(start);
    const findings = new ForestFindings({ views, layout, setting, nodes: this.#nodes, units });
    const needsLeafRows = settledLeaves(job, rows) !== 'counts';
    const numDrawn = setting.numDrawn || layout.places.length;
    const search = {
      ...{ kernels, findings, plan, histogram, numDrawn },
      collective: this.#collective,
      nodes: this.#nodes,
      rows: this.#moved,
      best: memory.best,
    };
    this.#search = memory.isTogether
      ? new MeetingSearch({ ...search, ...memory, views, setting, chosen })
      : new AloneSearch(search);
    const finishes = memory.isTogether && job.finishesLocally !== false;
    this.#small = finishes
      ? new LocalFinish({
          ...{ kernels, views, collective, layout, setting, units, memory, needsLeafRows },
          ...{ limits: job.limits, nodes: this.#nodes, moved: this.#moved, records: rows.records },
        })
      : null;
    this.#grower = new ForestTreeGrower({
      nodes: this.#nodes,
      rows: this.#moved,
      search: this.#search,
      findings,
      limits: job.limits,
      needsLeafRows,
      small: this.#small,
    });
    const rig = { ...{ environment, job, rows, memory, setting }, collective: this.#collective };
    const { honestLeafShare } = job;
    this.#honest = honestLeafShare === undefined ? null : new HonestRows(honestLeafShare);
    this.#gpu =
      job.device === null || (memory.deviceNodes === 0 && !memory.isTogether)
        ? null
        : new GpuForestTrees({ ...rig, views, nodes: this.#nodes, moved: this.#moved, findings });
  }

  get counters(): RankCounters {
    const counted = [this.#search.counters, this.#small?.counters, this.#gpu?.counters];
    const sumOf = (name: keyof SearchCounters): number =>
      counted.reduce((sum, counters) => sum + (counters?.[name] ?? 0), 0);
    return {
      histogramRows: sumOf('histogramRows'),
      featuresDecided: sumOf('featuresDecided'),
      device: this.#gpu?.told ?? null,
    };
  }

  get facts(): TrainedFacts {
    return trainedFacts(this.#p.rows, {
      baseScores: new Array<number>(this.numOutputs).fill(0),
      history: [],
      memberRounds: [],
      chosen: null,
    });
  }

  /** Grows this rank's trees; what it opened is closed again, whatever happens. */
  async growAll(): Promise<NumberedTree[]> {
    try {
      return await this.#growAll();
    } finally {
      await this.#gpu?.close();
    }
  }

  async #growAll(): Promise<NumberedTree[]> {
    const { environment, job, rows, setting, memory } = this.#p;
    const { layout } = rows;
    const { scratch, featureTable } = memory;
    if (environment.localIndex === 0) {
      writeFeatureTable(layout, environment.u32(featureTable, layout.places.length * 8));
    }
    const turns = this.#turns();
    writePlan(environment.memory, layout, setting, {
      scratch,
      featureTable,
      records: rows.records,
    });
    // ranks that meet clear each histogram before they build it
    environment.u8(scratch.histogram, memory.histogramBytes).fill(0);
    environment.u8(scratch.touched, scratch.lists - scratch.touched).fill(0);
    const thresholds = drawThresholds(job.rows);
    environment.u32(memory.thresholds, thresholds.length).set(thresholds);
    await environment.wait(environment.collective.barrier());
    const trees: NumberedTree[] = [];
    const pace = new ProgressPace();
    for (;;) {
      const tree = await turns.next();
      if (tree === null) break;
      this.#collective.checkAborted();
      trees.push({
        trees: await this.#growOne(job.firstTree + tree, thresholds.length),
        treeNumbers: [tree],
      });
      const counted = { done: turns.done, total: job.numTrees, message: 'trees' };
      const progress = { phase: 'train', ...counted } as const;
      if ((job.snapshots ?? null) !== null || pace.isDue(progress)) environment.progress(progress);
      this.#tell(trees);
    }
    await environment.wait(environment.collective.barrier());
    return trees;
  }

  #turns(): TreeTurns {
    const { environment, job, memory } = this.#p;
    const { isTogether, isIdle } = memory;
    if (isTogether) return new SharedTurns(job.numTrees);
    const { localRanks, size } = environment.collective;
    return localRanks.length < size
      ? new DealtTurns(environment, job.numTrees, isIdle)
      : new DrawnTurns(environment, isIdle ? 0 : job.numTrees);
  }

  /** Tells the driver of this rank's trees, a share of the interval at a time. */
  #tell(grown: readonly NumberedTree[]): void {
    const { environment, told, memory } = this.#p;
    if (told === null || (memory.isTogether && environment.collective.rank !== 0)) return;
    const numRanks = memory.isTogether ? 1 : environment.collective.size;
    const share = Math.max(1, Math.floor(told.interval / numRanks));
    if (grown.length % share !== 0) return;
    const latest = grown.slice(-share);
    const snapshot: ForestSnapshot = {
      phase: 'snapshot',
      dataKey: told.dataKey,
      facts: this.facts,
      trees: mergeEnsembles(latest, this.numOutputs),
      treeNumbers: latest.flatMap(({ treeNumbers }) => treeNumbers),
    };
    environment.notify(snapshot);
  }

  async #growOne(tree: number, numThresholds: number): Promise<TreeEnsemble> {
    const { environment, job, rows, start, memory, setting } = this.#p;
    const parts = { environment, job, rows, start, memory, collective: this.#collective };
    const key = treeKey(job.seed, tree);
    let balance = await this.#draw(tree, numThresholds);
    let order = (await this.#gpu?.grow(this.#copyRows(), key)) ?? null;
    if (order === null) {
      // a device that was given up had drawn for all ranks of its process
      if (this.#gpu !== null) balance = await this.#draw(tree, numThresholds);
      order = await this.#grower.grow(this.#copyRows(), key);
    }
    const settlement = { ...parts, nodes: this.#nodes, moved: this.#moved, balance };
    if (this.#honest === null) await settleForestLeaves(settlement);
    else await this.#honest.settle(settlement);
    if (setting.directions !== null) boundNodes(this.#nodes, setting.directions);
    const grown = packNodes(this.#nodes, order, rows.layout);
    return job.leafPrice > 0 ? pruneTree(grown, inGains(job, job.leafPrice)) : grown;
  }

  /** Draws a tree's rows. */
  async #draw(tree: number, numThresholds: number): Promise<DrawnBalance | null> {
    const { environment, job, rows, start, memory } = this.#p;
    this.#drawRows(tree, numThresholds);
    this.#honest?.setApart(this.#p, tree, this.#share);
    if (!job.balancesDraws) return null;
    const own = { ...memory, ...this.#share };
    const collective = this.#collective;
    const balance = await balanceDraws({ environment, collective, rows, start, memory: own });
    this.#limitWeight(balance.total);
    return balance;
  }

  get #share(): RowShare {
    return this.#gpu?.share ?? this.#p.memory;
  }

  /** The least weight of a node where weights hang on the draws. */
  #limitWeight(total: number): void {
    const { environment, job, start, memory } = this.#p;
    const least = (job.split.minWeightFraction * total) / forestUnits(start).weight;
    writeMinWeight(environment.memory, memory.scratch.plan, least);
  }

  /** Counts how often each row is drawn. */
  #drawRows(tree: number, numThresholds: number): void {
    const { environment, job, rows, memory } = this.#p;
    const { counts } = memory;
    const { firstRow, numRows } = this.#share;
    environment.kernels.drawCounts(
      rows.keys + 4 * firstRow,
      numRows,
      bootstrapKey(job.seed, tree),
      memory.thresholds,
      numThresholds,
      0,
      counts + firstRow,
    );
  }

  /** The tree's rows, in the first buffer with their slots times how often each was drawn. */
  #copyRows(): number {
    const { environment, rows, memory } = this.#p;
    const { layout, records } = rows;
    const { buffers, counts } = memory;
    const { firstRow, numRows } = this.#share;
    return environment.kernels.copyDrawn(
      memory.scratch.plan,
      records,
      layout.stride,
      layout.slotOffset,
      firstRow,
      numRows,
      counts + firstRow,
      memory.factors,
      buffers.rows[0],
      buffers.ids[0],
    );
  }
}
