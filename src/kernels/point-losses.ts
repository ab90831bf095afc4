/**
 * The losses of one number, by kind: 0 absolute; 1 huber, delta; 2 quantile, level; 3 poisson; 4 gamma;
 * 5 tweedie, power; 6 focal, gamma; 7 fair, scale; 8 log-cosh; 9 pseudo-huber, delta; 10 expectile, level; 11 mape.
 * 3 to 5 predict e^score, 6 the log-odds of label 1. The kernel has the same formulas (wasm/assembly/gradients.ts).
 *
 * The h of 8 and 9 is g / (s − y): that of the parabola which touches the loss and lies above it, so that no Newton
 * step leaps over the labels, as those with the second derivative do far away, where it is about 0.
 */
import { exp, log, logistic, softplus } from '../base/portable-math.ts';

/** Numbers of the kinds. */
export const pointKinds = {
  absolute: 0,
  huber: 1,
  quantile: 2,
  poisson: 3,
  gamma: 4,
  tweedie: 5,
  focal: 6,
  fair: 7,
  logCosh: 8,
  pseudoHuber: 9,
  expectile: 10,
  mape: 11,
} as const;

/** First and second derivative of one row. */
export function pointGradient(
  kind: number,
  parameter: number,
  s: number,
  y: number,
): readonly [number, number] {
  if (kind === 0) return [s > y ? 1 : s < y ? -1 : 0, 1];
  if (kind === 1) return [Math.max(-parameter, Math.min(parameter, s - y)), 1];
  if (kind === 2) return [s >= y ? 1 - parameter : -parameter, 1];
  if (kind === 3) return [exp(s) - y, exp(s) * 2.0137527074704766];
  if (kind === 4) return [1 - y * exp(-s), Math.max(y * exp(-s), 1e-16)];
  if (kind === 6) return focalGradient(parameter, s, y);
  if (kind === 7) {
    const share = parameter / (Math.abs(s - y) + parameter);
    return [(s - y) * share, Math.max(share * share, 1e-16)];
  }
  if (kind === 8) {
    const r = Math.abs(s - y);
    const e = exp(-2 * r);
    const slope = (1 - e) / (1 + e);
    return [s >= y ? slope : -slope, r > 1e-8 ? Math.max(slope / r, 1e-16) : 1];
  }
  if (kind === 9) {
    const part = (s - y) / parameter;
    const share = 1 / Math.sqrt(1 + part * part);
    return [(s - y) * share, Math.max(share, 1e-16)];
  }
  if (kind === 10) {
    const side = s > y ? 1 - parameter : parameter;
    return [(s - y) * side, side];
  }
  if (kind === 11) {
    const unit = 1 / Math.max(Math.abs(y), 1);
    return [s > y ? unit : s < y ? -unit : 0, 1];
  }
  const a = y * exp((1 - parameter) * s);
  const b = exp((2 - parameter) * s);
  return [b - a, Math.max((parameter - 1) * a + (2 - parameter) * b, 1e-16)];
}

/** The loss of one row, up to terms of the label alone. */
export function pointLoss(kind: number, parameter: number, s: number, y: number): number {
  const r = Math.abs(s - y);
  if (kind === 0) return r;
  if (kind === 1) return r <= parameter ? 0.5 * r * r : parameter * (r - 0.5 * parameter);
  if (kind === 2) return s >= y ? (1 - parameter) * (s - y) : parameter * (y - s);
  if (kind === 3) return exp(s) - y * s;
  if (kind === 4) return s + y * exp(-s);
  if (kind === 6) {
    const u = y > 0.5 ? s : -s;
    return exp(-parameter * softplus(u)) * softplus(-u);
  }
  if (kind === 7) {
    const part = r / parameter;
    return parameter * parameter * (part - log(1 + part));
  }
  if (kind === 8) return r + softplus(-2 * r) - 0.6931471805599453;
  if (kind === 9) {
    const part = r / parameter;
    return parameter * parameter * (Math.sqrt(1 + part * part) - 1);
  }
  if (kind === 10) return (s > y ? 1 - parameter : parameter) * r * r;
  if (kind === 11) return r / Math.max(Math.abs(y), 1);
  return (
    exp((2 - parameter) * s) / (2 - parameter) - (y * exp((1 - parameter) * s)) / (1 - parameter)
  );
}

/**
 * −(1 − p)^γ log p of the label's probability p (T.-Y. Lin et al., "Focal loss for dense object detection", 2017).
 * It is not convex where p is small; h is then that of a logistic loss weighted by (1 − p)^γ.
 */
function focalGradient(gamma: number, s: number, y: number): readonly [number, number] {
  const u = y > 0.5 ? s : -s;
  const p = logistic(u);
  const q = logistic(-u);
  const logP = -softplus(-u);
  const factor = exp(-gamma * softplus(u));
  const inner = gamma * p * logP - q;
  const own = p * factor * (q * (gamma * logP + gamma + 1) - gamma * inner);
  const h = Math.max(Math.max(own, factor * p * q), 1e-16);
  return [y > 0.5 ? factor * inner : -(factor * inner), h];
}
