/**
 * What the shaders are written for: sizes that do not change in a fit become constants of WGSL. And the 64-bit
 * arithmetic that WGSL lacks: a number is a vec2 of its lower and upper half.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import { scoreParts } from './split-scores.ts';

/** Sizes of a fit on a device. */
export interface ShaderFacts {
  readonly layout: BinnedLayout;
  readonly countShift: number;
  /** Least rows of a child; looked at only where rows are counted. */
  readonly minRows: number;
  /** What each workgroup of the histogram adds up (feature-groups.ts), and for how many entries it has room. */
  readonly groups: Uint32Array;
  readonly groupEntries: number;
  /** Threads of a workgroup of the histogram. */
  readonly histogramLanes: number;
  /** Cuts of each part of a feature's cuts. */
  readonly cutsOfPart: number;
}

/** Threads of a workgroup in kernels that walk rows or words. */
export const workgroupSize = 256;

/** Most threads of a workgroup that builds histograms: four of these fill a multiprocessor of 2,048 threads. */
export const mostHistogramLanes = 512;

/** Fields of an entry in a workgroup's memory: g, h and rows in 32 bits each, or two sums of 64 bits. */
export function entryFields(layout: BinnedLayout, countShift: number): number {
  return layout.slotBytes === 8 ? 4 : countShift < 63 ? 3 : 2;
}

/** Rows after which 32 bits could overflow; 64-bit sums take any number. */
export const mostChunkRows = 32_768;

/** Numeric features have at most so many value bins. */
export function mostNumericBins(layout: BinnedLayout): number {
  return layout.places.reduce(
    (most, p) => (p.feature.kind === 'numeric' ? Math.max(most, p.numValueBins) : most),
    1,
  );
}

/** Cuts of a part: two for each bin, one with missing values on the left and one without; an even number. */
export function cutsOfPart(layout: BinnedLayout): number {
  return 2 * Math.ceil(mostNumericBins(layout) / scoreParts);
}

/** Constants that every shader may use. */
export function shaderConstants({ layout, countShift, minRows }: ShaderFacts): string {
  return `
const WG = ${workgroupSize}u;
const STRIDE = ${layout.stride / 4}u;
const PLACES = ${layout.places.length}u;
const COMPACT = ${layout.numCompact}u;
const SHIFT = ${countShift}u;
const COUNTED = ${countShift < 63};
const MIN_ROWS = ${Math.min(minRows, 2 ** 31)}u;
`;
}

/**
 * Rows whose records are in the buffer at hand, and a test of a row: kernels that read bins pass over the others.
 * @param binding the number of the binding
 */
export function rangeOfRows(binding: number): string {
  return `
@group(0) @binding(${binding}) var<uniform> range: vec2<u32>;  // first row, rows
fn isHere(row: u32) -> bool { return row - range.x < range.y; }
`;
}

/**
 * 64-bit additions to an array of atomics, each sum two words. A carry is seen by the old value that an addition
 * returns: the halves end up right in whatever order the additions come.
 */
export function wideAtomics(name: string, array: string): string {
  return `
fn ${name}(at: u32, value: vec2<u32>) {
  let old = atomicAdd(&${array}[at], value.x);
  let high = value.y + select(0u, 1u, old + value.x < old);
  if (high != 0u) { atomicAdd(&${array}[at + 1u], high); }
}
`;
}

/** Sums of 64 bits. */
export const wideArithmetic = `
fn add64(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}
fn sub64(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return vec2<u32>(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}
fn less64(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}
`;
