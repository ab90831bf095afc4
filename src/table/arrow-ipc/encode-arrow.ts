/**
 * Encodes a batch as Arrow IPC, in the thread that calls: a small stream, of which arrow-file-writer.ts
 * takes the messages. All batches of one file must use one dictionary a column, so the dictionaries of all
 * partitions are united first (write-arrow.ts) and each batch is recoded by them here.
 */
import { Data, DataType, type RecordBatch, Schema, Table, tableToIPC } from 'apache-arrow';
import { makeBatch, withType } from '../columns/column-data.ts';
import { concatDictionaries } from '../columns/concat-dictionaries.ts';
import { conformBatch } from '../columns/conform-column.ts';
import { findPlace } from '../columns/find-column.ts';
import { hasDictionary } from '../columns/normal-type.ts';
import { concatData } from '../concat-rows.ts';
import { batchToShared, freshBatch, type SharedBatch } from '../plan/shared-batch.ts';
import { sliceRows } from '../take-rows.ts';

const rowsPerBatch = 65_536;

/** The names of the columns that have a dictionary at any depth. */
export function dictionaryColumns(schema: Schema): string[] {
  return schema.fields.filter((field) => hasDictionary(field.type)).map((field) => field.name);
}

/** No rows, but the dictionaries of a batch. */
export function dictionariesOf(batch: RecordBatch, schema: Schema): SharedBatch {
  return batchToShared(sliceRows(conformBatch(batch, schema), 0, 0));
}

/** The batch with codes and dictionaries that begin with the values of `dictionaries`, column by column. */
export function recode(batch: RecordBatch, dictionaries: RecordBatch): RecordBatch {
  const columns = batch.data.children.map((data, index) => {
    const name = batch.schema.fields[index]?.name;
    const at = findPlace(dictionaries.schema.fields, name as string);
    const first = dictionaries.data.children[at];
    if (first === undefined) return data;
    // Joining chunks drops those without rows, dictionaries and all.
    return recodeData(data.length === 0 ? data : concatData(data.type, [data]), first);
  });
  const fields = batch.schema.fields.map((field, index) => withType(field, columns[index] as Data));
  return makeBatch(new Schema(fields, batch.schema.metadata), columns, batch.numRows);
}

function recodeData(data: Data, first: Data): Data {
  const { type, length, nullCount, nullBitmap } = data;
  if (!hasDictionary(type)) return data;
  if (DataType.isDictionary(type)) {
    const validity = nullCount === 0 ? { nullCount } : { nullCount, nullBitmap };
    const join = { length, validity, concat: concatData };
    const coded = concatDictionaries(type, [first.slice(0, 0), data], join);
    const buffers = [undefined, coded.values, coded.nullBitmap] as never;
    return new Data(type, 0, length, coded.nullCount, buffers, [], coded.dictionary);
  }
  const children = data.children.map((child, index) =>
    recodeData(child, first.children[index] as Data),
  );
  const buffers = [data.valueOffsets, undefined, nullBitmap] as never;
  return new Data(type, 0, length, nullCount, buffers, children);
}

/** The batch as a stream of one batch or more, recoded by `dictionaries`. */
export function encodeArrow(
  given: RecordBatch,
  schema: Schema,
  dictionaries: RecordBatch | undefined,
): Uint8Array {
  const batch = conformBatch(given, schema);
  const recoded = dictionaries === undefined ? batch : recode(batch, dictionaries);
  // Fresh Arrow objects: a column that stands in a table twice must not share a dictionary's id.
  const fresh = freshBatch(recoded);
  const batches: RecordBatch[] = [];
  for (let start = 0; start === 0 || start < fresh.numRows; start += rowsPerBatch) {
    const rows = sliceRows(fresh, start, Math.min(fresh.numRows, start + rowsPerBatch));
    batches.push(compact(rows, fresh));
  }
  return tableToIPC(new Table(fresh.schema, batches), 'stream');
}

/** The rows with buffers of their own, but the dictionaries of the whole. */
function compact(rows: RecordBatch, whole: RecordBatch): RecordBatch {
  const columns = rows.data.children.map((data) =>
    hasDictionary(data.type) ? data : concatData(data.type, [data]),
  );
  return makeBatch(whole.schema, columns, rows.numRows);
}
