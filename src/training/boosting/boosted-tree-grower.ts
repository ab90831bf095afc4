/**
 * One tree of a round, on every rank: (1) gradients of its rows in float64; (2) the ranks agree on a scale and
 * each quantises its rows; (3) one tree is grown, two meetings a split; (4) exact sums of the unquantised
 * gradients give the leaf values; (5) each adds them to its rows' scores, validation rows included.
 */
import { align } from '../../base/arena.ts';
import { type Awaitable, isPromise } from '../../base/awaitable.ts';
import { hash32, purposes } from '../../base/rng.ts';
import { WholeGrowth } from '../../tree/backend/cpu/whole-growth.ts';
import type { GrowthLimits, GrowthResult } from '../../tree/grow-tree.ts';
import type { GrownTree } from '../../tree/tree.ts';
import { numberPlaces, numbersOfRow } from '../ingest/keep-numbers.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import { fixedScale, settleLeaves } from '../leaves/leaf-values.ts';
import { addLines, fitLinearLeaves, type ScoredNumbers } from '../leaves/linear-leaves.ts';
import { routeBytes, routeBytesBound, widestSides, writeRoutes } from '../leaves/route-rows.ts';
import type { GradientRows } from '../objectives/objective.ts';
import { numberOfWord } from '../objectives/order-word.ts';
import { countsRows, type TreeScales, treeScales } from '../quantise.ts';
import { RigKeeper } from '../rigs/grow-on-rig.ts';
import { leftOut, type TreeRig } from '../rigs/tree-rig.ts';
import { ColumnSampler, treeKey } from '../sampling/column-sampling.ts';
import {
  clearStats,
  type FoundGradients,
  largestGradients,
} from '../sampling/largest-gradients.ts';
import { RoundRows } from '../sampling/round-rows.ts';
import { type BoostingState, gradientRows, leavesOf, scoreAddress } from './boosting-state.ts';
import { stepOfRound } from './step-of-round.ts';

/** The largest |g| and h over all ranks, and what they mean. */
interface LargestGradients extends Omit<FoundGradients, 'leastHessWord'> {
  /** Every row has the same h. */
  readonly isConstantHess: boolean;
}

/** How far the leaves of a tree go. */
interface Settling {
  readonly output: number;
  readonly stepSize: number;
  readonly largest: LargestGradients;
  /** Whether anybody asks for the leaves' values. */
  readonly keepsValues: boolean;
}

const noValues = new Float64Array(0);

/** A tree with its splits, and the values of its leaves in their order. */
export interface SettledGrowth {
  readonly output: number;
  readonly grown: GrowthResult;
  readonly values: Float64Array;
}

function areSame(a: TreeScales, b: TreeScales): boolean {
  return (
    a.gradScale === b.gradScale && a.hessScale === b.hessScale && a.roundsHess === b.roundsHess
  );
}

/** Grows the trees of a fit, one after another. */
export class BoostedTreeGrower {
  readonly #state: BoostingState;
  readonly #rigs: RigKeeper;
  readonly #sampler: ColumnSampler;
  readonly #roundRows: RoundRows;
  readonly #widestSides: number;
  /** Addresses of this rank's training rows. */
  readonly #own: GradientRows;
  /** The least gain of the last tree's splits, for each output. */
  readonly #leastGains: number[] = [];
  /** The job's, with what is written for each tree. */
  readonly #limits: GrowthLimits & { expectedGain?: number };
  /** The scales of its gradients. */
  readonly #lastScales: TreeScales[] = [];

  constructor(state: BoostingState) {
    this.#state = state;
    const { job } = state;
    const { layout } = state.rows;
    this.#roundRows = new RoundRows(state);
    this.#limits = { ...job.limits };
    this.#widestSides = widestSides(layout);
    this.#own = gradientRows(state, state.rows.train);
    this.#rigs = new RigKeeper(state, this.#roundRows);
    this.#sampler = new ColumnSampler(layout, job.columns, job.seed, job.interactions);
  }

  get counters(): TreeRig['counters'] {
    return this.#rigs.counters;
  }

  /** Frees what is not memory of the process; the counters stay. */
  async close(): Promise<void> {
    await this.#rigs.close();
  }

