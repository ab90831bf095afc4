/** Which fits show how cost grows: one setting at a time departs from a base. */
import type { TableSize } from './made-table.ts';

/** One fit's sizes. */
export interface GrowthSizes extends TableSize {
  readonly trees: number;
  readonly leaves: number;
  readonly bins: number;
}

/** What grows. */
export type GrowthAxis = keyof GrowthSizes;

/** Where nothing departs from. */
export const base: GrowthSizes = {
  rows: 100_000,
  features: 28,
  trees: 20,
  leaves: 255,
  classes: 2,
  bins: 255,
};

/** The values that each takes. */
export const axes: Readonly<Record<GrowthAxis, readonly number[]>> = {
  rows: [10_000, 100_000, 1_000_000, 10_000_000],
  features: [10, 28, 100, 300, 1000, 5000],
  trees: [5, 20, 80, 320],
  leaves: [7, 31, 127, 255, 1023],
  classes: [2, 5, 10, 20],
  bins: [15, 63, 255],
};

/** The fit of a value of an axis. */
export function sizesOf(axis: GrowthAxis, value: number): GrowthSizes {
  return { ...base, [axis]: value };
}

/** The name of a fit among the results. */
export function pointName(axis: GrowthAxis, value: number): string {
  return `${axis} ${value}`;
}
