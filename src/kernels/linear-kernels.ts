/** The kernels of linear models, by name; what kernels are stands in kernels.ts. */

/** Kernels that only linear models call. */
export interface LinearKernels {
  // wasm/assembly/linear-sums.ts
  addScaled(column: number, count: number, factor: number, out: number): void;
  foldedDot(a: number, b: number, count: number, magic: number, sums: number): void;
}
