/**
 * `npx tsx test/bench/accuracy.ts [--sets a,b] [--estimator gbt|rf] [--params '{…}' …] [--folds 5]`
 *
 * Without `--folds`: fits each set of ../shared/data on its training file and compares the score on its test
 * file with the peers' defaults. With `--folds`: cross-validates inside the training files, and compares
 * several `--params` with the first; this is how defaults are chosen, the test files are never looked at.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type PartitionedTable, Session } from '../../src/index.ts';
import { sharedData } from './bench-home.ts';
import { type PeerScores, peerScores } from './peer-scores.ts';
import { isHigherBetter, scorePredictions } from './score.ts';
import { type FitRequest, fitAndScore, type ScoredValues } from './scored-values.ts';
import { standardError } from './standard-error.ts';

const { values } = parseArgs({
  options: {
    sets: { type: 'string' },
    estimator: { type: 'string', default: 'gbt' },
    params: { type: 'string', multiple: true, default: ['{}'] },
    folds: { type: 'string' },
    threads: { type: 'string', default: '2' },
    'max-rows': { type: 'string', default: '1000000000' },
  },
});

/** Columns that are no feature. The peers kept elec2's seq, a row's place in the file, so it stays here too. */
const ignored: Readonly<Record<string, readonly string[]>> = {};
/** From so many test rows on the bars hold without a standard error. */
const manyRows = 4000;

const wanted = values.sets?.split(',');
const estimator = values.estimator === 'rf' ? 'rf' : 'gbt';
const settings = values.params.map((text) => JSON.parse(text) as Record<string, unknown>);
const sets = peerScores.filter(({ set }) => wanted === undefined || wanted.includes(set));
const session = await Session.local({ threads: Number(values.threads) });
if (values.folds === undefined) await compareWithPeers();
else await crossValidate(Number(values.folds));
await session.close();

async function compareWithPeers(): Promise<void> {
  console.log('| set | test rows | metric | ours | best peer | lead % | bar | fit s |');
  console.log('| --- | ---: | --- | ---: | ---: | ---: | --- | ---: |');
  const leads: number[] = [];
  for (const peer of sets) {
    const best = bestPeer(peer);
    const train = await load(peer.set, 'train');
    const test = await load(peer.set, 'test');
    if (best === null || train === null || test === null) continue;
    const scored = await fitAndScore(requestFor(peer, settings[0] ?? {}), train, test);
    const ours = scorePredictions(peer.metric, scored.predictions, scored.labels);
    const lead = leadOf(peer.metric, ours, best.score);
    leads.push(lead);
    const cells = [
      peer.set,
      scored.labels.length,
      peer.metric,
      formatScore(ours),
      `${formatScore(best.score)} ${best.name}`,
      (100 * lead).toFixed(2),
      barText(peer, ours, best.score, scored),
      scored.fitSeconds.toFixed(1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log(`\nmean lead of ${leads.length} sets: ${(100 * mean(leads)).toFixed(2)} %`);
}

async function crossValidate(numFolds: number): Promise<void> {
  settings.forEach((params, i) => {
    console.log(`${i}: ${JSON.stringify(params)}`);
  });
  const heads = settings.map((_, i) => ` ${i} |${i === 0 ? '' : ` ${i}: lead over 0 % |`} s |`);
  console.log(`\n| set | metric |${heads.join('')}`);
  const leads = settings.map((): number[] => []);
  for (const peer of sets) {
    const train = await load(peer.set, 'train');
    if (train === null) continue;
    const folds = await foldsOf(train, numFolds);
    const scores: number[] = [];
    const cells: string[] = [];
    for (const [i, params] of settings.entries()) {
      const request = requestFor(peer, params);
      const results: number[] = [];
      let seconds = 0;
      for (const { rest, held } of folds) {
        const scored = await fitAndScore(request, rest, held);
        results.push(scorePredictions(peer.metric, scored.predictions, scored.labels));
        seconds += scored.fitSeconds;
      }
      scores.push(mean(results));
      const lead = leadOf(peer.metric, scores[i] as number, scores[0] as number);
      leads[i]?.push(lead);
      cells.push(formatScore(scores[i] as number));
      if (i > 0) cells.push((100 * lead).toFixed(2));
      cells.push((seconds / numFolds).toFixed(1));
    }
    console.log(`| ${peer.set} | ${peer.metric} | ${cells.join(' | ')} |`);
  }
  settings.forEach((_, i) => {
    if (i > 0) console.log(`${i}: mean lead over 0: ${(100 * mean(leads[i] ?? [])).toFixed(2)} %`);
  });
}

/** Each fold held out once; the rows of a fold hang on a seed and the row's place alone. */
async function foldsOf(
  table: PartitionedTable,
  numFolds: number,
): Promise<{ rest: PartitionedTable; held: PartitionedTable }[]> {
  const parts = await table.randomSplit(new Array<number>(numFolds).fill(1), { seed: 7 });
  return parts.map((held, k) => {
    const [first, ...others] = parts.filter((_, i) => i !== k);
    const rest = others.reduce((all, part) => all.union(part), first as PartitionedTable);
    return { rest, held };
  });
}

async function load(set: string, part: 'train' | 'test'): Promise<PartitionedTable | null> {
  const path = join(sharedData, `${set}_${part}.parquet`);
  if (!existsSync(path)) {
    console.error(`${set} is skipped: there is no ${path}`);
    return null;
  }
  const table = await session.read.parquet(path);
  return part === 'train' && (await table.count()) > Number(values['max-rows']) ? null : table;
}

function requestFor(peer: PeerScores, params: Record<string, unknown>): FitRequest {
  const { metric, label } = peer;
  return { estimator, metric, label, ignored: ignored[peer.set] ?? [], params };
}

function bestPeer(peer: PeerScores): { name: string; score: number } | null {
  if (estimator === 'rf') {
    return peer.sklearnForest === null ? null : { name: 'scikit-learn', score: peer.sklearnForest };
  }
  const all = [
    { name: 'LightGBM', score: peer.lightgbm },
    { name: 'XGBoost', score: peer.xgboost },
    { name: 'HistGB', score: peer.histGradientBoosting },
  ];
  return all.reduce((a, b) => (leadOf(peer.metric, b.score, a.score) > 0 ? b : a));
}

/** Relative lead, clipped to ±20 %; positive is better. */
function leadOf(metric: PeerScores['metric'], ours: number, best: number): number {
  const lead = isHigherBetter(metric) ? (ours - best) / best : (best - ours) / best;
  return Math.max(-0.2, Math.min(0.2, lead));
}

/** Whether the score may be called no worse, and by which of the two rules. */
function barText(peer: PeerScores, ours: number, best: number, scored: ScoredValues): string {
  const worse = isHigherBetter(peer.metric) ? best - ours : ours - best;
  const fixed = isHigherBetter(peer.metric) ? 0.002 : 0.01 * best;
  if (worse <= fixed) return 'met';
  const mayUseError = peer.metric === 'logLoss' || peer.testRows < manyRows;
  const error = standardError(peer.metric, scored.predictions, scored.labels);
  if (mayUseError && worse <= error) return `met within one standard error (${formatScore(error)})`;
  return `missed by ${formatScore(worse - Math.max(fixed, mayUseError ? error : 0))}`;
}

function formatScore(score: number): string {
  return Math.abs(score) >= 100 ? score.toFixed(1) : score.toFixed(5);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
