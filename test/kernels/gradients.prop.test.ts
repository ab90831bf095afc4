import fc from 'fast-check';
import { expect, it } from 'vitest';
import { log, logistic } from '../../src/base/portable-math.ts';
import { arbitraryDraws, arbitraryRows, Draws } from './draws.ts';
import { TwinMemories } from './twin-memories.ts';

const twins = new TwinMemories();
const nastiness = fc.constantFrom(0, 0.02, 0.5);

for (const name of ['squaredGradients', 'logisticGradients'] as const) {
  it(`gives the bits of the twin: ${name}`, () => {
    fc.assert(
      fc.property(
        arbitraryDraws,
        arbitraryRows,
        nastiness,
        fc.boolean(),
        (draws, numRows, nasty, weighted) => {
          twins.clear();
          const scores = twins.f64(draws.list(numRows, () => draws.float(nasty)));
          const labels = twins.f64(
            draws.list(numRows, () => (draws.bool() ? draws.below(2) : draws.float(nasty))),
          );
          const weights = weighted
            ? twins.f64(draws.list(numRows, () => Math.abs(draws.float(nasty))))
            : 0;
          const grads = twins.zeros(numRows * 8);
          const hesses = twins.zeros(numRows * 8);
          const stats = twins.f64([draws.pick([0, 1e9]), draws.pick([0, -0, 1e9])]);
          twins.run(name, [scores, labels, weights, numRows, grads, hesses, stats], true);
        },
      ),
    );
  });
}

it('follows the formula of the logistic loss and keeps its largest terms', () => {
  const draws = new Draws(3);
  const scores = draws.list(101, () => draws.normal() * 5);
  const labels = draws.list(101, () => draws.below(2));
  twins.clear();
  const [grads, hesses, stats] = [twins.zeros(808), twins.zeros(808), twins.zeros(16)] as const;
  twins.run('logisticGradients', [
    twins.f64(scores),
    twins.f64(labels),
    0,
    101,
    grads,
    hesses,
    stats,
  ]);
  const p = scores.map(logistic);
  expect([...twins.f64At(grads, 101)]).toEqual(p.map((v, i) => v - (labels[i] as number)));
  expect([...twins.f64At(hesses, 101)]).toEqual(p.map((v) => Math.max(v * (1 - v), 1e-16)));
  const largest = [
    Math.max(...twins.f64At(grads, 101).map(Math.abs)),
    Math.max(...twins.f64At(hesses, 101)),
  ];
  expect([...twins.f64At(stats, 2)]).toEqual(largest);
});

it('gives the bits of the twin: softmax probabilities, gradients and losses', () => {
  const classes = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      classes,
      nastiness,
      (draws, numRows, numClasses, nasty) => {
        twins.clear();
        const bytes = numRows * 8 + 16;
        const scores = twins.f64(draws.list((bytes / 8) * numClasses, () => draws.float(nasty)));
        const probabilities = twins.zeros(bytes * numClasses);
        const labels = twins.f64(draws.list(numRows, () => draws.below(numClasses)));
        const weights = draws.bool() ? twins.f64(draws.list(numRows, () => draws.unit() * 3)) : 0;
        const [grads, hesses, out] = [
          twins.zeros(bytes),
          twins.zeros(bytes),
          twins.zeros(bytes),
        ] as const;
        const stats = twins.f64([0, 0]);
        twins.run(
          'softmaxProbabilities',
          [scores, bytes, numClasses, numRows, probabilities, bytes],
          true,
        );
        for (let k = 0; k < numClasses; k++) {
          const at = probabilities + k * bytes;
          const factor = numClasses / (numClasses - 0.5);
          twins.runOn(
            'softmaxGradients',
            [at, labels, k, factor, weights, numRows, grads, hesses, stats],
            true,
          );
        }
        twins.runOn(
          'softmaxLosses',
          [scores, bytes, numClasses, labels, weights, numRows, out],
          true,
        );
      },
    ),
  );
});

it('makes probabilities of a row sum to one, and losses their −log', () => {
  const draws = new Draws(11);
  const scores = draws.list(3 * 50, () => draws.normal() * 4);
  const labels = draws.list(50, () => draws.below(3));
  twins.clear();
  const [at, probabilities, out] = [
    twins.f64(scores),
    twins.zeros(1200),
    twins.zeros(400),
  ] as const;
  const labelsAt = twins.f64(labels);
  twins.run('softmaxProbabilities', [at, 400, 3, 50, probabilities, 400]);
  twins.runOn('softmaxLosses', [at, 400, 3, labelsAt, 0, 50, out]);
  const p = twins.f64At(probabilities, 150);
  const losses = twins.f64At(out, 50);
  for (const [i, label] of labels.entries()) {
    expect((p[i] as number) + (p[50 + i] as number) + (p[100 + i] as number)).toBeCloseTo(1, 14);
    expect(losses[i]).toBeCloseTo(-log(p[label * 50 + i] as number), 10);
  }
});

