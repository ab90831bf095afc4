import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exp, log, logistic, softplus } from '../../src/base/portable-math.ts';
import { newKernelMemory } from '../../src/kernels/choose.ts';
import { wasmKernels } from '../../src/kernels/wasm/load.ts';

const wasm = wasmKernels(newKernelMemory(65536));
const twins = { exp, log, logistic, softplus };
const names = ['exp', 'log', 'logistic', 'softplus'] as const;
const argument = fc.oneof(
  fc.double(),
  fc.double({ min: -720, max: 720 }),
  fc.double({ min: -2, max: 2 }),
  fc.constantFrom(0, -0, 1, -1, -708, -708.0000001, 709.7, 709.8, 5e-324, 2.2250738585072014e-308),
);

// the distance between two finite floats of one sign, in steps of the larger one
function stepsApart(a: number, b: number): number {
  const bits = new BigInt64Array(Float64Array.of(a, b).buffer);
  const distance = (bits[0] as bigint) - (bits[1] as bigint);
  return Number(distance < 0n ? -distance : distance);
}

for (const name of names) {
  it(`gives the bits of the WebAssembly ${name}`, () => {
    fc.assert(
      fc.property(argument, (x) => Object.is(twins[name](x), wasm[name](x))),
      { numRuns: 20_000 },
    );
  });
}

it('keeps exp within two steps of the platform', () => {
  const x = fc.double({ min: -707, max: 709, noNaN: true });
  fc.assert(
    fc.property(x, (value) => stepsApart(exp(value), Math.exp(value)) <= 2),
    { numRuns: 20_000 },
  );
});

it('keeps log within two steps of the platform', () => {
  const x = fc.oneof(
    fc.double({ min: 5e-324, max: 1e308, noNaN: true }),
    fc.double({ min: 0.5, max: 2, noNaN: true }),
  );
  fc.assert(
    fc.property(x, (value) => stepsApart(log(value), Math.log(value)) <= 2),
    { numRuns: 20_000 },
  );
});

it('answers the ends of the line', () => {
  expect([exp(Number.NEGATIVE_INFINITY), exp(-1e6), exp(0), exp(1e6)]).toEqual([0, 0, 1, Infinity]);
  expect([log(0), log(-0), log(1), log(Infinity)]).toEqual([-Infinity, -Infinity, 0, Infinity]);
  expect([exp(NaN), log(NaN), log(-1), logistic(NaN), softplus(NaN)]).toEqual([
    NaN,
    NaN,
    NaN,
    NaN,
    NaN,
  ]);
  expect([logistic(-Infinity), logistic(0), logistic(Infinity)]).toEqual([0, 0.5, 1]);
  expect([softplus(-Infinity), softplus(800), softplus(Infinity)]).toEqual([0, 800, Infinity]);
});

it('never lets logistic leave [0, 1] and keeps it ascending', () => {
  const x = fc.double({ noNaN: true });
  fc.assert(
    fc.property(x, x, (a, b) => {
      const [low, high] = a <= b ? [a, b] : [b, a];
      return (
        logistic(low) >= 0 && logistic(low) <= logistic(high) + 2 ** -52 && logistic(high) <= 1
      );
    }),
  );
});
