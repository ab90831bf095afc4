/**
 * Which entries does the host need? gpu.js scores every feature of a batch's nodes; of those that could be best or
 * second best the integers are fetched. Where most features could, where features are categories, or where float32
 * has nothing to say (node-limits.ts), the host gets and scans them as they are.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { Quantisation, SplitParams } from '../../split-params.ts';
import type { OpenNode } from '../backend.ts';
import type { DeviceTree, Fetching } from './device-tree.ts';
import { type DeviceNode, type LimitedNode, limited, needsHost } from './node-limits.ts';
import { picksOfNode } from './pick-wgsl.ts';
import { markCandidates } from './score-bounds.ts';
import type { Scores } from './split-scores.ts';

/** A node whose best split is wanted. */
export interface SearchedNode {
  readonly node: OpenNode;
  readonly device: DeviceNode;
  /** Where its entries go. */
  readonly address: number;
}

/** See the header. */
export class CandidateFinder {
  /** Features whose entries came to the host, and nodes that came whole. */
  featuresFetched = 0;
  wholeNodes = 0;
  readonly #tree: DeviceTree;
  readonly #params: SplitParams;
  readonly #numPlaces: number;
  readonly #unknown: Uint8Array;
  #masks = new Map<OpenNode, Uint8Array>();
  #quantisation: Quantisation | null = null;

  constructor(tree: DeviceTree, layout: BinnedLayout, params: SplitParams) {
    this.#tree = tree;
    this.#params = params;
    this.#numPlaces = layout.places.length;
    this.#unknown = Uint8Array.from(layout.places, ({ feature }) =>
      feature.kind === 'numeric' ? 0 : 1,
    );
  }

  /** Called before each tree. */
  beginTree(quantisation: Quantisation): void {
    this.#quantisation = quantisation;
    this.#masks.clear();
  }

  /** The features of a node that are to be scanned, of those that it may split on. */
  maskOf(node: OpenNode, allowed: Uint8Array | null): Uint8Array | null {
    return this.#masks.get(node) ?? allowed;
  }

  /** Scores the nodes and fetches what the host has to scan. */
  async fetch(
    nodes: readonly SearchedNode[],
    maskOf: (node: OpenNode) => Uint8Array | null,
  ): Promise<void> {
    this.#masks.clear();
    const scored = this.#tree.nodesOfPass === 0 ? [] : this.#scored(nodes);
    const known = new Set(scored.map(({ node }) => node));
    // what scores say nothing about comes with them
    let others = nodes.flatMap(({ node, device, address }): Fetching[] => {
      if (!known.has(node)) return [{ slot: device.slot, mask: null, address }];
      const mask = this.#unscored(maskOf(node));
      return mask === null ? [] : [{ slot: device.slot, mask, address }];
    });
    const most = this.#tree.nodesOfPass;
    const missing: Fetching[] = [];
    for (let from = 0; from < scored.length; from += most) {
      const part = scored.slice(from, from + most);
      const { scores, picks } = await this.#tree.search(
        part.map(({ node, device, address }) => ({ node: device, mask: maskOf(node), address })),
        others,
      );
      others = [];
      part.forEach(({ node, device, address }, i) => {
        this.#keepCandidates(node, scores, i, maskOf(node));
        const mask = this.#masks.get(node)?.slice() ?? null;
        if (mask !== null) {
          this.#unknown.forEach((mark, p) => {
            if (mark === 1) mask[p] = 0;
          });
          for (const place of picks.subarray(picksOfNode * i, picksOfNode * (i + 1)))
            mask[place] = 0;
        }
        if (mask?.includes(1) !== false) missing.push({ slot: device.slot, mask, address });
      });
    }
    missing.push(...others);
    if (missing.length > 0) await this.#tree.fetch(missing);
    this.countWhole(nodes.length - this.#masks.size);
  }

  /** Nodes whose entries came whole. */
  countWhole(numNodes: number): void {
    this.wholeNodes += numNodes;
    this.featuresFetched += this.#numPlaces * numNodes;
  }

  /** Marks of the features that scores do not tell of and a node may split on; null where there are none. */
  #unscored(allowed: Uint8Array | null): Uint8Array | null {
    const marks = this.#unknown.map((mark, p) => (allowed?.[p] === 0 ? 0 : mark));
    return marks.includes(1) ? marks : null;
  }

  /** The nodes of which float32 has something to say. */
  #scored(
    nodes: readonly SearchedNode[],
  ): { node: OpenNode; device: LimitedNode; address: number }[] {
    return nodes
      .map(({ node, device, address }) => {
        const quantisation = this.#quantisation as Quantisation;
        return { node, address, device: limited(device, this.#params, quantisation) };
      })
      .filter(({ device }) => !needsHost(this.#params, device.limits));
  }

  #keepCandidates(node: OpenNode, scores: Scores, index: number, allowed: Uint8Array | null): void {
    const marks = new Uint8Array(this.#numPlaces);
    const found = { mask: allowed, unknown: this.#unknown };
    const count = markCandidates(scores, index, found, marks);
    if (2 * count > this.#numPlaces) return;
    this.#masks.set(node, marks);
    this.featuresFetched += count;
  }
}
