/**
 * Histograms of several processes, each of whose devices adds up its own rows: every rank that drives a device owns
 * a slice of the features and adds the others' integers to its own. Ranks that drive none bring zeros and own nothing.
 */
import { isPromise } from '../../../base/awaitable.ts';
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Collective } from '../../../cluster/collective.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { placeBounds } from '../cpu/slices.ts';

/** What it is made of. */
export interface ExchangeOptions {
  readonly kernels: Kernels;
  readonly collective: Collective;
  readonly layout: BinnedLayout;
  /** Rank r owns places [bounds[r], bounds[r + 1]). */
  readonly bounds: readonly number[];
  readonly drivers: readonly number[];
  /** This rank's own histograms, all zero at first. */
  readonly address: number;
}

/** size + 1 bounds of places: those of the drivers as if they were alone, the others own nothing. */
export function driverBounds(
  layout: BinnedLayout,
  numRanks: number,
  drivers: readonly number[],
): number[] {
  const cuts = placeBounds(layout, drivers.length);
  const bounds = [0];
  for (let rank = 0; rank < numRanks; rank++) {
    const before = drivers.filter((driver) => driver <= rank).length;
    bounds.push(cuts[before] as number);
  }
  return bounds;
}

/** See the header. */
export class ExchangedHistograms {
  readonly #o: ExchangeOptions;
  readonly #bytes: number;
  readonly #bounds: Float64Array;

  constructor(options: ExchangeOptions) {
    this.#o = options;
    const { layout, bounds } = options;
    this.#bytes = 16 * layout.numCompact;
    this.#bounds = Float64Array.from(
      bounds,
      (place) => 16 * (layout.places[place]?.firstCompact ?? layout.numCompact),
    );
  }

  /** Where the i-th node's entries go before they are added up. */
  addressOf(index: number): number {
    return this.#o.address + index * this.#bytes;
  }

  /** Adds all processes' entries of this rank's features, each node's to where it is scanned. */
  async addUp(targets: readonly number[]): Promise<void> {
    const { collective, kernels, drivers } = this.#o;
    const buffers = targets.map((_, i) => ({ address: this.addressOf(i), bounds: this.#bounds }));
    const exchanged = collective.exchange(buffers);
    const parts = isPromise(exchanged) ? await exchanged : exchanged;
    const from = this.#bounds[collective.rank] as number;
    const bytes = (this.#bounds[collective.rank + 1] as number) - from;
    if (bytes === 0) return;
    targets.forEach((target, i) => {
      kernels.clearBytes(target + from, bytes);
      for (const rank of drivers) {
        kernels.addInt64(target + from, (parts[i] as readonly number[])[rank] as number, bytes);
      }
    });
  }
}
