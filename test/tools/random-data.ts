/**
 * Seeded tables for training: feature columns of every kind beside targets that hang on them, weights, ids
 * and a validation mark. Values come from a generator of the tests' own, never from the library's.
 */
import { type Cell, type SampleColumn, type SampleData, withSampleColumn } from './sample-data.ts';

/** Numbers in [0, 1) from a seed (mulberry32 of T. Ettinger). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** About normal, mean 0 and deviation 1. */
export function normalOf(random: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

/** Kinds of feature columns. */
export const featureKinds = [
  'float32',
  'float64',
  'few numbers',
  'integers',
  'long integers',
  'flags',
  'words',
  'dictionary',
  'many words',
  'constant',
  'all missing',
  'infinite',
] as const;

/** One of {@link featureKinds}. */
export type FeatureKind = (typeof featureKinds)[number];

/** What a table is made from. */
export interface DataRecipe {
  readonly seed: number;
  readonly numRows: number;
  readonly kinds: readonly FeatureKind[];
  /** Share of missing cells of each feature. */
  readonly missing: number;
}

/** Names of the feature columns of a recipe. */
export function featureNames(recipe: DataRecipe): string[] {
  return recipe.kinds.map((_, i) => `x${i}`);
}

/**
 * Columns x0…, and: y a number, p a number above 0, b one of two words, k one of four integers, w a weight (one in eight is 0),
 * u a number of at least p, or missing, q a place from 0 to 10, id a distinct integer, v a mark on one row in five, o an offset between −1 and 1,
 * g a group of about 25 rows, s a number from 0 to 1, r a grade from 0 to 4, t an arm of a trial.
 */
export function randomData(recipe: DataRecipe): SampleData {
  const key = JSON.stringify(recipe);
  if (lastMade?.key !== key) lastMade = { key, data: makeData(recipe) };
  return lastMade.data;
}

/** What was made last: a law asks for the data of its recipe again and again. */
let lastMade: { readonly key: string; readonly data: SampleData } | undefined;

function makeData(recipe: DataRecipe): SampleData {
  const { numRows, kinds } = recipe;
  const random = randomNumbers(recipe.seed);
  const features = kinds.map((kind, i) => featureColumn(`x${i}`, kind, recipe, random));
  const signal = Array.from({ length: numRows }, (_, row) => signalOf(features, row));
  const column = (
    name: string,
    type: SampleColumn['type'],
    cell: (row: number) => Cell,
  ): SampleColumn => ({
    name,
    type,
    cells: Array.from({ length: numRows }, (_, row) => cell(row)),
  });
  const noisy = signal.map((value) => value + 0.3 * normalOf(random));
  const ids = shuffled(
    Array.from({ length: numRows }, (_, row) => row * 7 + 3),
    random,
  );
  return [
    ...features,
    column('y', 'float64', (row) => noisy[row] as number),
    column('p', 'float64', (row) => Math.exp(0.5 * (noisy[row] as number))),
    column('e', 'int32', (row) => ((row * 7) % 10 < 6 ? 1 : 0)),
    column('u', 'float64', (row) => {
      const least = Math.exp(0.5 * (noisy[row] as number));
      return [least, 2 * least, null, least + 1e-3][(row * 7) % 4] as Cell;
    }),
    column('b', 'text', (row) => ((noisy[row] as number) > 0.2 ? 'yes' : 'no')),
    column('k', 'int32', (row) =>
      Math.max(-1, Math.min(2, Math.floor((noisy[row] as number) * 1.5))),
    ),
    column('w', 'float64', () => (random() < 0.125 ? 0 : 0.25 + 2 * random())),
    column('id', 'int64', (row) => ids[row] as number),
    column('v', 'bool', () => random() < 0.2),
    column('o', 'float64', () => 2 * random() - 1),
    column('s', 'float64', (row) => Math.max(0, Math.min(1, 0.5 + 0.4 * (noisy[row] as number)))),
    column('r', 'int32', (row) =>
      Math.max(0, Math.min(4, Math.round(1 + 2 * (noisy[row] as number)))),
    ),
    column('g', 'int64', () => Math.floor((random() * numRows) / 25) * 1e10),
    column('q', 'int32', (row) => (row * 7) % 11),
    column('t', 'text', (row) => ['control', 'up', 'down'][((row * 7) % 10) % 3] as Cell),
  ];
}

/** The same values in another order. */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/** Positions 0 … n − 1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** The data with a constant weight of 1 in place of its weights. */
export function withWeights(data: SampleData, weights: readonly number[]): SampleData {
  return withSampleColumn(data, { name: 'w', type: 'float64', cells: weights });
}

function featureColumn(
  name: string,
  kind: FeatureKind,
  recipe: DataRecipe,
  random: () => number,
): SampleColumn {
  const cells: Cell[] = [];
  for (let row = 0; row < recipe.numRows; row++) {
    const isMissing = random() < recipe.missing;
    const value = drawCell(kind, random);
    cells.push(isMissing ? missingOf(kind, random) : value);
  }
  return { name, type: typeOf(kind), cells };
}

function missingOf(kind: FeatureKind, random: () => number): Cell {
  const isFloat = kind === 'float32' || kind === 'float64';
  return isFloat && random() < 0.5 ? Number.NaN : null;
}

function typeOf(kind: FeatureKind): SampleColumn['type'] {
  switch (kind) {
    case 'float32':
    case 'infinite':
      return 'float32';
    case 'integers':
      return 'int32';
    case 'long integers':
      return 'int64';
    case 'flags':
      return 'bool';
    case 'words':
      return 'text';
    case 'dictionary':
    case 'many words':
      return 'dictionary';
    default:
      return 'float64';
  }
}

const fewWords = ['pear', 'fig', 'Äpfel', 'plum', '🙂', '', 'quince'];

function drawCell(kind: FeatureKind, random: () => number): Cell {
  const draw = random();
  switch (kind) {
    case 'float32':
      return Math.fround(4 * draw - 2);
    case 'float64':
      return draw < 0.1 ? 0 : (draw - 0.5) ** 3 * 1e6;
    case 'few numbers':
      return [-0, 0, 0.1, 1, 1e300][Math.floor(5 * draw)] as number;
    case 'integers':
      return Math.floor(20 * draw) - 10;
    case 'long integers':
      return Math.floor(2 ** 52 * (draw - 0.5));
    case 'flags':
      return draw < 0.4;
    case 'words':
    case 'dictionary':
      return fewWords[Math.floor(7 * draw * draw)] as string;
    case 'many words':
      return `w${Math.floor(600 * draw)}`;
    case 'constant':
      return 3.25;
    case 'all missing':
      return null;
    case 'infinite':
      return draw < 0.1 ? Number.NEGATIVE_INFINITY : draw > 0.9 ? Number.POSITIVE_INFINITY : 0;
  }
}

/** Something that each column says about the target, between about −1 and 1, added up. */
function signalOf(features: readonly SampleColumn[], row: number): number {
  let sum = 0;
  features.forEach(({ cells }, i) => {
    const cell = cells[row] as Cell;
    sum += partOf(cell) / (1 + 0.5 * i);
  });
  return sum;
}

function partOf(cell: Cell): number {
  if (cell === null) return 0.3;
  if (typeof cell === 'boolean') return cell ? 0.5 : -0.5;
  if (typeof cell === 'string') {
    let hash = 7;
    for (const letter of cell) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0;
    return ((hash >>> 3) % 7) / 3 - 1;
  }
  if (Number.isNaN(cell)) return 0.3;
  return Math.sin(Math.max(-3, Math.min(3, cell)));
}
