/**
 * The order of rows within groups as an objective: LambdaMART (C. Burges, 2010) with LightGBM's normalisation, or the
 * cross-entropy of whole groups (S. Bruch, 2021). Rounds that learn the grades may go first (A. Mohan, "Web-search
 * ranking with initialized gradient boosted regression trees", 2011). In each round every rank orders its groups by the
 * scores as they are and writes the gradients of their rows, its own or
 * those of other ranks of its process; the loss that is shown is 1 − NDCG.
 */
import type { IngestedRows } from '../ingest/ingest.ts';
import type { RankRows } from '../ingest/shard-rows.ts';
import type { BoostingJob, RankingSettings } from '../messages.ts';
import type { RoundMetric } from '../objectives/loss-names.ts';
import type { GradientRows, Objective, RoundDraw } from '../objectives/objective.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { listGroups } from './group-lists.ts';
import { type RankingMeasure, rankingMeasure } from './group-metrics.ts';
import { PositionBiases } from './position-biases.ts';
import { RankedGroups } from './ranked-groups.ts';

/** See the header. */
export class RankingObjective implements Objective {
  readonly numOutputs = 1;
  readonly hessianIsWeight = false;
  readonly findsHessianRange = false;
  readonly centresLabels = false;
  readonly leafQuantiles = null;
  /** Gradients of pairs are spread widely from the first round on. */
  readonly firstGradients = null;
  readonly #job: BoostingJob;
  readonly #settings: RankingSettings;
  #rows!: IngestedRows;
  #train!: RankedGroups;
  #validation: RankedGroups | null = null;
  #biases: PositionBiases | null = null;

  constructor(job: BoostingJob, settings: RankingSettings) {
    this.#job = job;
    this.#settings = settings;
  }

  async start(): Promise<readonly number[]> {
    return [0];
  }

  async prepare(environment: RankEnvironment, rows: IngestedRows): Promise<void> {
    this.#rows = rows;
    const firstPosition = this.#job.ingest.rowRange[0];
    const { train, validation, validationSets } = rows;
    const learned = { part: train, sets: [] };
    const lists = await listGroups(environment, rows, learned, firstPosition);
    this.#train = new RankedGroups(environment, lists, this.#settings);
    const isBiased = this.#settings.biasRegularization !== null;
    this.#biases = isBiased ? await PositionBiases.of(environment, lists) : null;
    if (this.#settings.pointwiseRounds > 0) await this.#train.centreGrades();
    if (validation.numAll === 0) return;
    const watched = { part: validation, sets: validationSets };
    const held = await listGroups(environment, rows, watched, firstPosition);
    this.#validation = new RankedGroups(environment, held, this.#settings);
  }

  async beginRound(
    environment: RankEnvironment,
    rows: GradientRows,
    draw: RoundDraw,
  ): Promise<void> {
    const { train } = this.#rows;
    const column = (address: number): Float64Array =>
      environment.f64(address - 8 * train.start, train.numProcess);
    // all ranks' scores are written, then all ranks' gradients
    await environment.wait(environment.collective.barrier());
    const { pointwiseRounds, biasRegularization: regularization } = this.#settings;
    const biases = draw.round < pointwiseRounds ? null : this.#biases;
    await this.#train.sort(column(rows.scores), draw, biases);
    this.#train.deriveLoss(draw);
    this.#train.writeGradients(column(rows.grads), column(rows.hesses));
    if (biases !== null && regularization !== null)
      await this.#train.learnBiases(biases, { stepSize: this.#job.stepSize, regularization });
    await environment.wait(environment.collective.barrier());
  }

  handedOn(): readonly number[] {
    return [...(this.#biases?.values ?? [])];
  }

  goOn(handedOn: readonly number[]): void {
    this.#biases?.goOn(handedOn);
  }

  gradients(environment: RankEnvironment, rows: GradientRows): void {
    let largestGrad = 0;
    let largestHess = 0;
    for (const grad of environment.f64(rows.grads, rows.numRows)) {
      largestGrad = Math.max(largestGrad, Math.abs(grad));
    }
    for (const hess of environment.f64(rows.hesses, rows.numRows)) {
      largestHess = Math.max(largestHess, hess);
    }
    environment.f64(rows.stats, 2).set([largestGrad, largestHess]);
  }

  losses(): void {
    throw new RangeError('the loss of a ranking is that of groups, not of rows');
  }

  async groupMetrics(
    environment: RankEnvironment,
    rows: GradientRows,
    metrics: readonly RoundMetric[],
    part: RankRows,
  ): Promise<readonly (readonly number[])[]> {
    const { train, validation, validationSets } = this.#rows;
    // scores are those of all rows of the process, training rows first
    const all = environment.f64(
      rows.scores - 8 * part.start,
      train.numProcess + validation.numProcess,
    );
    await environment.wait(environment.collective.barrier());
    const isTraining = part === train;
    const groups = isTraining ? this.#train : (this.#validation as RankedGroups);
    await groups.sort(all);
    const { ndcgAt } = this.#settings;
    const wanted = metrics.map((metric) => {
      const name = metric === 'loss' ? 'ndcgAtK' : metric;
      return rankingMeasure(name, ndcgAt) as RankingMeasure;
    });
    const means = await groups.meanMetrics(isTraining ? 1 : validationSets.length, wanted);
    return means.map((own) => own.map((mean, m) => (metrics[m] === 'loss' ? 1 - mean : mean)));
  }
}
