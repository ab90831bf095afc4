/** Picks between columns row by row, joins conditions of three values, and puts texts together. */
import { DataType } from 'apache-arrow';
import { sameType } from '../columns/type-name.ts';
import { valueKind } from './infer-type.ts';
import { sameUnit } from './time-values.ts';
import {
  asNumbers,
  asText,
  type BoolValues,
  exactNumbers,
  type NumberValues,
  type TextValues,
  type Values,
} from './values.ts';

/** `and` (decided by 0) and `or` (decided by 1) of three values: true, false, null. */
export function kleene(left: BoolValues, right: BoolValues, decider: 0 | 1): BoolValues {
  const values = new Uint8Array(left.values.length);
  const valid = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const a = left.valid[i] === 1 ? left.values[i] : -1;
    const b = right.valid[i] === 1 ? right.values[i] : -1;
    const isDecided = a === decider || b === decider;
    valid[i] = isDecided || (a !== -1 && b !== -1) ? 1 : 0;
    values[i] = isDecided ? decider : 1 - decider;
  }
  return { kind: 'bool', values, valid };
}

/** The texts of two columns, one after the other; null where one is null. */
export function concatTexts(left: TextValues, right: TextValues): TextValues {
  const codes = new Int32Array(left.codes.length);
  const texts: string[] = [];
  const known = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) {
    const a = left.codes[i] as number;
    const b = right.codes[i] as number;
    const pair = a * (right.texts.length + 1) + b;
    let code = a < 0 || b < 0 ? -1 : known.get(pair);
    if (code === undefined) {
      code = texts.length;
      known.set(pair, code);
      texts.push(`${left.texts[a]}${right.texts[b]}`);
    }
    codes[i] = code;
  }
  return { kind: 'text', codes, texts };
}

/** Where the first of two columns is taken. */
export interface Choice {
  /** 1 where the first value is taken. */
  readonly take: Uint8Array;
  /** 0 where the condition is null, which counts as false. */
  readonly known: Uint8Array;
  /** The expression, for errors. */
  readonly what: string;
}

/** The first column where its condition is true, the rest elsewhere. */
export function chooseValues(first: Values, rest: Values, choice: Choice): Values {
  const { take, known } = choice;
  const isFirst = (i: number): boolean => take[i] === 1 && known[i] === 1;
  if (isNothing(first) || isNothing(rest)) return chooseOrNull(first, rest, isFirst);
  if (first.kind === 'text' || rest.kind === 'text') {
    const a = asText(first);
    const b = asText(rest);
    const codes = new Int32Array(a.codes.length);
    for (let i = 0; i < codes.length; i++) {
      const code = b.codes[i] as number;
      if (isFirst(i)) codes[i] = a.codes[i] as number;
      else codes[i] = code < 0 ? -1 : code + a.texts.length;
    }
    return mergeDuplicates({ kind: 'text', codes, texts: [...a.texts, ...b.texts] });
  }
  if (first.kind === 'bool' && rest.kind === 'bool') {
    const values = first.values.map((value, i) =>
      isFirst(i) ? value : (rest.values[i] as number),
    );
    const valid = first.valid.map((value, i) => (isFirst(i) ? value : (rest.valid[i] as number)));
    return { kind: 'bool', values, valid };
  }
  const [one, other] = sameUnit(asNumbers(first), asNumbers(rest), 'refuse');
  const exact = chooseWide(one, other, isFirst);
  if (exact !== undefined) return exact;
  const [a, b] = [exactNumbers(one, choice.what), exactNumbers(other, choice.what)];
  const values = a.values.map((value, i) => (isFirst(i) ? value : (b.values[i] as number)));
  const valid = a.valid.map((value, i) => (isFirst(i) ? value : (b.valid[i] as number)));
  return { kind: 'number', type: a.type, values, valid };
}

/** Integers and times of 64 bits that float64 does not have, of both sides. */
function chooseWide(
  first: NumberValues,
  rest: NumberValues,
  isFirst: (row: number) => boolean,
): NumberValues | undefined {
  if (first.wide === undefined && rest.wide === undefined) return undefined;
  const { type } = first;
  const isTime = valueKind(type) === 'time' && valueKind(rest.type) === 'time';
  if (!isTime && !(sameType(type, rest.type) && DataType.isInt(type))) return undefined;
  const { length } = first.values;
  const wide =
    !DataType.isInt(type) || type.isSigned ? new BigInt64Array(length) : new BigUint64Array(length);
  const values = new Float64Array(length);
  const valid = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const side = isFirst(i) ? first : rest;
    valid[i] = side.valid[i] as number;
    values[i] = side.values[i] as number;
    if (valid[i] === 1) wide[i] = side.wide?.[i] ?? BigInt(values[i] as number);
  }
  return { kind: 'number', type, values, valid, wide };
}

/** A constant null has no kind of its own: the other side's kind holds. */
function chooseOrNull(first: Values, rest: Values, isFirst: (i: number) => boolean): Values {
  const isFirstNull = isNothing(first);
  const kept = isFirstNull ? rest : first;
  const keeps = (i: number): boolean => isFirst(i) !== isFirstNull;
  if (kept.kind === 'text') {
    return { ...kept, codes: kept.codes.map((code, i) => (keeps(i) ? code : -1)) };
  }
  return { ...kept, valid: kept.valid.map((value, i) => (keeps(i) ? value : 0)) };
}

function isNothing(values: Values): boolean {
  return values.kind === 'text' && values.texts.length === 0;
}

function mergeDuplicates(values: TextValues): TextValues {
  const firsts = new Map<string, number>();
  const map = values.texts.map((text) => {
    const code = firsts.get(text) ?? firsts.size;
    firsts.set(text, code);
    return code;
  });
  const codes = values.codes.map((code) => (code < 0 ? -1 : (map[code] as number)));
  return { kind: 'text', codes, texts: [...firsts.keys()] };
}
