/**
 * The likelihood of a row under accelerated failure time: log t = score + scale · z, z of a standard distribution. Times
 * of rows without an event are negative here: all that is known is that the event comes later (L. J. Wei, "The
 * accelerated failure time model", 1992; A. Barnwal, H. Cho, T. Hocking, "Survival regression with accelerated failure
 * time model in XGBoost", 2022). `extreme` is the smallest value of Gumbel's kind: times are Weibull's.
 */

import { logNormalTail, normalHazard } from '../../base/normal-tail.ts';
import { exp, log, logistic, softplus } from '../../base/portable-math.ts';

/** What z is distributed as. */
export type AftDistribution = 'normal' | 'logistic' | 'extreme';

const halfLogTwoPi = 0.9189385332046728;
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

  /** Fills in the derivatives of −log of the likelihood. @param time negative without an event */
  differentiate(score: number, time: number): void {
    const scale = this.#scale;
    this.#byZ(this.#zOf(score, time), time > 0);
    const slope = this.derivatives[0] as number;
    const curvature = this.derivatives[1] as number;
    this.derivatives[0] = -Math.max(-most, Math.min(most, slope)) / scale;
    this.derivatives[1] = Math.max(least, Math.min(most, curvature)) / (scale * scale);
  }

  /** −log of the likelihood: of the time of an event, or of none before it. */
  loss(score: number, time: number): number {
    const z = this.#zOf(score, time);
    const isEvent = time > 0;
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

  #put(slope: number, curvature: number): void {
    this.derivatives[0] = slope;
    this.derivatives[1] = curvature;
  }
}
