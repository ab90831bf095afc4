/**
 * Scores of nodes and what they point at, in one way to the device and back: sums of both sides of every cut, their
 * scores by gpu.js, which stay on the device, the entries of each node's best features (pick-wgsl.ts), and back all of it.
 */
import type { BinnedLayout } from '../../../binning/binned-layout.ts';
import type { DeviceKernels, ShaderName } from './device-kernels.ts';
import type { DeviceBuffers } from './device-rows.ts';
import { type LimitedNode, nodeWords, writeNode } from './node-limits.ts';
import type { OpenDevice } from './open-device.ts';
import { allowedWords, picksOfNode, pickWords } from './pick-wgsl.ts';
import { GrowingBuffer, type Stretch } from './readback.ts';
import { cutsOfPart } from './shader-facts.ts';
import { type Scores, SplitScores, scoreParts } from './split-scores.ts';
import { bufferUsage, type GpuEncoder } from './web-gpu.ts';

/** A node whose best features are wanted. */
export interface Scoring {
  readonly node: LimitedNode;
  /** Features that it may split on; null for all of them. */
  readonly mask: Uint8Array | null;
  /** Where the entries of those go that are picked. */
  readonly address: number;
}

/** What a search found; entries are in the host's memory. */
export interface Searched {
  readonly scores: Scores;
  /** Of each node the features whose entries came; 0xffffffff: none. */
  readonly picks: Uint32Array;
}

/** Takes stretches that were read side by side; told where each begins. */
export type TakeStretches<T> = (bytes: ArrayBuffer, starts: readonly number[]) => T;

/** Commands of the tree that is searched. */
export interface SearchCommands {
  commands(): GpuEncoder;
  submit(): void;
  /** Reads stretches back, with what else is wanted. */
  fetch<T>(stretches: readonly Stretch[], take: TakeStretches<T>): Promise<T>;
}

/** What a search works on. */
export interface DeviceSearchParts {
  readonly layout: BinnedLayout;
  readonly memory: WebAssembly.Memory;
  readonly kernels: DeviceKernels<ShaderName>;
  readonly buffers: DeviceBuffers;
  /** False where not even one node's cuts fit a buffer. */
  readonly hasScores: boolean;
}

/** See the header. */
export class DeviceSearch {
  readonly #open: OpenDevice;
  readonly #p: DeviceSearchParts;
  readonly #scores: SplitScores | null;
  readonly #nodes: GrowingBuffer;
  readonly #allowed: GrowingBuffer;
  readonly #handles = new Map<number, unknown>();
  /** Bits of the features that have scores. */
  readonly #numeric: Uint32Array;

  constructor(open: OpenDevice, parts: DeviceSearchParts) {
    this.#open = open;
    this.#p = parts;
    const { layout } = parts;
    const shape = { numFeatures: layout.places.length, cutsOfPart: cutsOfPart(layout) };
    this.#scores = parts.hasScores ? new SplitScores(open.gpuJs, 'webgpu', shape, true) : null;
    this.#numeric = new Uint32Array(allowedWords(layout));
    layout.places.forEach(({ feature }, p) => {
      if (feature.kind !== 'numeric') return;
      this.#numeric[p >> 5] = (this.#numeric[p >> 5] as number) | (1 << (p & 31));
    });
    const usage = bufferUsage.storage | bufferUsage.copyDst;
    this.#nodes = new GrowingBuffer(open, usage);
    this.#allowed = new GrowingBuffer(open, usage);
  }

  /** Scores nodes; DeviceTree says what comes back. */
  async search(nodes: readonly Scoring[], tree: SearchCommands): Promise<Searched> {
    const { layout, kernels, buffers } = this.#p;
    const { hist, places, sums, picked, picks } = buffers;
    const words = new Uint32Array(nodeWords * nodes.length);
    const lambda = new Float32Array(nodes.length);
    nodes.forEach(({ node }, i) => {
      writeNode(words, i, node);
      lambda[i] = node.limits.lambda;
    });
    const table = this.#nodes.write(words);
    const allowed = this.#allowed.write(this.#allowedOf(nodes));
    const numPlaces = layout.places.length;
    const cut = [hist, places, table, sums];
    kernels.run(tree.commands(), 'cumulate', cut, [numPlaces, nodes.length]);
    tree.submit();
    const found = await (this.#scores as SplitScores).findThere(this.#sumsOf(nodes.length), lambda);
    // gpu.js submits once
    this.#open.traffic.submits += 1;
    const pickFrom = [found.buffer, allowed, table, places, hist, picked, picks];
    kernels.run(tree.commands(), 'pick', pickFrom, [nodes.length]);
    const sizes = [numPlaces * scoreParts, picksOfNode, pickWords(layout) * picksOfNode];
    const stretches = [found.buffer, picks, picked].map((from, k) => {
      const bytes = 4 * (sizes[k] as number) * nodes.length;
      return { from, offset: 0, bytes };
    });
    try {
      return await tree.fetch(stretches, (bytes, [first = 0, second = 0, third = 0]) => {
        const features = new Uint32Array(bytes.slice(second, third));
        this.#keepPicked(nodes, features, new Uint32Array(bytes, third));
        return {
          scores: this.#scoresOf(bytes.slice(first, second), nodes.length),
          picks: features,
        };
      });
    } finally {
      found.delete();
    }
  }

  /** Frees what it holds. */
  async close(): Promise<void> {
    await this.#scores?.close();
    this.#nodes.destroy();
    this.#allowed.destroy();
  }

  #scoresOf(bytes: ArrayBuffer, numNodes: number): Scores {
    const numPlaces = this.#p.layout.places.length;
    return Array.from({ length: numNodes }, (_, node) =>
      Array.from({ length: scoreParts }, (__, part) => {
        return new Float32Array(bytes, 4 * (node * scoreParts + part) * numPlaces, numPlaces);
      }),
    );
  }

  /** Copies the entries of picked features to where the host looks for them. */
  #keepPicked(nodes: readonly Scoring[], features: Uint32Array, picked: Uint32Array): void {
    const { layout, memory } = this.#p;
    const words = pickWords(layout);
    const to = new Uint32Array(memory.buffer);
    features.forEach((feature, k) => {
      const place = layout.places[feature];
      if (place === undefined) return;
      const { address } = nodes[Math.floor(k / picksOfNode)] as Scoring;
      const entries = picked.subarray(words * k, words * k + 4 * (place.numValueBins + 1));
      to.set(entries, address / 4 + 4 * place.firstCompact);
    });
  }

  /** Bits of the features that may be picked. */
  #allowedOf(nodes: readonly Scoring[]): Uint32Array {
    const { places } = this.#p.layout;
    const numeric = this.#numeric;
    const bits = new Uint32Array(numeric.length * nodes.length);
    nodes.forEach(({ mask }, n) => {
      const first = n * numeric.length;
      bits.set(numeric, first);
      for (let p = 0; mask !== null && p < places.length; p++) {
        if (mask[p] !== 0) continue;
        const at = first + (p >> 5);
        bits[at] = (bits[at] as number) & ~(1 << (p & 31));
      }
    });
    return bits;
  }

  /** The sums of so many nodes' cuts, as gpu.js takes them. */
  #sumsOf(numNodes: number): unknown {
    const { layout } = this.#p;
    let handle = this.#handles.get(numNodes);
    if (handle === undefined) {
      const cuts = 4 * scoreParts * cutsOfPart(layout);
      handle = this.#open.wrap(this.#p.buffers.sums, [layout.places.length, cuts, numNodes]);
      this.#handles.set(numNodes, handle);
    }
    return handle;
  }
}