it('gives the bits of the twin: row losses of both kinds', () => {
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      nastiness,
      fc.boolean(),
      (draws, numRows, nasty, weighted) => {
        twins.clear();
        const scores = twins.f64(draws.list(numRows, () => draws.float(nasty)));
        const labels = twins.f64(
          draws.list(numRows, () => (draws.bool() ? draws.below(2) : draws.float(nasty))),
        );
        const weights = weighted
          ? twins.f64(draws.list(numRows, () => Math.abs(draws.float(nasty))))
          : 0;
        const out = twins.zeros(numRows * 8);
        for (const kind of [0, 1])
          twins.run('rowLosses', [kind, scores, labels, weights, numRows, out], true);
      },
    ),
  );
});

it('gives the bits of the twin: derivatives and losses of every loss of one number', () => {
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      nastiness,
      fc.boolean(),
      (draws, numRows, nasty, weighted) => {
        twins.clear();
        const scores = twins.f64(draws.list(numRows, () => draws.float(nasty)));
        const labels = twins.f64(draws.list(numRows, () => Math.abs(draws.float(nasty))));
        const weights = weighted
          ? twins.f64(draws.list(numRows, () => Math.abs(draws.float(nasty))))
          : 0;
        const [grads, hesses, out] = [0, 1, 2].map(() => twins.zeros(numRows * 8)) as [
          number,
          number,
          number,
        ];
        const stats = twins.zeros(16);
        for (const [kind, parameter] of [
          [0, 0],
          [1, 0.7],
          [2, 0.9],
          [3, 0],
          [4, 0],
          [5, 1.4],
          [6, 2],
          [6, 0],
          [7, 0.7],
          [8, 0],
          [9, 0.7],
          [10, 0.9],
          [11, 0],
        ] as const) {
          const rows = [scores, labels, weights, numRows];
          twins.run('pointGradients', [kind, parameter, ...rows, grads, hesses, stats], true);
          twins.run('pointLosses', [kind, parameter, ...rows, out], true);
        }
      },
    ),
  );
});

it('quantises as the twin does, also where a term does not fit', () => {
  const scale = fc.constantFrom(0, 1, 2 ** -20, 2 ** 12, 2 ** 30, 1e300, Infinity, Number.NaN);
  fc.assert(
    fc.property(
      arbitraryDraws,
      arbitraryRows,
      nastiness,
      fc.tuple(scale, scale),
      (draws, numRows, nasty, [gradScale, hessScale]) => {
        twins.clear();
        const grads = twins.f64(draws.list(numRows, () => draws.float(nasty)));
        const hesses = twins.f64(draws.list(numRows, () => draws.float(nasty)));
        const keys = twins.u32(draws.list(numRows, () => draws.bits()));
        const stride = 8 + draws.below(5) * 4;
        const slot = twins.zeros(numRows * stride + 8);
        const rest = [gradScale, hessScale, draws.bits(), slot, stride, draws.below(2)];
        twins.run('quantise16', [grads, hesses, keys, numRows, ...rest]);
        twins.run('quantise32', [grads, hesses, keys, numRows, ...rest]);
      },
    ),
  );
});

for (const name of ['quantise16', 'quantise32'] as const) {
  it(`rounds to a neighbour and without bias: ${name}`, () => {
    const numRows = 40_000;
    const draws = new Draws(5);
    twins.clear();
    const grads = twins.f64(draws.list(numRows, () => -3.25));
    const hesses = twins.f64(draws.list(numRows, () => 10.75));
    const keys = twins.u32(draws.list(numRows, () => draws.bits()));
    const slots = twins.zeros(numRows * 8);
    twins.run(name, [grads, hesses, keys, numRows, 4, 2, 12345, slots, 8, 1]);
    const g = new Map<number, number>();
    const h = new Map<number, number>();
    for (let i = 0; i < numRows; i++) {
      const at = slots + i * 8;
      const grad = name === 'quantise16' ? twins.result.i32(at) >> 16 : twins.result.i32(at);
      const hess = name === 'quantise16' ? twins.result.u16(at) : twins.result.u32(at + 4);
      g.set(grad, (g.get(grad) ?? 0) + 1);
      h.set(hess, (h.get(hess) ?? 0) + 1);
    }
    expect([...g.keys()]).toEqual([-13]);
    expect([...h.keys()].sort()).toEqual([21, 22]);
    expect((h.get(22) as number) / numRows).toBeCloseTo(0.5, 1);
  });
}

it('keeps every quantised h at least 1', () => {
  twins.clear();
  const [zeros, keys, slots] = [
    twins.f64([0, 0, 0]),
    twins.u32([1, 2, 3]),
    twins.zeros(24),
  ] as const;
  twins.run('quantise16', [zeros, zeros, keys, 3, 1, 1, 0, slots, 8, 0]);
  expect([...twins.u32At(slots, 6)]).toEqual([1, 0, 1, 0, 1, 0]);
  twins.run('quantise32', [zeros, zeros, keys, 3, 1, 1, 0, slots, 8, 0]);
  expect([...twins.u32At(slots, 6)]).toEqual([0, 1, 0, 1, 0, 1]);
});
