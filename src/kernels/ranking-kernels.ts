/** The kernels that look at groups of rows: see kernels.ts, which all of them are part of. */

/** Addresses and lengths only. */
export interface RankingKernels {
  // wasm/assembly/ranking.ts
  sortGroups(
    starts: number,
    numGroups: number,
    scores: number,
    order: number,
    scratch: number,
  ): void;
  listGradients(
    starts: number,
    numGroups: number,
    scores: number,
    targets: number,
    grads: number,
    hesses: number,
  ): void;
  lambdaGradients(
    starts: number,
    numGroups: number,
    order: number,
    scores: number,
    labels: number,
    gains: number,
    ideals: number,
    discounts: number,
    truncation: number,
    sigma: number,
    rules: number,
    grads: number,
    hesses: number,
  ): void;
}
