/**
 * Do the WebAssembly kernel and its plain twin leave the same bytes behind? Lays out a kernel's arguments
 * once, copies them into two memories, runs one twin on each and compares everything: all bytes of both
 * memories, and what was returned. A NaN equals any NaN where `anyNaN` is asked for: its sign and payload
 * are the processor's choice. Fresh bytes hold a pattern, so that a read of unset memory shows too.
 */

import { newKernelMemory } from '../../src/kernels/choose.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { referenceKernels } from '../../src/kernels/reference/kernels.ts';
import { Views } from '../../src/kernels/reference/views.ts';
import { wasmKernels } from '../../src/kernels/wasm/load.ts';

const guardBytes = 256;
const stagingBytes = 1 << 22;
/** What is compared at once. */
const blockBytes = 1 << 14;

/** The kernels that work on memory, by name. */
export type KernelName = Exclude<keyof Kernels, 'kind'>;

interface Side {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
}

function newSide(makeKernels: (memory: WebAssembly.Memory) => Kernels): Side {
  const memory = newKernelMemory(stagingBytes);
  return { memory, kernels: makeKernels(memory) };
}

/** Two memories with the same content, and a place to lay that content out. */
export class TwinMemories {
  readonly reference = newSide(referenceKernels);
  readonly wasm = newSide(wasmKernels);
  /** The layout so far; write inputs here before `run`. */
  readonly stage = new Views(new ArrayBuffer(stagingBytes));
  #end = 1024;
  /** Ranges [from, to) that a kernel may leave in any state. */
  #scratch: [number, number][] = [];

  /** Forgets the layout. */
  clear(): this {
    const used = this.#end + guardBytes;
    this.stage.bytes.fill(0xa5, 0, used);
    for (const side of [this.reference, this.wasm]) {
      new Uint8Array(side.memory.buffer).fill(0xa5, 0, used);
    }
    this.#end = 1024;
    this.#scratch = [];
    return this;
  }

  /** Bytes that a kernel may use as it likes: they begin as zeros and are not compared. */
  scratch(numBytes: number): number {
    const size = Math.ceil(numBytes / 8) * 8;
    const address = this.zeros(size);
    this.ignore(address, size);
    return address;
  }

  /** Leaves bytes (from a multiple of 8 on) out of the comparison. */
  ignore(address: number, numBytes: number): void {
    this.#scratch.push([address, address + numBytes]);
  }

  /** Reserves bytes that hold zeros; `at` shifts the address off its alignment of 16. */
  zeros(numBytes: number, at = 0): number {
    const address = ((this.#end + guardBytes + 15) & ~15) + at;
    this.stage.fillZero(address, numBytes);
    this.#end = address + numBytes;
    if (this.#end + guardBytes > stagingBytes) throw new Error('the test needs more memory');
    return address;
  }

  /** Copies an array's bytes in; returns their address. */
  place(array: ArrayBufferView, at = 0): number {
    const address = this.zeros(array.byteLength, at);
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    this.stage.bytes.set(bytes, address);
    return address;
  }

  f64(values: Iterable<number>): number {
    return this.place(Float64Array.from(values));
  }
  f32(values: Iterable<number>): number {
    return this.place(Float32Array.from(values));
  }
  u32(values: Iterable<number>): number {
    return this.place(Uint32Array.from(values));
  }
  i64(values: Iterable<bigint>): number {
    return this.place(BigInt64Array.from(values));
  }

  /** Runs a kernel on both sides from the layout; throws where they differ, else returns the result. */
  run(name: KernelName, args: readonly number[], anyNaN = false): number {
    for (const side of [this.reference, this.wasm]) {
      new Uint8Array(side.memory.buffer).set(this.stage.bytes.subarray(0, this.#end + guardBytes));
    }
    return this.runOn(name, args, anyNaN);
  }

  /** The same on what the last run left. */
  runOn(name: KernelName, args: readonly number[], anyNaN = false): number {
    const call = (kernels: Kernels) =>
      (kernels[name] as (...a: readonly number[]) => number)(...args);
    const expected = call(this.reference.kernels);
    const actual = call(this.wasm.kernels);
    if (expected !== actual) throw new Error(`${name} returned ${actual}, its twin ${expected}`);
    this.#compare(name, anyNaN);
    return actual;
  }

  /** What the last run left in memory. */
  get result(): Views {
    return new Views(this.wasm.memory.buffer);
  }
  f64At(address: number, length: number): Float64Array {
    return new Float64Array(this.#copy(address, length * 8));
  }
  u32At(address: number, length: number): Uint32Array {
    return new Uint32Array(this.#copy(address, length * 4));
  }
  i64At(address: number, length: number): BigInt64Array {
    return new BigInt64Array(this.#copy(address, length * 8));
  }

  #copy(address: number, numBytes: number): ArrayBuffer {
    const copy = new Uint8Array(numBytes);
    copy.set(new Uint8Array(this.wasm.memory.buffer, address, numBytes));
    return copy.buffer;
  }

  #compare(name: string, anyNaN: boolean): void {
    const expected = Buffer.from(this.reference.memory.buffer);
    const actual = Buffer.from(this.wasm.memory.buffer);
    let from = 0;
    for (const [start, end] of [...this.#scratch, [expected.length, 0] as const]) {
      // word by word only where bytes differ: a NaN is enough for that, and the memory has half a million words
      for (let at = from; at < start; at += blockBytes) {
        const to = Math.min(at + blockBytes, start);
        if (expected.subarray(at, to).equals(actual.subarray(at, to))) continue;
        for (let word = at; word < to; word += 8) compareWord(name, anyNaN, word, expected, actual);
      }
      from = end;
    }
  }
}

function compareWord(
  ...[name, anyNaN, at, expected, actual]: readonly [string, boolean, number, Buffer, Buffer]
): void {
  const wanted = expected.readBigUInt64LE(at);
  const found = actual.readBigUInt64LE(at);
  if (wanted === found) return;
  const bothNaN = Number.isNaN(expected.readDoubleLE(at)) && Number.isNaN(actual.readDoubleLE(at));
  if (anyNaN && bothNaN) return;
  throw new Error(
    `${name} and its twin differ at address ${at}: ${found.toString(16)}, the twin ${wanted.toString(16)}`,
  );
}
