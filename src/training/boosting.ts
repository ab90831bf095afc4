/**
 * Gradient boosting, as every rank runs it (J. H. Friedman, 2001; second-order leaves as in XGBoost, 2016).
 *
 * Driver: plans what is read, starts one rank a thread, shows progress, keeps rank 0's trees.
 * Rank, each round and output: (1) gradients of its rows in float64; (2) the ranks agree on a scale and each
 * quantises its rows; (3) one tree is grown, two meetings a split; (4) exact sums of the unquantised
 * gradients give the leaf values; (5) each adds them to its rows' scores. Bounded by rows · features binned
 * reads for step 3 and by nodes · features · bins integers that cross at its meetings.
 */
import { ExactSum } from '../base/exact-sum.ts';
import { ceilLog2, powerOfTwo } from '../base/portable-math.ts';
import { hash32, purposes } from '../base/rng.ts';
import { writeFeatureTable } from '../binning/binned-layout.ts';
import type { RankContext } from '../cluster/rank-program.ts';
import { CpuBackend } from '../tree/backend/cpu/cpu-backend.ts';
import type { Segment } from '../tree/backend/cpu/row-store.ts';
import { type GrowthResult, growTree } from '../tree/grow-tree.ts';
import { type GrownTree, packTrees } from '../tree/tree.ts';
import { sumOverRanks } from './base-score.ts';
import { type BoostingMemory, planBoosting } from './boosting-memory.ts';
import { ColumnSampler, treeKey } from './column-sampling.ts';
import { firstSpread } from './first-spread.ts';
import { type IngestedRows, ingest, type RankRows } from './ingest/ingest.ts';
import { settleLeaves } from './leaf-values.ts';
import type { BoostingJob, RankResult } from './messages.ts';
import { type GradientRows, type Objective, objectiveOf } from './objective.ts';
import { wholeWeights } from './quantile-weights.ts';
import { chooseSlotBytes, treeScales } from './quantise.ts';
import { RankEnvironment } from './rank-environment.ts';
import { PhaseClock, rankReport, trainedFacts } from './rank-result.ts';
import { routeBytes, writeRoutes } from './route-rows.ts';

/** The most pairs of nodes that one meeting serves when growing level by level. */
const levelPairs = 16;

/** One rank of a boosting job. */
export async function runBoosting(context: RankContext, job: BoostingJob): Promise<RankResult> {
  const booster = new Booster(new RankEnvironment(context, job.kernels), job);
  return await booster.run();
}

class Booster {
  readonly #environment: RankEnvironment;
  readonly #job: BoostingJob;
  readonly #clock = new PhaseClock();
  #objective!: Objective;
  #rows!: IngestedRows;
  #memory!: BoostingMemory;
  #backend!: CpuBackend;
  #sampler!: ColumnSampler;
  #start: readonly number[] = [];
  /** Weights in whole units, for objectives whose leaves are quantiles. */
  #wholeWeights: Float64Array | null = null;
  /** Leaf values and starting scores are whole multiples of it. */
  #scoreUnit = 0;

  constructor(environment: RankEnvironment, job: BoostingJob) {
    this.#environment = environment;
    this.#job = job;
  }