  /** Chooses the rows that a round's trees are grown on; the objective's round has begun. */
  beginRound(round: number): Awaitable<void> {
    return this.#roundRows.begin(round);
  }

  /** Grows the tree of an output and adds it to the scores. @param round of several trees side by side, their own */
  async grow(round: number, output: number): Promise<GrownTree> {
    const { grown } = await this.#grow(round, output, 1, false);
    return grown.tree;
  }

  /** The same with what is needed to add the tree again. @param share of the step size that it gets */
  growSettled(round: number, output: number, share: number): Promise<SettledGrowth> {
    return this.#grow(round, output, share, true);
  }

  async #grow(
    round: number,
    output: number,
    share: number,
    keepsValues: boolean,
  ): Promise<SettledGrowth> {
    const { environment, objective, job } = this.#state;
    environment.collective.checkAborted();
    clearStats(this.#state);
    const key = hash32(job.seed, purposes.rounding, round, output);
    const guessed = this.#mayStream ? (this.#lastScales[output] ?? null) : null;
    if (guessed !== null) await this.#streamGradients(output, guessed, key);
    else objective.gradients(environment, this.#own, output);
    const isAmplified = this.#roundRows.amplify();
    const met = largestGradients(this.#state);
    const found = isPromise(met) ? await met : met;
    const isConstantHess = this.#hasConstantHess(isAmplified, found);
    const largest = { grad: found.grad, hess: found.hess, isConstantHess };
    const scales = this.#scales(largest);
    this.#lastScales[output] = scales;
    const tree = round * objective.numOutputs + output;
    this.#sampler.beginTree(tree);
    const expectedGain = this.#leastGains[output];
    const growing = this.#rigs.grow({
      round,
      scales,
      limits: this.#limitsWith(expectedGain),
      key: treeKey(job.seed, tree),
      isSent: guessed !== null && areSame(guessed, scales),
      treeMask: this.#sampler.treeMask,
      maskOf: (node) => this.#sampler.maskOf(node),
      writeSlots: (slots) => this.#quantise(scales, key, slots),
    });
    const grown = isPromise(growing) ? await growing : growing;
    this.#leastGains[output] = grown.leastGain;
    const stepSize = share * stepOfRound(job, Math.floor(round / (job.parallelTrees ?? 1)));
    const settled = this.#settle(grown, { output, stepSize, largest, keepsValues });
    const values = isPromise(settled) ? await settled : settled;
    this.#state.featureCosts?.pay(grown, () => leavesOf(this.#state, this.#state.rows.train));
    return { output, grown, values };
  }

  /** Adds values to the scores of all rows, by the leaves of a tree that was grown before. */
  async addTree({ grown, output }: SettledGrowth, values: Float64Array): Promise<void> {
    const { environment, memory } = this.#state;
    const { train, validation, layout } = this.#state.rows;
    const valueBytes = align(grown.leaves.length * 40);
    const span = valueBytes + align(routeBytes(grown, layout));
    await environment.reserve(memory.tail + span * environment.numLocal, 'training data');
    const own = memory.tail + span * environment.localIndex;
    writeRoutes(environment, grown, layout, own + valueBytes);
    environment.f64(own, values.length).set(values);
    for (const part of [train, validation]) {
      this.#route(part, own + valueBytes, 0);
      this.#addValues(part, output, own);
    }
  }

  #limitsWith(expectedGain: number | undefined): GrowthLimits {
    if (expectedGain === undefined) return this.#state.job.limits;
    this.#limits.expectedGain = expectedGain;
    return this.#limits;
  }

  #hasConstantHess(isAmplified: boolean, found: FoundGradients): boolean {
    const { objective, rows } = this.#state;
    if (isAmplified || rows.weights !== 0) return false;
    if (objective.hessianIsWeight) return true;
    const most = found.hess;
    return objective.findsHessianRange && most > 0 && numberOfWord(found.leastHessWord) === most;
  }

  #scales(largest: LargestGradients): TreeScales {
    const { job, rows } = this.#state;
    const { layout, train } = rows;
    return treeScales({
      maxGrad: largest.grad,
      maxHess: largest.hess,
      isConstantHess: largest.isConstantHess,
      countsRows: countsRows(job),
      slotBytes: layout.slotBytes === 4 ? 4 : 8,
      numRows: train.numAll,
    });
  }

  /** Whether gradients can be made block by block, and go to a device meanwhile. */
  get #mayStream(): boolean {
    const { objective, job } = this.#state;
    return this.#rigs.stream !== null && objective.worksByBlocks === true && job.rows.goss === null;
  }

  /** Makes gradients and, by the scales of the tree before, their integers, which the driver sends on. */
  async #streamGradients(output: number, guessed: TreeScales, key: number): Promise<void> {
    const { environment, objective, rows } = this.#state;
    const { stream, slots, sendSlots } = this.#rigs.stream as NonNullable<RigKeeper['stream']>;
    if (stream.drives) {
      await stream.follow(sendSlots);
      return;
    }
    const { train } = rows;
    const { blockRows } = stream;
    for (let done = 0; done < train.count; done += blockRows) {
      const count = Math.min(blockRows, train.count - done);
      const block = { ...train, start: train.start + done, count };
      objective.gradients(environment, gradientRows(this.#state, block), output);
      const address = slots.address + slots.stride * done;
      this.#quantise(guessed, key, { ...slots, address }, block);
      stream.tell();
    }
  }

  /** Writes the gradients of this rank's rows, or of some of them, as integers. */
  #quantise(
    scales: TreeScales,
    key: number,
    { address, stride }: TreeRig['slots'],
    train: RankRows = this.#state.rows.train,
  ): void {
    const { environment, rows } = this.#state;
    const { layout } = rows;
    const { kernels } = environment;
    const quantise = layout.slotBytes === 4 ? kernels.quantise16 : kernels.quantise32;
    const { grads, hesses } = train === rows.train ? this.#own : gradientRows(this.#state, train);
    quantise(
      grads,
      hesses,
      rows.keys + 4 * train.start,
      train.count,
      scales.gradScale,
      scales.hessScale,
      key,
      address,
      stride,
      scales.roundsHess ? 1 : 0,
    );
  }

  /** Gives the leaves their values and adds them to every row's score. */
  #settle(grown: GrowthResult, how: Settling): Awaitable<Float64Array> {
    const { environment, memory } = this.#state;
    const { validation, layout } = this.#state.rows;
    const needsRoutes = this.#roundRows.leavesRowsOut || validation.numProcess > 0;
    const whole = grown instanceof WholeGrowth ? grown : null;
    const numLeaves = whole?.numLeaves ?? grown.leaves.length;
    const valueBytes = align(WholeGrowth.settlingBytes(numLeaves));
    const routed = whole
      ? routeBytesBound(numLeaves, this.#widestSides)
      : routeBytes(grown, layout);
    const span = valueBytes + (needsRoutes ? align(routed) : 0);
    const end = memory.tail + span * environment.numLocal;
    const own = memory.tail + span * environment.localIndex;
    const place = { own, routes: needsRoutes ? own + valueBytes : 0 };
    if (environment.hasReserved(end)) return this.#settleAt(grown, how, place);
    const reserved = environment.reserve(end, 'training data');
    return reserved.then(() => this.#settleAt(grown, how, place));
  }

  /** The same in reserved memory: sums and values at `own`, the table that sends rows down, where it is needed, at `routes`. */
  #settleAt(
    grown: GrowthResult,
    how: Settling,
    { own, routes }: { readonly own: number; readonly routes: number },
  ): Awaitable<Float64Array> {
    const { environment, memory, objective, job } = this.#state;
    const { train, validation, layout } = this.#state.rows;
    const whole = grown instanceof WholeGrowth ? grown : null;
    if (routes !== 0 && whole) whole.writeRoutes(routes);
    else if (routes !== 0) writeRoutes(environment, grown, layout, routes);
    const leafOf = memory.leafOf + 4 * train.start;
    if (this.#roundRows.leavesRowsOut) this.#route(train, routes, leftOut);
    const isPlain = objective.leafQuantiles === null && job.linearLambda === undefined;
    if (!whole?.maySettle || !isPlain)
      return this.#settleNodes(grown, how, { own, routes, leafOf });
    const values = this.#settleWhole(whole, { own, leafOf, how });
    if (validation.numProcess > 0) this.#route(validation, routes, 0);
    this.#addValues(train, how.output, values);
    this.#addValues(validation, how.output, values);
    return how.keepsValues ? environment.f64(values, whole.numLeaves).slice() : noValues;
  }

  /** The same of a tree of nodes. */
  async #settleNodes(
    grown: GrowthResult,
    { output, stepSize, largest }: Settling,
    { own, routes, leafOf }: { own: number; routes: number; leafOf: number },
  ): Promise<Float64Array> {
    const { environment, objective, job } = this.#state;
    const { train, validation } = this.#state.rows;
    const settled = await settleLeaves(environment, {
      output,
      leafQuantile: objective.leafQuantiles?.[output] ?? null,
      wholeWeights: objective.leafQuantiles === null ? null : this.#roundRows.leafWeights(),
      grown,
      largest,
      rows: this.#own,
      leafOf,
      sums: own,
      numAll: train.numAll,
      lambda: job.split.lambda,
      shaping: job.shaping,
      stepSize,
      scoreUnit: this.#state.scoreUnit,
    });
    const values = Float64Array.from(settled);
    if (validation.numProcess > 0) this.#route(validation, routes, 0);
    if (job.linearLambda !== undefined) {
      await this.#addLines(grown, { output, stepSize, largest });
      return values;
    }
    environment.f64(own, values.length).set(values);
    this.#addValues(train, output, own);
    this.#addValues(validation, output, own);
    return values;
  }

  /** Gives the leaves of a tree that still lies where its kernel grew it their values; returns where these are. */
  #settleWhole(
    whole: WholeGrowth,
    { own, leafOf, how }: { own: number; leafOf: number; how: Settling },
  ): number {
    const { environment, job, rows, scoreUnit } = this.#state;
    const { grads, hesses, numRows } = this.#own;
    const { stepSize, largest } = how;
    const gradScale = fixedScale(largest.grad, rows.train.numAll);
    const hessScale = fixedScale(largest.hess, rows.train.numAll);
    environment.kernels.clearBytes(own, 32 * whole.numLeaves);
    environment.kernels.leafSums(leafOf, grads, hesses, numRows, gradScale, hessScale, own);
    const { lambda } = job.split;
    return whole.settle(own, { gradScale, hessScale, lambda, stepSize, scoreUnit });
  }

  /** Makes leaves linear and adds what they say to every row's score. */
  async #addLines(
    grown: GrowthResult,
    { output, stepSize, largest }: { output: number; stepSize: number; largest: LargestGradients },
  ): Promise<void> {
    const { environment, job, scoreUnit, rows } = this.#state;
    const { train, validation, features, numbers } = rows;
    const width = numbersOfRow(features);
    const [ofTraining, ofValidation] = [train, validation].map((part) => ({
      leafOf: leavesOf(this.#state, part),
      numbers: environment.f64(numbers + 8 * width * part.start, width * part.count),
      scores: environment.f64(scoreAddress(this.#state, output) + 8 * part.start, part.count),
      width,
    })) as [ScoredNumbers, ScoredNumbers];
    const placeOf = numberPlaces(features);
    await fitLinearLeaves(environment, {
      grown,
      rows: gradientRows(this.#state, train),
      numbered: ofTraining,
      placeOf,
      largest,
      numAll: train.numAll,
      lambda: job.split.lambda,
      linearLambda: job.linearLambda as number,
      stepSize,
    });
    grown.tree.unit = scoreUnit;
    for (const part of [ofTraining, ofValidation]) addLines(grown, placeOf, scoreUnit, part);
  }

  /** Sends rows down the tree: those that carry the mark, or all of them where it is 0. */
  #route(part: RankRows, routes: number, mark: number): void {
    const { environment, memory, rows } = this.#state;
    const { stride } = rows.layout;
    environment.kernels.findLeaves(
      rows.records + part.start * stride,
      stride,
      part.count,
      routes,
      mark,
      mark === 0 ? 0 : 1,
      memory.leafOf + 4 * part.start,
    );
  }

  #addValues(part: RankRows, output: number, values: number): void {
    const { environment, memory } = this.#state;
    environment.kernels.addLeafValues(
      memory.leafOf + 4 * part.start,
      values,
      scoreAddress(this.#state, output) + 8 * part.start,
      part.count,
    );
  }
}
