/** What threads do with CSV besides reading blocks; loaded when a thread first does so. */
import type { RecordBatch } from 'apache-arrow';
import { type CsvInfo, type CsvInfoRequest, csvInfo } from './csv-info.ts';
import { type EncodeCsvOptions, encodeCsv } from './encode-csv.ts';

/** What planning needs to know about a file. */
export async function readCsvInfo(request: CsvInfoRequest): Promise<CsvInfo> {
  return csvInfo(request);
}

/** The lines of a batch. */
export async function encodeCsvLines(
  batch: RecordBatch,
  options: EncodeCsvOptions,
): Promise<Uint8Array> {
  return encodeCsv(batch, options);
}
