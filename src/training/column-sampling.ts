/**
 * Which features a tree, a level and a node may split on. A draw takes the features whose hashes are lowest,
 * so it is of an exact size and hangs on nothing but seed, tree, level and the node's path.
 */
import { hash32, mix32, purposes } from '../base/rng.ts';
import type { BinnedLayout } from '../binning/binned-layout.ts';
import type { OpenNode } from '../tree/backend/backend.ts';
import type { ColumnSampling } from './messages.ts';

/** Draws masks over the places of a layout. */
export class ColumnSampler {
  readonly #layout: BinnedLayout;
  readonly #sampling: ColumnSampling;
  readonly #seed: number;
  #tree = 0;
  #treePlaces: readonly number[];
  #treeMask: Uint8Array | null = null;
  readonly #levels = new Map<number, readonly number[]>();

  constructor(layout: BinnedLayout, sampling: ColumnSampling, seed: number) {
    this.#layout = layout;
    this.#sampling = sampling;
    this.#seed = seed;
    this.#treePlaces = layout.places.map((_, i) => i);
  }

  /** Called before each tree. */
  beginTree(tree: number): void {
    this.#tree = tree;
    this.#levels.clear();
    const all = this.#layout.places.map((_, i) => i);
    const key = hash32(this.#seed, purposes.columnSample, tree);
    this.#treePlaces = this.#draw(all, this.#sampling.byTree, key);
    this.#treeMask = this.#sampling.byTree === null ? null : this.#mask(this.#treePlaces);
  }

  /** The features a node may split on, as one byte a place, or null for all. */
  maskOf(node: OpenNode): Uint8Array | null {
    const { byLevel, byNode } = this.#sampling;
    if (byLevel === null && byNode === null) return this.#treeMask;
    return this.#mask(this.placesOf(node));
  }

  /** The same as places, ascending. */
  placesOf(node: OpenNode): readonly number[] {
    const { byNode } = this.#sampling;
    const level = this.#levelPlaces(node.path.length);
    return this.#draw(level, byNode, mix32(node.key ^ this.#seed));
  }

  #levelPlaces(depth: number): readonly number[] {
    const known = this.#levels.get(depth);
    if (known !== undefined) return known;
    const key = hash32(this.#seed, purposes.columnSample, this.#tree, depth + 1);
    const places = this.#draw(this.#treePlaces, this.#sampling.byLevel, key);
    this.#levels.set(depth, places);
    return places;
  }

  /** A share below 1 or a number of features of all; at least one. */
  #draw(places: readonly number[], amount: number | null, key: number): readonly number[] {
    if (amount === null || places.length === 0) return places;
    const count = amount < 1 ? Math.ceil(amount * places.length) : amount;
    if (count >= places.length) return places;
    const hashes = places.map((place) => {
      const feature = this.#layout.places[place]?.feature.index ?? 0;
      return { place, hash: mix32(key ^ mix32(feature + 1)) };
    });
    hashes.sort((a, b) => a.hash - b.hash || a.place - b.place);
    return hashes
      .slice(0, Math.max(1, count))
      .map(({ place }) => place)
      .sort((a, b) => a - b);
  }

  #mask(places: readonly number[]): Uint8Array {
    const mask = new Uint8Array(this.#layout.places.length);
    for (const place of places) mask[place] = 1;
    return mask;
  }
}

/** Keys of the draws of one tree. */
export function treeKey(seed: number, tree: number): number {
  return hash32(seed, purposes.split, tree);
}
