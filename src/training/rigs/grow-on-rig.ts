/**
 * Grows a tree where the job asks for it, and on the CPU where a GPU was given up: the device is opened with the
 * first tree; if it fails and the job says `auto`, the tree is grown again, and all others after it, on the CPU.
 * The integers are the same either way, so the model cannot tell.
 */
import type { Awaitable } from '../../base/awaitable.ts';
import { emitWarning } from '../../base/warn.ts';
import { type DeviceFailure, isDeviceFailure } from '../../tree/backend/gpu/device-failure.ts';
import { type GrowthLimits, type GrowthResult, growTree } from '../../tree/grow-tree.ts';
import { moveToCpu } from '../boosting/boosting-memory.ts';
import type { BoostingState } from '../boosting/boosting-state.ts';
import type { TreeScales } from '../quantise.ts';
import type { RoundRows } from '../sampling/round-rows.ts';
import { CpuRig } from './cpu-rig.ts';
import type { SlotStream } from './slot-stream.ts';
import type { TreeRig, TreeStart } from './tree-rig.ts';

/** A tree to be grown. */
export interface TreeOrder extends Omit<TreeStart, 'quantisation'> {
  readonly scales: TreeScales;
  readonly limits: GrowthLimits;
  /** Random draws of the tree hang on it. */
  readonly key: number;
  /** Writes the rows' integers to a rig's slots. */
  writeSlots(slots: TreeRig['slots']): void;
}

/** See the header. */
export class RigKeeper {
  readonly #state: BoostingState;
  readonly #roundRows: RoundRows;
  #rig: TreeRig | null;
  #counted = { histogramRows: 0, featuresDecided: 0 };

  constructor(state: BoostingState, roundRows: RoundRows) {
    this.#state = state;
    this.#roundRows = roundRows;
    this.#rig = state.job.device === null ? new CpuRig(state, roundRows) : null;
  }

  get counters(): TreeRig['counters'] {
    return this.#rig?.counters ?? this.#counted;
  }

  /** Where gradients go while they are made; null before the first tree, and on the CPU. */
  get stream(): (Required<Pick<TreeRig, 'slots' | 'sendSlots'>> & { stream: SlotStream }) | null {
    const rig = this.#rig;
    if (rig?.stream == null || rig.sendSlots === undefined) return null;
    const send = rig.sendSlots.bind(rig);
    return { stream: rig.stream, slots: rig.slots, sendSlots: send };
  }

  /** Grows a tree and writes the leaf of each row; at once where one kernel does on this machine. */
  grow(order: TreeOrder): Awaitable<GrowthResult> {
    const rig = this.#rig;
    if (!(rig instanceof CpuRig) || !rig.growsWhole) return this.#growOnAny(order);
    order.writeSlots(rig.slots);
    return rig.growAtOnce(startOf(order, false), order.limits);
  }

  async #growOnAny(order: TreeOrder): Promise<GrowthResult> {
    const { layout } = this.#state.rows;
    for (;;) {
      try {
        const rig = await this.#rigFor(order);
        const isSent = order.isSent === true && rig.stream != null;
        if (!isSent) order.writeSlots(rig.slots);
        const start = startOf(order, isSent);
        await rig.beginTree(start);
        const whole = rig.growWhole?.(start, order.limits) ?? null;
        if (whole !== null) return await whole;
        const grown = await growTree(rig.backend, layout, order.limits, order.key);
        await rig.markLeaves(grown.leaves);
        return grown;
      } catch (error) {
        if (!isDeviceFailure(error)) throw error;
        await this.#giveUp(error);
      }
    }
  }

  /** Frees what is not memory of the process. */
  async close(): Promise<void> {
    const rig = this.#rig;
    if (rig === null) return;
    this.#counted = rig.counters;
    this.#rig = null;
    await rig.close();
  }

  async #rigFor({ scales }: TreeOrder): Promise<TreeRig> {
    if (this.#rig !== null) return this.#rig;
    const { GpuRig } = await import('./gpu-rig.ts');
    this.#rig = await GpuRig.create(this.#state, this.#roundRows, scales.quantisation);
    return this.#rig;
  }

  async #giveUp(failure: DeviceFailure): Promise<void> {
    const { environment, job, rows, memory, cpuLimits } = this.#state;
    await this.close();
    if (job.device?.kind !== 'auto') throw failure.toError(job.ingest.owner);
    if (environment.collective.rank === 0) {
      emitWarning(`${job.ingest.owner} goes on without the GPU: ${failure.message}`);
    }
    moveToCpu(environment, rows, cpuLimits, memory);
    await environment.reserve(memory.tail, 'training data');
    this.#rig = new CpuRig(this.#state, this.#roundRows);
  }
}

function startOf({ scales, round, treeMask, maskOf }: TreeOrder, isSent: boolean): TreeStart {
  return { quantisation: scales.quantisation, round, treeMask, isSent, maskOf };
}
