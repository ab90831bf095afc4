/**
 * The WebAssembly module that decodes and encodes Parquet (arrow-rs by parquet-wasm), one instance a
 * thread. Only its synchronous calls are used: there, a trap of the module (a corrupt file can cause one)
 * is an exception that can be caught; in its asynchronous ones it would be an uncaught error of the thread.
 *
 * After a trap the instance is in an unknown state, so it is dropped and the next call gets a fresh one.
 */
import { createRequire } from 'node:module';
import { isCoppiceError } from '../../base/errors.ts';
import { requireWebAssembly } from '../../base/shared-memory.ts';
import { notParquet } from './footer.ts';

/** The module's functions. */
export type ParquetWasm = typeof import('parquet-wasm/node');

const require = createRequire(import.meta.url);
const specifier = 'parquet-wasm/node';
let instance: ParquetWasm | undefined;
/** A trap does not say what for; types that are new or of one writer alone are what sound files have. */
const gaveUp =
  'the decoder gave up: its data are corrupt, or of a type that it does not know, such as integers of 128 bits ' +
  '(write those as 64 bits)';

/**
 * Calls the module; its errors become `FILE_FORMAT`.
 *
 * @throws CoppiceError `FILE_FORMAT` with the module's own words
 */
export function callParquetWasm<T>(call: (module: ParquetWasm) => T): T {
  requireWebAssembly();
  instance ??= require(specifier) as ParquetWasm;
  try {
    return call(instance);
  } catch (error) {
    if (isCoppiceError(error)) throw error;
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
      dropInstance();
      throw notParquet(gaveUp);
    }
    throw notParquet(error instanceof Error ? error.message : String(error));
  }
}

/** Bytes of the module's memory in this thread, 0 before it is loaded. */
export function parquetWasmBytes(): number {
  return instance === undefined ? 0 : instance.wasmMemory().buffer.byteLength;
}

/** Forgets the instance; its memory is freed with it. */
export function dropInstance(): void {
  instance = undefined;
  delete require.cache[require.resolve(specifier)];
}
