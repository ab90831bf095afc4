/** What threads do for Arrow IPC besides reading batches; loaded when a thread first does so. */
import type { RecordBatch, Schema } from 'apache-arrow';
import type { SharedBatch } from '../plan/shared-batch.ts';
import { dictionariesOf, encodeArrow } from './encode-arrow.ts';

/** The dictionaries of a batch's columns. */
export async function gatherDictionaries(batch: RecordBatch, schema: Schema): Promise<SharedBatch> {
  return dictionariesOf(batch, schema);
}

/** A batch's messages, with the dictionaries of the file where it has some. */
export async function encodeArrowMessages(
  batch: RecordBatch,
  schema: Schema,
  dictionaries: RecordBatch | undefined,
): Promise<Uint8Array> {
  return encodeArrow(batch, schema, dictionaries);
}
