/**
 * The likelihood of a row under accelerated failure time: log t = score + scale · z, z of a standard distribution. Times
 * of rows without an event are negative here: all that is known is that the event comes later (L. J. Wei, "The
 * accelerated failure time model", 1992; A. Barnwal, H. Cho, T. Hocking, "Survival regression with accelerated failure
 * time model in XGBoost", 2022). Of others it is known that the event came between two times. `extreme` is the smallest
 * value of Gumbel's kind: times are Weibull's.
 */

import { logNormalTail, normalHazard } from '../../base/normal-tail.ts';
import { exp, log, logistic, softplus } from '../../base/portable-math.ts';
import { extremeBetween, logisticBetween, normalBetween } from './interval-likelihood.ts';

/** What z is distributed as. */
export type AftDistribution = 'normal' | 'logistic' | 'extreme';

const halfLogTwoPi = 0.9189385332046728;
const endless = Number.POSITIVE_INFINITY;
const between = { normal: normalBetween, logistic: logisticBetween, extreme: extremeBetween };
/** Bounds of the derivatives by z, those of XGBoost for a scale of 1: a step stays small where a row fits badly. */
const most = 15;
const least = 1e-16;

/** The likelihood of rows under one distribution; nothing is made for a row. */
export class AftLikelihood {
  readonly #distribution: AftDistribution;
  readonly #scale: number;
  /** First and second derivative by the score of the row that {@link AftLikelihood.differentiate} was last asked of. */
  readonly derivatives = new Float64Array(2);

  /** @param scale how widely logarithms of times are spread about the score */
  constructor(distribution: AftDistribution, scale: number) {
    this.#distribution = distribution;
    this.#scale = scale;
  }

  /**
   * Fills in the derivatives of −log of the likelihood.
   *
   * @param time negative without an event; with `latest` the earliest time, 0 for none
   * @param latest the latest time, infinite for none
   */
  differentiate(score: number, time: number, latest = latestOf(time)): void {
    const scale = this.#scale;
    if (isOneSided(time, latest)) this.#byZ(this.#zOf(score, time), latest < endless);
    else this.#between(score, time, latest);
    const slope = this.derivatives[0] as number;
    const curvature = this.derivatives[1] as number;
    this.derivatives[0] = -Math.max(-most, Math.min(most, slope)) / scale;
    this.derivatives[1] = Math.max(least, Math.min(most, curvature)) / (scale * scale);
  }

  /** −log of the likelihood: of the time of an event, of none before it, or of one between two times. */
  loss(score: number, time: number, latest = latestOf(time)): number {
    if (!isOneSided(time, latest)) return this.#between(score, time, latest);
    const z = this.#zOf(score, time);
    const isEvent = latest < endless;
    const share = isEvent ? log(this.#scale * time) : 0;
    if (this.#distribution === 'normal')
      return isEvent ? 0.5 * z * z + halfLogTwoPi + share : -logNormalTail(z);
    if (this.#distribution === 'logistic')
      return isEvent ? 2 * softplus(z) - z + share : softplus(z);
    return isEvent ? exp(z) - z + share : exp(z);
  }

  #zOf(score: number, time: number): number {
    return (log(Math.abs(time)) - score) / this.#scale;
  }

  /** Derivatives by z of −log f(z), or of −log(1 − F(z)) without an event. */
  #byZ(z: number, isEvent: boolean): void {
    if (this.#distribution === 'normal') {
      const hazard = isEvent ? 0 : normalHazard(z);
      this.#put(isEvent ? z : hazard, isEvent ? 1 : hazard * (hazard - z));
    } else if (this.#distribution === 'logistic') {
      const p = logistic(z);
      const spread = p * (1 - p);
      this.#put(isEvent ? 2 * p - 1 : p, isEvent ? 2 * spread : spread);
    } else {
      const e = exp(z);
      this.#put(isEvent ? e - 1 : e, e);
    }
  }

  /** The same of an event between two times, with −log of its likelihood. */
  #between(score: number, earliest: number, latest: number): number {
    const low = earliest === 0 ? -endless : this.#zOf(score, earliest);
    const high = this.#zOf(score, latest);
    if (low > -endless || high < endless)
      return between[this.#distribution](low, high, this.derivatives);
    // nothing is known
    this.#put(0, 0);
    return 0;
  }

  #put(slope: number, curvature: number): void {
    this.derivatives[0] = slope;
    this.derivatives[1] = curvature;
  }
}

/** Without bounds: the time itself where the event came, none where it did not. */
function latestOf(time: number): number {
  return time > 0 ? time : endless;
}

/** The event came at this time, to within what logarithms tell apart, or not until then. */
function isOneSided(time: number, latest: number): boolean {
  return time !== 0 && (latest === endless || latest - time <= 1e-12 * time);
}
