/** The operator of DatePartExtractor: a struct of whole numbers for each column of dates or timestamps. */
import { Int32, type RecordBatch, type Vector } from 'apache-arrow';
import { type DatePart, momentOf, partOf } from '../../base/civil-date.ts';
import { eachNull, validityOf } from '../../table/columns/bitmap.ts';
import { columnOf } from '../../table/columns/column-values.ts';
import { fixedWidthColumn, structColumn } from '../../table/columns/make-column.ts';
import { secondsOfTicks, type TickValues } from '../../table/columns/seconds-of-ticks.ts';
import { type ColumnOperator, mapColumns } from './map-columns.ts';

/** What the operator is told. */
export interface DatePartsSpec extends ColumnOperator {
  readonly parts: readonly DatePart[];
  /** Added to every time before it is taken apart. */
  readonly offsetSeconds: number;
}

/** Adds a struct of whole numbers for each column; a missing time is null in every child. */
export function dateParts(spec: DatePartsSpec, batch: RecordBatch): RecordBatch {
  const { parts, offsetSeconds } = spec;
  return mapColumns(batch, spec.pairs, (_, { input }) => {
    const seconds = secondsOf(columnOf(batch, [input]));
    const columns = parts.map(() => new Int32Array(seconds.length));
    const valid = new Uint8Array(seconds.length).fill(1);
    for (let row = 0; row < seconds.length; row++) {
      const second = (seconds[row] as number) + offsetSeconds;
      if (Number.isNaN(second)) {
        valid[row] = 0;
        continue;
      }
      const moment = momentOf(second);
      for (const [at, part] of parts.entries())
        (columns[at] as Int32Array)[row] = partOf(part, moment);
    }
    const children = parts.map(
      (part, at) =>
        [part, fixedWidthColumn(new Int32(), columns[at] as Int32Array, valid)] as const,
    );
    return { column: structColumn(children, batch.numRows) };
  });
}

/** Whole seconds since 1970, rounded down; NaN for a missing time. */
function secondsOf(column: Vector): Float64Array {
  const seconds = new Float64Array(column.length);
  let at = 0;
  for (const data of column.data) {
    seconds.set(secondsOfTicks(data.values as TickValues, data.type), at);
    const bits = validityOf(data);
    const first = at;
    if (bits !== null)
      eachNull(bits, data.offset, data.length, (row) => {
        seconds[first + row] = Number.NaN;
      });
    at += data.length;
  }
  return seconds;
}
