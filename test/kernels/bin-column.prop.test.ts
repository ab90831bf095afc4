import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arbitraryDraws, arbitraryRows, type Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const arbitraryEdges = fc.oneof(
  fc.constantFrom(0, 1, 2, 254, 255),
  fc.integer({ min: 0, max: 255 }),
);

interface Column {
  readonly edges: number[];
  readonly values: number[];
  readonly topStep: number;
  readonly padded: number[];
}

// some values lie exactly on an edge
function drawColumn(
  draws: Draws,
  numRows: number,
  numEdges: number,
  round: (x: number) => number,
): Column {
  const drawn = draws.list(numEdges, () => round(draws.float(0.05)));
  const edges = [...new Set(drawn.filter((x) => x === x))].sort((a, b) => a - b);
  const values = draws.list(numRows, () =>
    draws.bool(0.3) && edges.length > 0 ? draws.pick(edges) : round(draws.float(0.2)),
  );
  const size = 2 ** Math.ceil(Math.log2(edges.length + 1));
  const padded = [...edges, ...Array.from({ length: size - 1 - edges.length }, () => Infinity)];
  return { edges, values, topStep: size >> 1, padded };
}

const expectedBins = (column: Column, missingBin: number) =>
  column.values.map((v) =>
    Number.isNaN(v) ? missingBin : column.edges.filter((edge) => edge < v).length,
  );

it('counts the edges below a float32 value, as the twin does', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, arbitraryEdges, (draws, numRows, numEdges) => {
      const column = drawColumn(draws, numRows, numEdges, Math.fround);
      const stride = 1 + draws.below(40);
      twins.clear();
      const values = twins.f32(column.values);
      const edges = twins.f32(column.padded);
      const out = twins.zeros(numRows * stride + 1, draws.below(16));
      twins.run('binF32', [values, numRows, edges, column.topStep, out, stride, 255]);
      const bins = column.values.map((_, i) => twins.result.u8(out + i * stride));
      expect(bins).toEqual(expectedBins(column, 255));
    }),
  );
});

it('finds the same bins with the unrolled search of 255 edges', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, arbitraryEdges, (draws, numRows, numEdges) => {
      const column = drawColumn(draws, numRows, numEdges, Math.fround);
      twins.clear();
      const values = twins.f32(column.values);
      const edges = twins.f32(Array.from({ length: 255 }, (_, i) => column.edges[i] ?? Infinity));
      const out = twins.zeros(numRows * 3, 1);
      twins.run('binF32Full', [values, numRows, edges, out, 3, 255]);
      const bins = column.values.map((_, i) => twins.result.u8(out + i * 3));
      expect(bins).toEqual(expectedBins(column, 255));
    }),
  );
});

it('counts the edges below a float64 value, in one byte and in two', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, arbitraryEdges, (draws, numRows, numEdges) => {
      const column = drawColumn(draws, numRows, numEdges, (x) => x);
      const missingBin = draws.pick([255, 0, 7]);
      const stride = 2 + draws.below(40);
      twins.clear();
      const values = twins.f64(column.values);
      const edges = twins.f64(column.padded);
      const out = twins.zeros(numRows * stride, draws.below(16));
      const wide = twins.zeros(numRows * stride, draws.below(16));
      twins.run('binF64', [values, numRows, edges, column.topStep, out, stride, missingBin]);
      twins.runOn('binF64Wide', [values, numRows, edges, column.topStep, wide, stride, 65535]);
      const bins = column.values.map((_, i) => twins.result.u8(out + i * stride));
      const wideBins = column.values.map((_, i) => twins.result.u16(wide + i * stride));
      expect(bins).toEqual(expectedBins(column, missingBin));
      expect(wideBins).toEqual(expectedBins(column, 65535));
    }),
  );
});

it('sends category codes through the table, codes below 0 to the missing bin', () => {
  fc.assert(
    fc.property(arbitraryDraws, arbitraryRows, fc.constantFrom(1, 2), (draws, numRows, width) => {
      const table = draws.list(1 + draws.below(500), () => draws.below(width === 1 ? 256 : 65536));
      const codes = draws.list(numRows, () =>
        draws.bool(0.2) ? -1 - draws.below(9) : draws.below(table.length),
      );
      const missingBin = width === 1 ? 255 : 65535;
      const stride = 2 + draws.below(30);
      twins.clear();
      const codesAt = twins.place(Int32Array.from(codes));
      const tableAt = twins.place(Uint16Array.from(table));
      const out = twins.zeros(numRows * stride, draws.below(16));
      twins.run('binCodes', [codesAt, numRows, tableAt, out, stride, missingBin, width]);
      const bins = codes.map((_, i) => twins.result.bin(out + i * stride, width));
      expect(bins).toEqual(codes.map((code) => (code < 0 ? missingBin : table[code])));
    }),
  );
});
