/** The functions of numbers in expressions: float64, portable, null where an operand is null. */
import { Float64 } from 'apache-arrow';
import { exp, log } from '../../base/portable-math.ts';
import type { NumericName } from './expression-node.ts';
import type { NumberValues } from './values.ts';

/** A function of one or two numbers; undefined is null. */
type NumericFunction = (a: number, b: number) => number | undefined;

const functions: Record<NumericName, NumericFunction> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => (b === 0 ? undefined : a / b),
  mod: (a, b) => (b === 0 ? undefined : a % b),
  neg: (a) => -a,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  round: (a) => (a < 0 ? -Math.round(-a) : Math.round(a)),
  sqrt: Math.sqrt,
  log: (a) => (a > 0 ? log(a) : a <= 0 ? undefined : a),
  exp,
};

/** Runs a function over whole columns. */
export function runNumeric(name: NumericName, args: readonly NumberValues[]): NumberValues {
  const [first, second] = args as readonly [NumberValues, NumberValues?];
  const run = functions[name];
  const values = new Float64Array(first.values.length);
  const valid = new Uint8Array(values.length);
  const other = second ?? first;
  for (let i = 0; i < values.length; i++) {
    if ((first.valid[i] as number) + (other.valid[i] as number) < 2) continue;
    const result = run(first.values[i] as number, other.values[i] as number);
    if (result === undefined) continue;
    values[i] = result;
    valid[i] = 1;
  }
  return { kind: 'number', type: new Float64(), values, valid };
}
