/** Cuts the text of an expression into words, names, constants and signs. */
import type { CoppiceError } from '../../base/errors.ts';

/** A piece of a text, and where it begins. */
export type Token = { readonly from: number } & (
  | { readonly kind: 'number'; readonly value: number | bigint }
  | { readonly kind: 'word' | 'name' | 'text' | 'sign'; readonly value: string }
);

const word = String.raw`[\p{L}_][\p{L}\p{N}_]*`;
const name = '`(?:[^`]|``)+`';
const path = String.raw`(?:\.(?:[\p{L}\p{N}_]+|${name}))*`;

// spaces, numbers, texts, names between backticks, words, signs
const pieces = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\p{L}\p{N}_.])`,
    `(?<text>'(?:[^']|'')*')`,
    `(?<name>${name}${path})`,
    `(?<word>${word}${path})`,
    String.raw`(?<sign>\|\||<>|!=|<=|>=|==|[-+*/%()=<>,[\]])`,
  ].join('|'),
  'uy',
);

/** The pieces of a text. @param refusal makes the error about a place where none begins */
export function tokensOf(
  text: string,
  refusal: (place: number, rule: string) => CoppiceError,
): readonly Token[] {
  const tokens: Token[] = [];
  let from = 0;
  while (from < text.length) {
    pieces.lastIndex = from;
    const groups = pieces.exec(text)?.groups;
    if (groups === undefined) throw refusal(from, ruleAt(text[from] as string));
    const token = tokenOf(groups, from);
    if (token !== null) tokens.push(token);
    from = pieces.lastIndex;
  }
  return tokens;
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, from: number): Token | null {
  const { number, text, name: quoted, word: plain, sign } = groups;
  if (number !== undefined) return { kind: 'number', value: numberOf(number), from };
  if (text !== undefined)
    return { kind: 'text', value: text.slice(1, -1).replaceAll("''", "'"), from };
  if (quoted !== undefined) return { kind: 'name', value: unquoted(quoted), from };
  if (plain !== undefined)
    return { kind: plain.includes('`') ? 'name' : 'word', value: unquoted(plain), from };
  return sign === undefined ? null : { kind: 'sign', value: sign, from };
}

function unquoted(path: string): string {
  return path.replace(/`((?:[^`]|``)+)`/g, (_, inner: string) => inner.replaceAll('``', '`'));
}

function numberOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) || !/^\d+$/.test(digits) ? value : BigInt(digits);
}

function ruleAt(character: string): string {
  if (character === "'") return 'a quote that ends the text';
  if (character === '"') return "a text between ' ' or the name of a column between backticks";
  return 'a number, a text, a name or a sign';
}