  async run(): Promise<RankResult> {
    const job = this.#job;
    this.#rows = await ingest(this.#environment, job.ingest, (rows) => this.#chooseSlot(rows));
    this.#clock.end('ingest');
    const trees: GrownTree[] = [];
    const losses: number[] = [];
    let numRounds = 0;
    const isConstant = job.objective === 'classes' && this.#rows.classes.length < 2;
    if (!isConstant) {
      await this.#prepare();
      numRounds = await this.#boost(trees, losses);
    }
    this.#clock.end('grow');
    const numOutputs = this.#objective.numOutputs;
    const kept = trees.slice(0, numRounds * numOutputs);
    const isFirst = this.#environment.collective.rank === 0;
    return {
      facts: trainedFacts(this.#rows, {
        baseScores: this.#start,
        validationLosses: losses,
        numRounds,
      }),
      trees: packTrees(isFirst ? kept : [], 1),
      treeNumbers: isFirst ? kept.map((_, t) => t) : [],
      report: rankReport(
        this.#environment,
        this.#rows,
        isConstant ? null : this.#backend.counters,
        this.#clock,
      ),
    };
  }

  /** Starts the scores, and sees how far the first gradients are spread. */
  async #chooseSlot(
    rows: Pick<IngestedRows, 'classes' | 'train' | 'labels' | 'weights' | 'validation'>,
  ): Promise<4 | 8> {
    const environment = this.#environment;
    this.#objective = objectiveOf(this.#job, rows.classes);
    if (this.#job.objective === 'classes' && rows.classes.length < 2) {
      this.#start = [0];
      return 4;
    }
    const labels = environment.f64(rows.labels + 8 * rows.train.start, rows.train.count);
    const weights =
      rows.weights === 0
        ? null
        : environment.f64(rows.weights + 8 * rows.train.start, rows.train.count);
    const start = await this.#objective.start(environment, { labels, weights });
    const spread = await firstSpread(environment, this.#objective, { labels, weights }, start);
    // centred labels scale a regression's scores; margins of classes are of the order of 16
    const scale = this.#objective.centresLabels ? spread.largest.label : 16;
    this.#scoreUnit = powerOfTwo(Math.max(-1000, ceilLog2(scale) - 40));
    this.#start = this.#objective.centresLabels
      ? start
      : start.map((score) => Math.round(score / this.#scoreUnit) * this.#scoreUnit);
    if (this.#objective.centresLabels) {
      const base = start[0] as number;
      for (const part of [rows.train, rows.validation]) {
        const values = environment.f64(rows.labels + 8 * part.start, part.count);
        for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - base;
      }
    }
    return chooseSlotBytes(spread.largest, spread.mean);
  }

  async #prepare(): Promise<void> {
    const { limits } = this.#job;
    const byLevel = limits.maxLeaves === Number.POSITIVE_INFINITY;
    const widest = byLevel ? 2 ** Math.min(limits.maxDepth, 20) : limits.maxLeaves;
    this.#memory = await planBoosting(this.#environment, this.#rows, {
      numOutputs: this.#objective.numOutputs,
      maxPairs: byLevel ? Math.max(1, Math.min(levelPairs, widest / 2)) : 1,
      maxOpen: widest,
      maxHistogramBytes: this.#job.maxHistogramBytes,
    });
    const { layout } = this.#rows;
    const table = this.#memory.backend.featureTable;
    writeFeatureTable(layout, this.#environment.u32(table, layout.places.length * 8));
    this.#backend = new CpuBackend({
      kernels: this.#environment.kernels,
      memory: this.#environment.memory,
      collective: this.#environment.collective,
      layout,
      rows: this.#memory.rows,
      addresses: this.#memory.backend,
      params: this.#job.split,
      flushRows: this.#job.flushRows,
    });
    if (this.#objective.leafQuantile !== null && this.#rows.weights !== 0) {
      const { start, count } = this.#rows.train;
      const weights = this.#environment.f64(this.#rows.weights + 8 * start, count);
      this.#wholeWeights = await wholeWeights(this.#environment, weights);
    }
    this.#sampler = new ColumnSampler(layout, this.#job.columns, this.#job.seed);
    const { train, validation } = this.#rows;
    for (let k = 0; k < this.#objective.numOutputs; k++) {
      const value = this.#objective.centresLabels ? 0 : (this.#start[k] as number);
      for (const part of [train, validation]) {
        this.#environment.f64(this.#scoreAddress(k) + 8 * part.start, part.count).fill(value);
      }
    }
    await this.#environment.wait(this.#environment.collective.barrier());
  }

  async #boost(trees: GrownTree[], losses: number[]): Promise<number> {
    const { earlyStopping, numRounds } = this.#job;
    let best = Number.POSITIVE_INFINITY;
    let bestRound = -1;
    for (let round = 0; round < numRounds; round++) {
      this.#objective.beginRound(this.#environment, this.#gradientRows(this.#rows.train));
      for (let output = 0; output < this.#objective.numOutputs; output++) {
        trees.push(await this.#growOne(round, output));
      }
      let metric: number | undefined;
      if (this.#rows.validation.numAll > 0) {
        metric = await this.#validationLoss();
        losses.push(metric);
      }
      const progress = { phase: 'train', done: round + 1, total: numRounds } as const;
      this.#environment.progress(metric === undefined ? progress : { ...progress, metric });
      if (earlyStopping === null || metric === undefined) continue;
      if (metric < best - earlyStopping.minDelta) {
        best = metric;
        bestRound = round;
      } else if (round - bestRound >= earlyStopping.patience) {
        return bestRound + 1;
      }
    }
    return earlyStopping === null || bestRound < 0 ? numRounds : bestRound + 1;
  }

  async #growOne(round: number, output: number): Promise<GrownTree> {
    const environment = this.#environment;
    const { collective } = environment;
    const { layout, train } = this.#rows;
    const job = this.#job;
    collective.checkAborted();
    const rows = this.#gradientRows(train);
    const stats = environment.f64(this.#memory.ownStats, 2);
    stats.fill(0);
    this.#objective.gradients(environment, rows, output);
    const bits = new BigInt64Array(stats.slice().buffer);
    await environment.wait(collective.allreduce(bits, 'max'));
    const largest = new Float64Array(bits.buffer);
    const isConstantHess = this.#objective.hessianIsWeight && this.#rows.weights === 0;
    const scales = treeScales({
      maxGrad: largest[0] as number,
      maxHess: largest[1] as number,
      isConstantHess,
      countsRows: job.split.minInstancesPerNode > 1 || job.split.minCategoryRows > 0,
      slotBytes: layout.slotBytes,
      numRows: train.numAll,
    });
    const tree = round * this.#objective.numOutputs + output;
    const roundingKey = hash32(job.seed, purposes.rounding, round, output);
    const slot = this.#rows.records + train.start * layout.stride + layout.slotOffset;
    const quantise =
      layout.slotBytes === 4 ? environment.kernels.quantise16 : environment.kernels.quantise32;
    quantise(
      rows.grads,
      rows.hesses,
      this.#rows.keys + 4 * train.start,
      train.count,
      scales.gradScale,
      scales.hessScale,
      roundingKey,
      slot,
      layout.stride,
      scales.roundsHess ? 1 : 0,
    );
    this.#sampler.beginTree(tree);
    this.#backend.beginTree({
      quantisation: scales.quantisation,
      rootSegment: this.#drawRows(round),
      maskOf: (node) => this.#sampler.maskOf(node),
    });
    const grown = await growTree(this.#backend, layout, job.limits, treeKey(job.seed, tree));
    await this.#settle(grown, output, { grad: largest[0] as number, hess: largest[1] as number });
    return grown.tree;
  }

  /** The root's rows: all of them, or those whose hash falls under the rate, moved to buffer A. */
  #drawRows(round: number): Segment {
    const { train, layout, records, keys } = this.#rows;
    const { rows } = this.#job;
    if (rows.rate >= 1) return { buffer: 0, start: 0, count: train.count };
    const environment = this.#environment;
    const thresholds = this.#memory.ownStats + 32;
    environment.u32(thresholds, 1)[0] = Math.ceil(4294967296 * (1 - rows.rate));
    const own = this.#memory.rows;
    const count = environment.kernels.drawRows(
      records + train.start * layout.stride,
      train.start,
      train.count,
      layout.stride,
      keys + 4 * train.start,
      hash32(this.#job.seed, purposes.rowSample, round),
      thresholds,
      1,
      this.#backend.rows.isIndexed ? 0 : own.records[0],
      own.ids[0],
      layout.slotOffset,
      0,
      0,
    );
    return { buffer: 1, start: 0, count };
  }

  /** Gives the leaves their values and adds them to every row's score. */
  async #settle(
    grown: GrowthResult,
    output: number,
    largest: { grad: number; hess: number },
  ): Promise<void> {
    const environment = this.#environment;
    const { kernels, localIndex, numLocal } = environment;
    const { train, validation, layout, records } = this.#rows;
    const leafOf = this.#memory.leafOf;
    const isSampled = this.#job.rows.rate < 1;
    const needsRoutes = isSampled || validation.numProcess > 0;
    const valueBytes = align(grown.leaves.length * 40);
    const span = valueBytes + (needsRoutes ? align(routeBytes(grown, layout)) : 0);
    await environment.reserve(this.#memory.tail + span * numLocal, 'training data');
    const own = this.#memory.tail + span * localIndex;
    if (needsRoutes) writeRoutes(environment, grown, layout, own + valueBytes);
    if (isSampled) environment.u32(leafOf + 4 * train.start, train.count).fill(0x80000000);
    grown.leaves.forEach((leaf, number) => {
      const segment = this.#backend.segmentOf(leaf);
      const view = this.#backend.rows.view(segment);
      kernels.markLeaf(view.ids, view.firstId, segment.count, number, leafOf);
    });
    if (isSampled) {
      kernels.findLeaves(
        records + train.start * layout.stride,
        layout.stride,
        train.count,
        own + valueBytes,
        0x80000000,
        1,
        leafOf + 4 * train.start,
      );
    }
    const values = await settleLeaves(environment, {
      leafQuantile: this.#objective.leafQuantile,
      wholeWeights: this.#wholeWeights,
      grown,
      largest,
      rows: this.#gradientRows(train),
      leafOf: leafOf + 4 * train.start,
      sums: own,
      numAll: train.numAll,
      lambda: this.#job.split.lambda,
      stepSize: this.#job.stepSize,
      scoreUnit: this.#scoreUnit,
    });
    const valueAddress = own;
    environment.f64(valueAddress, values.length).set(values);
    const scores = this.#scoreAddress(output);
    kernels.addLeafValues(
      leafOf + 4 * train.start,
      valueAddress,
      scores + 8 * train.start,
      train.count,
    );
    if (validation.numProcess > 0) {
      kernels.findLeaves(
        records + validation.start * layout.stride,
        layout.stride,
        validation.count,
        own + valueBytes,
        0,
        0,
        leafOf + 4 * validation.start,
      );
      kernels.addLeafValues(
        leafOf + 4 * validation.start,
        valueAddress,
        scores + 8 * validation.start,
        validation.count,
      );
    }
  }

  async #validationLoss(): Promise<number> {
    const environment = this.#environment;
    const { validation, weights } = this.#rows;
    const first = validation.start - this.#rows.train.numProcess;
    const out = this.#memory.tail + 8 * first;
    await environment.reserve(this.#memory.tail + 8 * validation.numProcess, 'validation losses');
    this.#objective.losses(environment, this.#gradientRows(validation), out);
    const loss = new ExactSum();
    loss.addMany(environment.f64(out, validation.count));
    const weight = new ExactSum();
    if (weights === 0) weight.add(validation.count);
    else weight.addMany(environment.f64(weights + 8 * validation.start, validation.count));
    const [total, totalWeight] = await sumOverRanks(environment, [loss, weight]);
    return (total as number) / (totalWeight as number);
  }

  #scoreAddress(output: number): number {
    return this.#memory.scores + output * this.#memory.outputStride;
  }

  #gradientRows(part: RankRows): GradientRows {
    const { labels, weights } = this.#rows;
    const memory = this.#memory;
    const offset = 8 * part.start;
    return {
      labels: labels + offset,
      weights: weights === 0 ? 0 : weights + offset,
      numRows: part.count,
      scores: memory.scores + offset,
      outputStride: memory.outputStride,
      grads: memory.grads + offset,
      hesses: memory.hesses + offset,
      probabilities: memory.probabilities + offset,
      probabilityStride: memory.probabilityStride,
      stats: memory.ownStats,
    };
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
