/**
 * Puts batches end to end as they come, so that none has to be kept until the last one is there: the rows of all
 * together are known before. Gives what concat-rows.ts makes of the same batches; columns whose bytes cannot be counted
 * by rows (text, lists, dictionaries) are kept and joined by that at the end.
 */
import { type Data, DataType, type RecordBatch, Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import { copyBits, setBits, validityOf } from './columns/bitmap.ts';
import { columnData, makeBatch, withType } from './columns/column-data.ts';
import { normalType } from './columns/normal-type.ts';
import { bitmapBytes, columnArray, type TypedArrayConstructor } from './columns/shared-buffer.ts';
import { concatBatches, concatData, isFixedWidth } from './concat-rows.ts';

/** Batches that become one. */
export class GatheredRows {
  #numRows: number | null = null;
  readonly #kept: RecordBatch[] = [];
  #schema = new Schema([]);
  #columns: readonly GatheredColumn[] = [];
  #done = 0;

  /** Says, before the first batch, how many rows all have together; null or 0: that is not known, and they are kept. */
  expect(numRows: number | null): void {
    this.#numRows = numRows === 0 ? null : numRows;
  }

  /** True where nothing of the batch is needed any more. */
  add(batch: RecordBatch): boolean {
    const numRows = this.#numRows;
    if (numRows === null) {
      this.#kept.push(batch);
      return false;
    }
    if (batch.numRows === 0) return true;
    const { children } = batch.data;
    const isFirst = this.#done === 0;
    if (isFirst) {
      this.#schema = batch.schema;
      this.#columns = children.map(({ type }) => gatheredColumn(type, numRows));
    }
    this.#done += batch.numRows;
    if (this.#done > numRows) throw otherRows(numRows, this.#done);
    try {
      this.#columns.forEach((column, index) => {
        column.add(children[index] as Data);
      });
    } catch (error) {
      if (!isFirst || !(error instanceof RangeError)) throw error;
      // no room for the rows that a file claims to have: whoever reads them says what is wrong with it
      this.#numRows = null;
      this.#kept.push(batch);
      return false;
    }
    return this.#columns.every((column) => column.isCopied);
  }

  /** All rows; of batches without rows the first one. @throws CoppiceError `DATA_INVALID` */
  finish(): RecordBatch {
    const kept = this.#kept;
    const numRows = this.#numRows;
    if (numRows === null) {
      const filled = kept.filter((batch) => batch.numRows > 0);
      const parts = filled.length === 0 ? kept.slice(0, 1) : filled;
      return concatBatches((parts[0] as RecordBatch).schema, parts);
    }
    if (this.#done !== numRows) throw otherRows(numRows, this.#done);
    const schema = this.#schema;
    const columns = this.#columns.map((column) => column.finish());
    const fields = schema.fields.map((field, index) => withType(field, columns[index] as Data));
    return makeBatch(new Schema(fields, schema.metadata), columns, numRows);
  }
}

function otherRows(numRows: number, found: number): CoppiceError {
  const message = `partitions of a table must have the rows that were planned, ${numRows}; got ${found}: did a file change? Read it again`;
  return new CoppiceError('DATA_INVALID', message);
}

interface GatheredColumn {
  /** Chunks that were added are not needed any more. */
  readonly isCopied: boolean;
  add(chunk: Data): void;
  finish(): Data;
}

function gatheredColumn(type: DataType, length: number): GatheredColumn {
  if (DataType.isFixedSizeList(type) || DataType.isStruct(type)) {
    return new GatheredChildren(type, length);
  }
  return isFixedWidth(type) ? new GatheredValues(type, length) : new KeptChunks(type);
}

/** Which rows have a value; where all have there is no bitmap. */
class GatheredValidity {
  readonly #length: number;
  #bits: Uint8Array | null = null;
  #nullCount = 0;
  #done = 0;

  constructor(length: number) {
    this.#length = length;
  }

  add(chunk: Data): void {
    const bits = chunk.nullCount === 0 ? null : validityOf(chunk);
    if (bits !== null && this.#bits === null) {
      this.#bits = columnArray(Uint8Array, bitmapBytes(this.#length));
      setBits(this.#bits, 0, this.#done);
    }
    if (this.#bits !== null) {
      const to = { bits: this.#bits, offset: this.#done };
      if (bits === null) setBits(this.#bits, this.#done, chunk.length);
      else copyBits({ bits, offset: chunk.offset }, to, chunk.length);
    }
    this.#nullCount += chunk.nullCount;
    this.#done += chunk.length;
  }

  get buffers(): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
    const nullCount = this.#nullCount;
    return this.#bits === null ? { nullCount } : { nullCount, nullBitmap: this.#bits };
  }
}

class GatheredValues implements GatheredColumn {
  readonly isCopied = true;
  readonly #type: DataType;
  readonly #length: number;
  readonly #validity: GatheredValidity;
  #values: Uint8Array | null = null;
  #at = 0;

  constructor(type: DataType, length: number) {
    this.#type = normalType(type);
    this.#length = length;
    this.#validity = new GatheredValidity(length);
  }

  add(chunk: Data): void {
    const { stride, length } = chunk;
    const ArrayType = this.#type.ArrayType as TypedArrayConstructor;
    this.#values ??= columnArray(ArrayType, this.#length * stride) as Uint8Array;
    this.#values.set((chunk.values as Uint8Array).subarray(0, length * stride), this.#at);
    this.#at += length * stride;
    this.#validity.add(chunk);
  }

  finish(): Data {
    const values = this.#values ?? undefined;
    return columnData(this.#type, this.#length, { values, ...this.#validity.buffers });
  }
}

class GatheredChildren implements GatheredColumn {
  readonly #type: DataType;
  readonly #length: number;
  readonly #width: number;
  readonly #validity: GatheredValidity;
  readonly #children: readonly GatheredColumn[];

  constructor(type: DataType, length: number) {
    this.#type = normalType(type);
    this.#length = length;
    this.#width = DataType.isFixedSizeList(type) ? type.listSize : 1;
    this.#validity = new GatheredValidity(length);
    const fields = type.children as readonly { readonly type: DataType }[];
    this.#children = fields.map((field) => gatheredColumn(field.type, length * this.#width));
  }

  get isCopied(): boolean {
    return this.#children.every((child) => child.isCopied);
  }

  add(chunk: Data): void {
    this.#children.forEach((child, index) => {
      child.add((chunk.children[index] as Data).slice(0, chunk.length * this.#width));
    });
    this.#validity.add(chunk);
  }

  finish(): Data {
    const children = this.#children.map((child) => child.finish());
    return columnData(this.#type, this.#length, this.#validity.buffers, { children });
  }
}

class KeptChunks implements GatheredColumn {
  readonly isCopied = false;
  readonly #type: DataType;
  readonly #chunks: Data[] = [];

  constructor(type: DataType) {
    this.#type = type;
  }

  add(chunk: Data): void {
    this.#chunks.push(chunk);
  }

  finish(): Data {
    return concatData(this.#type, this.#chunks);
  }
}
