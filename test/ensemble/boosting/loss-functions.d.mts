import type { MetricFunction, ObjectiveFunction } from '../../../src/training/user-calls.ts';

export const squared: ObjectiveFunction;
export const squaredError: MetricFunction;
export const poisson: ObjectiveFunction;
export const crossEntropy: ObjectiveFunction;
export const fragile: ObjectiveFunction;
