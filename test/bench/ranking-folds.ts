/**
 * `npx tsx test/bench/ranking-folds.ts [--data x.parquet [--held y.parquet]] [--folds 5] [--seeds 3] --fit 'GBTRanker {…}' …`
 *
 * Which of several fits orders unseen queries best? Each `--fit` is cross-validated inside one file, whole queries to a
 * fold, and compared with the first, query by query: the mean NDCG@10 of a query, and the mean difference with its
 * standard error over queries. With `--held` the rows of a second file are scored in place of folds.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RecordBatch } from 'apache-arrow';
import { hash32, mix32, purposes, unitInterval } from '../../src/base/rng.ts';
import { GBTRanker, GBTRegressor, type PartitionedTable, Session } from '../../src/index.ts';
import { ndcgByHand } from '../tools/ndcg-by-hand.ts';
import { sharedData } from './bench-home.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(sharedData, 'lgb_rank_train.parquet') },
    held: { type: 'string' },
    label: { type: 'string', default: 'relevance' },
    group: { type: 'string', default: 'qid' },
    folds: { type: 'string', default: '5' },
    seeds: { type: 'string', default: '1' },
    fit: { type: 'string', multiple: true, default: ['GBTRegressor {}', 'GBTRanker {}'] },
  },
});
/** NDCG@10 by query. */
type Scores = ReadonlyMap<string, number>;

const { label, group } = values;
const fits = values.fit.map((text) => {
  const at = text.indexOf('{');
  return {
    isRanker: text.slice(0, at).trim() === 'GBTRanker',
    params: JSON.parse(text.slice(at)) as Record<string, unknown>,
  };
});
const numSeeds = Number(values.seeds);
const session = await Session.local({ threads: 1 });
const table = (await session.read.parquet(values.data)).cache();
const held = values.held === undefined ? null : await session.read.parquet(values.held);
let first: readonly Scores[] = [];
for (const [i, text] of values.fit.entries()) {
  const start = performance.now();
  const all: Scores[] = [];
  for (let seed = 0; seed < numSeeds; seed++) all.push(await scoresOf(i, seed));
  if (i === 0) first = all;
  const seconds = (performance.now() - start) / 1000;
  const queries = [...(all[0] as Scores).keys()];
  const meanOf = (scores: readonly Scores[], query: string): number =>
    mean(scores.map((one) => one.get(query) as number));
  const ndcg = mean(queries.map((query) => meanOf(all, query)));
  const differences = queries.map((query) => meanOf(all, query) - meanOf(first, query));
  const lead = mean(differences);
  const spread = Math.sqrt(mean(differences.map((d) => (d - lead) ** 2)) / queries.length);
  console.log(
    `${ndcg.toFixed(4)}  ${lead >= 0 ? '+' : ''}${lead.toFixed(4)} ± ${spread.toFixed(4)}  ${seconds.toFixed(0)} s  ${text}`,
  );
}
await session.close();

async function scoresOf(fit: number, seed: number): Promise<Scores> {
  if (held !== null) return await fitAndRank(fit, seed, table, held);
  const numFolds = Number(values.folds);
  const scores = new Map<string, number>();
  for (let fold = 0; fold < numFolds; fold++) {
    const isOut = (batch: RecordBatch): boolean[] =>
      Array.from(
        batch.getChild(group) ?? [],
        (query) => foldOf(String(query), seed, numFolds) === fold,
      );
    const rest = table.filter((batch) => isOut(batch).map((out) => !out));
    for (const one of await fitAndRank(fit, seed, rest, table.filter(isOut))) scores.set(...one);
  }
  return scores;
}

async function fitAndRank(
  fit: number,
  seed: number,
  train: PartitionedTable,
  test: PartitionedTable,
): Promise<Scores> {
  const { isRanker, params } = fits[fit] as (typeof fits)[number];
  const featuresCols = table.columns.filter((name) => name !== label && name !== group);
  const options = { labelCol: label, featuresCols, seed, ...params };
  const estimator = isRanker
    ? new GBTRanker({ groupCol: group, ...options })
    : new GBTRegressor(options);
  const scored = await (await estimator.fit(train)).transform(test);
  const columns = await scored.select(label, group, 'prediction').collect();
  const column = (name: string): unknown[] => Array.from(columns.getChild(name) ?? []);
  const grades = column(label).map(Number);
  const predictions = column('prediction').map(Number);
  const rowsOf = new Map<string, number[]>();
  column(group).forEach((query, row) => {
    rowsOf.set(String(query), [...(rowsOf.get(String(query)) ?? []), row]);
  });
  return new Map(
    [...rowsOf].map(([query, rows]) => {
      const pick = (all: readonly number[]): number[] => rows.map((row) => all[row] as number);
      const groups = rows.map(() => 0);
      return [
        query,
        ndcgByHand({ scores: pick(predictions), grades: pick(grades), groups, k: 10 }),
      ];
    }),
  );
}

/** Hangs on the query's name and the seed alone. */
function foldOf(query: string, seed: number, numFolds: number): number {
  let hash = hash32(seed, purposes.split);
  for (const letter of query) hash = mix32(hash ^ (letter.codePointAt(0) as number));
  return Math.floor(unitInterval(hash) * numFolds);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}
