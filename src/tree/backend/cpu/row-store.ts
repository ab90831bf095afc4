/**
 * Where a rank's rows lie while a tree grows, and how they are moved. The master copy stays in row order; the first
 * split moves its records to a buffer, and each further one within it, so that a node's rows are contiguous:
 *
 *   master | r0 r1 r2 r3 r4 r5 |      first split reads it, nothing restores it
 *   A      | r0 r3 r4 | r5 r2 r1 |    left rows from the front, right rows from the back
 *   A      | r3 | r4 r0 | r5 r2 r1 |  rows of a node change places
 *
 * Records of more than `indexedStride` bytes are not moved: only row numbers are, from one buffer to the other, as are
 * those of children whose records nobody will look into.
 */
import type { FeaturePlace } from '../../../binning/binned-layout.ts';
import type { Kernels } from '../../../kernels/kernels.ts';

/** From this record size on, row numbers move instead of records. */
export const indexedStride = 256;

/** A node's rows on this rank. */
export interface Segment {
  /** 0 master, 1 buffer A, 2 buffer B. */
  readonly buffer: 0 | 1 | 2;
  /** First row of the segment, counted in the buffer. */
  readonly start: number;
  readonly count: number;
}

/** Addresses of the buffers of one rank. Rows are numbered over all ranks of the process. */
export interface RowBuffers {
  readonly master: number;
  /** This rank's rows are [firstRow, firstRow + numRows) of the master. */
  readonly firstRow: number;
  readonly numRows: number;
  /** Buffer A of this rank: numRows records, none when indexed; and row numbers of A and of B, which has no more. */
  readonly records: number;
  readonly ids: readonly [number, number];
  /** Where this rank's last rows are set aside when others have changed places: `spareRows` records, then numbers. */
  readonly spare: number;
}

/** Twice the `runRows` of wasm/assembly/partition-rows.ts. */
export const spareRows = 256;

/** What a kernel needs to walk a segment. */
export interface SegmentView {
  /** Address of record 0 of the walk. */
  readonly records: number;
  /** Address of the row numbers by which records are found, or 0. */
  readonly walkIds: number;
  /** Address of the rows' numbers, or 0 for firstId + i. */
  readonly ids: number;
  readonly firstId: number;
}

/** Moves rows of one rank between buffers. */
export class RowStore {
  readonly isIndexed: boolean;
  readonly #kernels: Kernels;
  readonly #buffers: RowBuffers;
  readonly #stride: number;

  constructor(kernels: Kernels, buffers: RowBuffers, stride: number) {
    this.#kernels = kernels;
    this.#buffers = buffers;
    this.#stride = stride;
    this.isIndexed = stride > indexedStride;
  }

  /** Addresses of a segment; row numbers are those of the process. */
  view(segment: Segment): SegmentView {
    const b = this.#buffers;
    if (segment.buffer === 0) {
      const first = b.firstRow + segment.start;
      return { records: b.master + first * this.#stride, walkIds: 0, ids: 0, firstId: first };
    }
    const ids = (b.ids[segment.buffer - 1] as number) + segment.start * 4;
    if (this.isIndexed) return { records: b.master, walkIds: ids, ids, firstId: 0 };
    const records = b.records + segment.start * this.#stride;
    return { records, walkIds: 0, ids, firstId: 0 };
  }

  /**
   * Splits a segment by a table of sides; returns left and right.
   * @param movesRecords false where nobody will look into the children's records, but only at their row numbers
   */
  partition(
    segment: Segment,
    place: FeaturePlace,
    goesLeft: number,
    movesRecords = true,
  ): [Segment, Segment] {
    const b = this.#buffers;
    const from = this.view(segment);
    if (segment.buffer !== 0 && movesRecords && !this.isIndexed) {
      const left = this.#kernels.partitionInPlace(
        from.records,
        from.ids,
        segment.count,
        this.#stride,
        b.spare,
        place.offset,
        place.width,
        goesLeft,
      );
      return halves(segment, segment.buffer, left);
    }
    const to: 1 | 2 = segment.buffer === 1 ? 2 : 1;
    const toIds = (b.ids[to - 1] as number) + segment.start * 4;
    const toRecords = movesRecords ? b.records + segment.start * this.#stride : 0;
    const kernels = this.#kernels;
    const n = segment.count;
    let left: number;
    if (this.isIndexed) {
      left = kernels.partitionIds(
        b.master,
        from.ids,
        from.firstId,
        n,
        this.#stride,
        toIds,
        place.offset,
        place.width,
        goesLeft,
      );
    } else if (this.#stride === 32 && place.width === 1 && movesRecords) {
      left = kernels.partitionRecords32(
        from.records,
        from.ids,
        from.firstId,
        n,
        toRecords,
        toIds,
        place.offset,
        goesLeft,
      );
    } else {
      left = kernels.partitionRecords(
        from.records,
        from.ids,
        from.firstId,
        n,
        this.#stride,
        toRecords,
        toIds,
        place.offset,
        place.width,
        goesLeft,
      );
    }
    return halves(segment, to, left);
  }
}

function halves({ start, count }: Segment, buffer: 1 | 2, left: number): [Segment, Segment] {
  return [
    { buffer, start, count: left },
    { buffer, start: start + left, count: count - left },
  ];
}
