import { expect, it } from 'vitest';
import { chooseKernels, newKernelMemory } from '../../src/kernels/choose.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { leafKernelNames } from '../../src/kernels/leaf-kernels.ts';
import { Views } from '../../src/kernels/reference/views.ts';

const both: readonly ('reference' | 'wasm')[] = ['reference', 'wasm'];

it('gives the two twins the same names', () => {
  const memory = newKernelMemory(65536);
  const [plain, wasm] = both.map((choice) => chooseKernels(memory, choice)) as [Kernels, Kernels];
  expect([plain.kind, wasm.kind]).toEqual(['reference', 'wasm']);
  // a whole tree has no plain kernel: see leaf-kernels.ts
  const names = [...Object.keys(plain), ...leafKernelNames].sort();
  expect(names).toEqual(Object.keys(wasm).sort());
});

it('goes on working after the memory has grown', () => {
  for (const choice of both) {
    const memory = newKernelMemory(65536);
    const kernels = chooseKernels(memory, choice);
    kernels.markLeaf(0, 0, 4, 7, 1024);
    memory.grow(1);
    const address = 65536 + 512;
    kernels.markLeaf(0, 0, 4, 9, address);
    expect([...new Uint32Array(memory.buffer, 1024, 5)]).toEqual([7, 7, 7, 7, 0]);
    expect([...new Uint32Array(memory.buffer, address, 5)]).toEqual([9, 9, 9, 9, 0]);
  }
});

it('reaches addresses above 2 GiB', () => {
  const base = 2 ** 31 + 4096;
  const answers = both.map((choice) => {
    const memory = newKernelMemory(2 ** 31 + 65536);
    const kernels = chooseKernels(memory, choice);
    const view = new Views(memory.buffer);
    // four rows of 8 bytes, bin at 0, slot at 4; then histogram, target, ids, goesLeft
    const [hist, target, ids, goesLeft] = [
      base + 64,
      base + 4096,
      base + 8192,
      base + 9000,
    ] as const;
    for (const [i, bin] of [3, 0, 3, 255].entries()) {
      view.setU8(base + i * 8, bin);
      view.setU32(base + i * 8 + 4, (i << 16) + 2);
    }
    view.setU8(goesLeft + 3, 1);
    kernels.histogramPacked(base, 0, 4, 8, 4, 1, 0, 0, hist);
    const numLeft = kernels.partitionRecords(base, 0, 5, 4, 8, target, ids, 0, 1, goesLeft);
    return { numLeft, bytes: view.bytes.slice(base, base + 16384) };
  });
  expect(answers[0]?.numLeft).toBe(2);
  expect(answers[1]?.numLeft).toBe(2);
  expect(Buffer.compare(answers[0]?.bytes as Uint8Array, answers[1]?.bytes as Uint8Array)).toBe(0);
});
