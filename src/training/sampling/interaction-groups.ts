/**
 * Which features may a node split on so that no path leaves a group? Those of all groups that hold every feature
 * of the path so far. A feature that no group names is in one further group with the others of its kind.
 */
import type { BinnedLayout } from '../../binning/binned-layout.ts';
import type { OpenNode } from '../../tree/backend/backend.ts';

/** Groups that are still open at a node, and the places that they hold. */
interface OpenGroups {
  readonly groups: readonly Uint8Array[];
  /** One byte a place, or null for all places. */
  readonly allowed: Uint8Array | null;
}

/** See the header. */
export class InteractionGroups {
  readonly #root: OpenGroups;
  readonly #known = new WeakMap<OpenNode, OpenGroups>();

  /** @param groups feature indexes; a feature may be in several */
  constructor(layout: BinnedLayout, groups: readonly (readonly number[])[]) {
    const named = new Set(groups.flat());
    const rest = layout.places.flatMap(({ feature }) =>
      named.has(feature.index) ? [] : [feature.index],
    );
    const masks = [...groups, rest].map((group) => {
      const inside = new Set(group);
      return Uint8Array.from(layout.places, ({ feature }) => (inside.has(feature.index) ? 1 : 0));
    });
    this.#root = { groups: masks, allowed: null };
  }

  /** One byte a place, or null for all; a node's parent must have its split. */
  allowedAt(node: OpenNode): Uint8Array | null {
    return this.#openAt(node).allowed;
  }

  #openAt(node: OpenNode): OpenGroups {
    const { parent } = node;
    if (parent === null) return this.#root;
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const above = this.#openAt(parent);
    const place = parent.split?.place ?? -1;
    const groups = above.groups.filter((group) => group[place] === 1);
    const isSame = groups.length === above.groups.length && above.allowed !== null;
    const open = isSame ? above : { groups, allowed: unionOf(groups) };
    this.#known.set(node, open);
    return open;
  }
}

function unionOf(groups: readonly Uint8Array[]): Uint8Array {
  const union = new Uint8Array(groups[0]?.length ?? 0);
  for (const group of groups) {
    for (let place = 0; place < union.length; place++) {
      if (group[place] === 1) union[place] = 1;
    }
  }
  return union;
}
