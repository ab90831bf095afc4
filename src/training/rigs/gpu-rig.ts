/** Grows trees on a GPU; imported only where one is asked for. */
import { writeFeatureTable } from '../../binning/binned-layout.ts';
import type { OpenNode } from '../../tree/backend/backend.ts';
import { GpuBackend } from '../../tree/backend/gpu/gpu-backend.ts';
import type { GpuMemory } from '../../tree/backend/gpu/gpu-backend-options.ts';
import { acquireDevice, closeDevice } from '../../tree/backend/gpu/open-device.ts';
import type { Quantisation } from '../../tree/split-params.ts';
import type { BoostingState } from '../boosting/boosting-state.ts';
import type { RankCounters } from '../rank-result.ts';
import type { RoundRows } from '../sampling/round-rows.ts';
import { SlotStream, streamRows } from './slot-stream.ts';
import { leftOut, type TreeRig, type TreeStart } from './tree-rig.ts';

/** See the header. */
export class GpuRig implements TreeRig {
  readonly backend: GpuBackend;
  readonly slots: TreeRig['slots'];
  readonly stream: SlotStream | null;
  readonly #state: BoostingState;
  readonly #roundRows: RoundRows;
  #numTrees = 0;
  #numStreamed = 0;

  private constructor(
    state: BoostingState,
    roundRows: RoundRows,
    backend: GpuBackend,
    stream: SlotStream | null,
  ) {
    this.stream = stream;
    this.#state = state;
    this.#roundRows = roundRows;
    this.backend = backend;
    const { layout, train } = state.rows;
    const { slots } = state.memory.place.backend as GpuMemory;
    this.slots = { address: slots + layout.slotBytes * train.start, stride: layout.slotBytes };
  }

  /** Opens the devices of all processes. @throws DeviceFailure on every rank */
  static async create(
    state: BoostingState,
    roundRows: RoundRows,
    { countShift }: Pick<Quantisation, 'countShift'>,
  ): Promise<GpuRig> {
    const { environment, job, memory, rows } = state;
    const table = memory.place.backend.featureTable;
    writeFeatureTable(rows.layout, environment.u32(table, rows.layout.places.length * 8));
    const { stream } = memory.place.backend as GpuMemory;
    const blockRows = streamRows(job, environment);
    const slots = new SlotStream(environment, stream, rows.train, blockRows);
    const backend = await GpuBackend.create({
      kernels: environment.kernels,
      memory: environment.memory,
      collective: environment.collective,
      layout: rows.layout,
      addresses: memory.place.backend as GpuMemory,
      params: job.split,
      shaping: job.shaping,
      countShift,
      records: rows.records,
      numRows: rows.train.numProcess,
      ownRows: rows.train,
      acquire: acquireDevice,
      loseAfter: job.device?.loseAfter ?? null,
      recordLimits: job.device?.records ?? {},
    });
    return new GpuRig(state, roundRows, backend, blockRows > 0 ? slots : null);
  }

  get counters(): RankCounters {
    const { told } = this.backend;
    const device =
      told === null ? null : { ...told, numTrees: this.#numTrees, numStreamed: this.#numStreamed };
    return { ...this.backend.counters, device };
  }

  async sendSlots(first: number, count: number): Promise<void> {
    await this.backend.sendSlots(first, count);
  }

  async beginTree({ quantisation, round, maskOf, isSent = false }: TreeStart): Promise<void> {
    const { start } = this.#state.rows.train;
    const { buffer, count } = this.#roundRows.draw(round, false);
    const drawn = buffer === 0 ? null : { first: start, count };
    this.#numTrees += 1;
    if (isSent) this.#numStreamed += 1;
    await this.backend.beginTree({ quantisation, drawn, maskOf, isSent });
  }

  async markLeaves(leaves: readonly OpenNode[]): Promise<void> {
    await this.backend.markLeaves(leaves, leftOut, this.#state.memory.leafOf);
  }

  async close(): Promise<void> {
    await this.backend.dispose();
    await closeDevice();
  }
}
