/** Patterns of SQL's LIKE: `%` stands for any characters, `_` for one, what is behind the escape for itself. */
import { paramInvalid } from '../../params/resolve-params.ts';

/** A character, or one of the two that stand for others. */
type Piece = string | typeof one | typeof any;

const one = 1;
const any = 2;

/** The same pattern with `\` as its escape. @throws CoppiceError `PARAM_INVALID` as Spark refuses it */
export function escapedPattern(pattern: unknown, escapeChar: unknown): string {
  if (typeof pattern !== 'string') throw paramInvalid('like', 'pattern', 'a text', pattern);
  if (typeof escapeChar !== 'string' || [...escapeChar].length !== 1)
    throw paramInvalid('like', 'escapeChar', 'one character', escapeChar);
  const pieces = piecesOf(pattern, escapeChar);
  return pieces.map((piece) => (typeof piece === 'string' ? quoted(piece) : signs[piece])).join('');
}

const signs = { [one]: '_', [any]: '%' } as const;

function quoted(character: string): string {
  return ['%', '_', '\\'].includes(character) ? `\\${character}` : character;
}

function piecesOf(pattern: string, escapeChar: string): Piece[] {
  const pieces: Piece[] = [];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    if (character === escapeChar) {
      const next = characters[++i];
      if (next === undefined || !['%', '_', escapeChar].includes(next)) {
        const rule = `a text whose ${JSON.stringify(escapeChar)} stand before %, _ or another one`;
        throw paramInvalid('like', 'pattern', rule, pattern);
      }
      pieces.push(next);
    } else if (character === '_') pieces.push(one);
    else pieces.push(character === '%' ? any : character);
  }
  return pieces;
}

/** The characters of a pattern with `\` as its escape; 1 stands for any one, 2 for any number of any. */
export function likePieces(pattern: string): readonly (string | 1 | 2)[] {
  return piecesOf(pattern, '\\');
}

/** Whether a text is like a pattern with `\` as its escape; O(text · pattern) at worst. */
export function likeTest(pattern: string): (text: string) => boolean {
  const pieces = likePieces(pattern);
  return (text) => isLike([...text], pieces);
}

/** The last `%` takes as few characters as will do, and one more whenever what follows it fits no longer. */
function isLike(text: readonly string[], pieces: readonly Piece[]): boolean {
  let at = 0;
  let piece = 0;
  let afterAny = -1;
  let taken = 0;
  while (at < text.length) {
    const wanted = pieces[piece];
    if (wanted === any) {
      afterAny = ++piece;
      taken = at;
    } else if (wanted === one || (wanted !== undefined && wanted === text[at])) {
      at++;
      piece++;
    } else if (afterAny >= 0) {
      at = ++taken;
      piece = afterAny;
    } else return false;
  }
  return pieces.slice(piece).every((rest) => rest === any);
}
