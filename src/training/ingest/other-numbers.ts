/** Numbers of rows besides their labels and weights: further labels, the latest times of events, places. */
import type { RecordBatch } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { columnOf, fillRounded } from '../../table/columns/column-values.ts';
import type { IngestJob } from '../messages.ts';
import { brokenBounds } from '../survival/signed-times.ts';
import { nameOfPartition, type PlacedPartition } from './placed-partitions.ts';

/** The columns that they lie in. */
export function otherColumns(job: IngestJob): readonly string[] {
  const { otherLabels = [], survival, shownAtCol } = job;
  const others = [survival?.upperBoundCol, shownAtCol].filter((name) => name !== undefined);
  return [...otherLabels, ...others];
}

/** Places are counted to this. */
const lastPlace = 999;

/**
 * Reads the places that a partition's training rows were shown at.
 *
 * @param trains one byte for each row of the partition: 1 where it trains; others may hold anything
 * @throws CoppiceError `DATA_INVALID`
 */
export function readPlaces(
  { shownAtCol, owner }: IngestJob,
  { part, batch }: { readonly part: PlacedPartition; readonly batch: RecordBatch },
  { places, trains }: { readonly places: Float64Array; readonly trains: Uint8Array },
): void {
  const column = shownAtCol as string;
  fillRounded(columnOf(batch, [column]), places, 0, column);
  for (let i = 0; i < part.count; i++) {
    const place = places[i] as number;
    if (Number.isInteger(place) && place >= 0 && place <= lastPlace) continue;
    places[i] = 0;
    if (trains[i] !== 1) continue;
    const row = part.skip + i;
    throw new CoppiceError(
      'DATA_INVALID',
      `${column} (the positionCol of ${owner}) must be a whole number from 0 to ${lastPlace} in every row; got ${Number.isNaN(place) ? 'null or NaN' : place} in row ${row} of ${nameOfPartition(part)}; let rows that were shown further down share the last`,
      { context: { column, partition: part.index, row } },
    );
  }
}

/**
 * Reads the latest times of a partition's events, endless where the column has none; labels are the earliest.
 *
 * @param takesPart one byte for each row of the partition: 0 where the row takes no part and may hold anything
 * @throws CoppiceError `LABEL_INVALID`
 */
export function readUpperBounds(
  { survival, labelCol, owner }: IngestJob,
  { part, batch }: { readonly part: PlacedPartition; readonly batch: RecordBatch },
  rows: {
    readonly labels: Float64Array;
    readonly uppers: Float64Array;
    readonly takesPart: Uint8Array;
  },
): void {
  const upperBoundCol = survival?.upperBoundCol as string;
  const { labels, uppers, takesPart } = rows;
  fillRounded(columnOf(batch, [upperBoundCol]), uppers, 0, upperBoundCol);
  for (let i = 0; i < part.count; i++) {
    if (Number.isNaN(uppers[i])) uppers[i] = Number.POSITIVE_INFINITY;
    if (takesPart[i] === 0) continue;
    const broken = brokenBounds(labels[i] as number, uppers[i] as number);
    if (broken === null) continue;
    const column = broken.column === 'upper' ? upperBoundCol : labelCol;
    const row = part.skip + i;
    throw new CoppiceError(
      'LABEL_INVALID',
      `${column} (of ${owner}) must be ${broken.rule} in every row; got ${broken.got} in row ${row} of ${nameOfPartition(part)}`,
      { context: { column, partition: part.index, row } },
    );
  }
}
