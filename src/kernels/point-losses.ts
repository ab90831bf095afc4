/**
 * The losses of one number, by kind: 0 absolute; 1 huber, delta; 2 quantile, level; 3 poisson; 4 gamma;
 * 5 tweedie, power. 3 to 5 predict e^score. The kernel has the same formulas (wasm/assembly/gradients.ts).
 */
import { exp } from '../base/portable-math.ts';

/** Numbers of the kinds. */
export const pointKinds = {
  absolute: 0,
  huber: 1,
  quantile: 2,
  poisson: 3,
  gamma: 4,
  tweedie: 5,
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
  return (
    exp((2 - parameter) * s) / (2 - parameter) - (y * exp((1 - parameter) * s)) / (1 - parameter)
  );
}
