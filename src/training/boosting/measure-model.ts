/**
 * What each round of a boosted model adds, measured on other rows, as every rank finds it: its rows walk tree after
 * tree, and after each round the metrics are measured (measure-rounds.ts). Bounded by rows · trees · depth; a meeting
 * a round and metric.
 */
import type { RankContext } from '../../cluster/rank-program.ts';
import { packTrees } from '../../tree/tree.ts';
import type { MeasureJob, RankResult } from '../messages.ts';
import { rankReport, trainedFacts } from '../rank-result.ts';
import { measureRound, seriesOf } from '../validation/measure-rounds.ts';
import { prepareWalk, TreeWalk } from './tree-walk.ts';

/** One rank of it. */
export async function runMeasureModel(context: RankContext, job: MeasureJob): Promise<RankResult> {
  const { state, clock } = await prepareWalk(context, job);
  const { environment, rows, objective } = state;
  const { trees, columns, roundEnds, baseScores } = job.measured;
  const walk = new TreeWalk(state, trees, columns);
  const series = seriesOf(state);
  const history = series.map(({ set, metric }) => ({ set, metric, values: [] as number[] }));
  let tree = 0;
  for (const [round, end] of roundEnds.entries()) {
    environment.collective.checkAborted();
    for (; tree < end; tree++) await walk.add(tree, tree % objective.numOutputs);
    const values = await measureRound(state, series);
    for (const [s, value] of values.entries()) history[s]?.values.push(value);
    const total = roundEnds.length;
    environment.progress({ phase: 'train', done: round + 1, total, message: 'rounds' });
  }
  clock.end('grow');
  return {
    facts: trainedFacts(rows, { baseScores, history, memberRounds: [], chosen: null }),
    trees: packTrees([], 1),
    treeNumbers: [],
    report: rankReport(environment, rows, null, clock),
  };
}
