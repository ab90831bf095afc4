/**
 * The scores that gpu.js finds: for each node and feature the best GL² / (HL + λ) + GR² / (HR + λ), in float32.
 * They decide nothing by themselves. Which cuts are allowed was settled in integers before (cumulate-wgsl.ts),
 * and which features the host looks at again in float64 follows from the error bound (score-bounds.ts).
 *
 *   sums    float32[node][4 · cut + field][feature]   GL, HL, GR, HR of each cut; HL < 0: no cut there
 *   lambda  float32[node]                             λ in the node's unit of hessians
 *   out     float32[node][part][feature]              best score of a part of the cuts; −1: none
 *
 * The parts of a feature's cuts are looked at side by side. Indices stay three-dimensional: gpu.js computes flat
 * ones in float32, which are wrong beyond 2^24.
 */
import type { GpuBuffer } from './web-gpu.ts';

/** Parts that the cuts of a feature are looked at in. */
export const scoreParts = 8;

/** Where kernels of gpu.js run; `cpu` and `webasm` are for tests. */
export type ScoreMode = 'cpu' | 'webasm' | 'webgpu';

/** What a finder is made for. */
export interface ScoreShape {
  readonly numFeatures: number;
  /** Cuts of each part; a feature has `scoreParts` times as many. */
  readonly cutsOfPart: number;
}

/** The sums: an array with its shape (gpu.js's `input`), or a handle of a buffer on the device. */
export type ScoreInput = unknown;

/** Scores of each node: out[node][part][feature]. */
export type Scores = readonly (readonly Float32Array[])[];

/** Scores that stay on the device, as float32[node][part][feature], until the handle is deleted. */
export interface ScoreHandle {
  readonly buffer: GpuBuffer;
  delete(): void;
}

/** What gpu.js returns as a kernel. */
interface GpuJsKernel {
  (sums: ScoreInput, lambda: Float32Array): Scores | Promise<Scores | ScoreHandle>;
  setOutput(output: readonly number[]): void;
  destroy(): void;
  readonly kernel: {
    readonly constructor: { readonly mode?: string };
    readonly fallbackReason?: unknown;
  };
}

/** What is used of the package. */
export interface GpuJs {
  readonly GPU: new (options: {
    mode: ScoreMode;
  }) => {
    createKernel(source: string, options: Readonly<Record<string, unknown>>): GpuJsKernel;
    destroy(): Promise<void> | void;
  };
  readonly input: (values: Float32Array, size: readonly number[]) => ScoreInput;
}

/** A string, so that no compiler of ours can rewrite it into what gpu.js does not read. */
const source = `function bestScores(sums, lambda) {
  const feature = this.thread.x;
  const part = this.thread.y;
  const node = this.thread.z;
  const penalty = lambda[node];
  let best = -1.0;
  for (let i = 0; i < this.constants.cutsOfPart; i++) {
    const at = (part * this.constants.cutsOfPart + i) * 4;
    const leftHess = sums[node][at + 1][feature];
    if (leftHess >= 0.0) {
      const leftGrad = sums[node][at][feature];
      const rightGrad = sums[node][at + 2][feature];
      const rightHess = sums[node][at + 3][feature];
      const left = (leftGrad * leftGrad) / (leftHess + penalty);
      const right = (rightGrad * rightGrad) / (rightHess + penalty);
      const score = left + right;
      if (score > best) {
        best = score;
      }
    }
  }
  return best;
}`;

/** Finds best scores; one compiled kernel serves any number of nodes. */
export class SplitScores {
  readonly #gpu: InstanceType<GpuJs['GPU']>;
  readonly #kernel: GpuJsKernel;
  readonly #shape: ScoreShape;
  readonly #mode: ScoreMode;
  #isChecked = false;

  /** @param staysThere scores stay on the device */
  constructor(gpuJs: GpuJs, mode: ScoreMode, shape: ScoreShape, staysThere = false) {
    this.#gpu = new gpuJs.GPU({ mode });
    this.#shape = shape;
    this.#mode = mode;
    this.#kernel = this.#gpu.createKernel(source, {
      constants: { cutsOfPart: shape.cutsOfPart },
      output: [shape.numFeatures, scoreParts, 1],
      argumentTypes: { sums: 'Input', lambda: 'Array' },
      precision: 'single',
      loopMaxIterations: 4096,
      dynamicOutput: true,
      pipeline: staysThere,
      // on 'cpu' gpu.js would index with the output's shape instead of the input's
      dynamicArguments: mode !== 'cpu',
    });
  }

  /** The best scores of so many nodes. */
  async find(sums: ScoreInput, lambda: Float32Array): Promise<Scores> {
    return (await this.#run(sums, lambda)) as Scores;
  }

  /** The same where they stay on the device; the work is only submitted. */
  async findThere(sums: ScoreInput, lambda: Float32Array): Promise<ScoreHandle> {
    return (await this.#run(sums, lambda)) as ScoreHandle;
  }

  async #run(sums: ScoreInput, lambda: Float32Array): Promise<Scores | ScoreHandle> {
    this.#kernel.setOutput([this.#shape.numFeatures, scoreParts, lambda.length]);
    const scores = await this.#kernel(sums, lambda);
    if (!this.#isChecked) this.#check();
    return scores;
  }

  /** Frees what gpu.js holds. */
  async close(): Promise<void> {
    this.#kernel.destroy();
    await this.#gpu.destroy();
  }

  // what a mode cannot do gpu.js does on 'cpu', and says so only on the console
  #check(): void {
    const found = this.#kernel.kernel.constructor.mode;
    if (found !== this.#mode) {
      const reason = this.#kernel.kernel.fallbackReason;
      throw new RangeError(
        `gpu.js ran in mode ${String(found)} instead of ${this.#mode}: ${String(reason)}`,
      );
    }
    this.#isChecked = true;
  }
}
