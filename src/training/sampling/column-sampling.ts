/**
 * Which features a tree, a level and a node may split on. A draw takes the features whose hashes are lowest,
 * so it is of an exact size and hangs on nothing but seed, tree, level and the node's path.
 *
 * Where features have weights, a hash u in (0, 1) becomes −log(1 − u) / weight, an exponential draw of that rate: the
 * lowest of them are a draw without replacement, each next one in proportion to the weights that are left (P. Efraimidis
 * and P. Spirakis, "Weighted random sampling with a reservoir", 2006). It rises with u, so equal weights change no draw.
 */
import { log } from '../../base/portable-math.ts';
import { hash32, mix32, purposes } from '../../base/rng.ts';
import type { BinnedLayout } from '../../binning/binned-layout.ts';
import type { OpenNode } from '../../tree/backend/backend.ts';
import type { ColumnSampling } from '../messages.ts';
import { InteractionGroups } from './interaction-groups.ts';

/** Draws masks over the places of a layout. */
export class ColumnSampler {
  readonly #layout: BinnedLayout;
  readonly #sampling: ColumnSampling;
  readonly #seed: number;
  #tree = 0;
  #treePlaces: readonly number[];
  #treeMask: Uint8Array | null = null;
  readonly #levels = new Map<number, readonly number[]>();
  readonly #featureKeys: Uint32Array;
  /** Of each place; null where all weigh the same. */
  readonly #weights: Float64Array | null;
  readonly #hashes: Float64Array;
  readonly #kept: Uint32Array;
  /** The places of features that may be drawn at all. */
  readonly #drawable: readonly number[];
  readonly #interactions: InteractionGroups | null;

  /** @param interactions groups of features that may meet on a path, or null */
  constructor(
    layout: BinnedLayout,
    sampling: ColumnSampling,
    seed: number,
    interactions: readonly (readonly number[])[] | null,
  ) {
    this.#layout = layout;
    this.#sampling = sampling;
    this.#seed = seed;
    this.#interactions = interactions === null ? null : new InteractionGroups(layout, interactions);
    this.#treePlaces = layout.places.map((_, i) => i);
    this.#featureKeys = Uint32Array.from(layout.places, ({ feature }) => mix32(feature.index + 1));
    const { weights } = sampling;
    this.#weights =
      weights === undefined
        ? null
        : Float64Array.from(layout.places, ({ feature }) => weights[feature.index] as number);
    const weightOf = this.#weights;
    const all = layout.places.map((_, i) => i);
    this.#drawable =
      weightOf === null ? all : all.filter((place) => (weightOf[place] as number) > 0);
    this.#hashes = new Float64Array(layout.places.length);
    this.#kept = new Uint32Array(layout.places.length);
  }

  /** Called before each tree. */
  beginTree(tree: number): void {
    this.#tree = tree;
    this.#levels.clear();
    const key = hash32(this.#seed, purposes.columnSample, tree);
    this.#treePlaces = this.#draw(this.#drawable, this.#sampling.byTree, key);
    const isAll = this.#treePlaces.length === this.#layout.places.length;
    this.#treeMask = this.#sampling.byTree === null && isAll ? null : this.#mask(this.#treePlaces);
  }

  /** The features that all nodes of the tree may split on; what levels, nodes or groups forbid is not in it. */
  get treeMask(): Uint8Array | null {
    return this.#treeMask;
  }

  /** The features a node may split on, as one byte a place, or null for all. */
  maskOf(node: OpenNode): Uint8Array | null {
    const { byLevel, byNode } = this.#sampling;
    if (byLevel === null && byNode === null && this.#interactions === null) return this.#treeMask;
    return this.#mask(this.placesOf(node));
  }

  /**
   * The same as places, ascending. Where they brought no split, the next attempt draws the next ones; none are
   * left when it returns an empty list.
   */
  placesOf(node: OpenNode, attempt = 0): readonly number[] {
    const { byNode } = this.#sampling;
    const level = this.#allowed(node, this.#levelPlaces(node.path.length));
    return this.#draw(level, byNode, mix32(node.key ^ this.#seed), attempt);
  }

  #allowed(node: OpenNode, places: readonly number[]): readonly number[] {
    const allowed = this.#interactions?.allowedAt(node) ?? null;
    return allowed === null ? places : places.filter((place) => allowed[place] === 1);
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
  #draw(
    places: readonly number[],
    amount: number | null,
    key: number,
    attempt = 0,
  ): readonly number[] {
    if (amount === null || places.length === 0) return attempt === 0 ? places : [];
    const count = amount < 1 ? Math.ceil(amount * places.length) : amount;
    if (attempt * count >= places.length) return [];
    if (count >= places.length) return places;
    return this.#lowest(places, Math.max(1, count), key, attempt);
  }

  /** The places with the lowest hashes behind those of earlier attempts, ties to the lower place; ascending. */
  #lowest(
    places: readonly number[],
    count: number,
    key: number,
    attempt: number,
  ): readonly number[] {
    const most = Math.min(places.length, count * (attempt + 1));
    const hashes = this.#hashes;
    const kept = this.#kept;
    let size = 0;
    for (const place of places) {
      const hash = this.#hashOf(place, key);
      if (size === most && hash >= (hashes[size - 1] as number)) continue;
      // insert into the short sorted list
      let at = size < most ? size : size - 1;
      while (at > 0 && hash < (hashes[at - 1] as number)) {
        hashes[at] = hashes[at - 1] as number;
        kept[at] = kept[at - 1] as number;
        at -= 1;
      }
      hashes[at] = hash;
      kept[at] = place;
      if (size < most) size += 1;
    }
    const isKept = new Uint8Array(this.#layout.places.length);
    for (let i = count * attempt; i < size; i++) isKept[kept[i] as number] = 1;
    return places.filter((place) => isKept[place] === 1);
  }

  #hashOf(place: number, key: number): number {
    const hash = mix32(key ^ (this.#featureKeys[place] as number));
    if (this.#weights === null) return hash;
    return -log(1 - (hash + 0.5) / 4294967296) / (this.#weights[place] as number);
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
