/** The measurements as Markdown, for the terminal and for docs/performance.md. */
import type { RowResult } from './results-file.ts';
import type { BenchRow } from './row.ts';
import { type Outcome, outcomeOf } from './standing.ts';

/** The table of all rows, and under it a table of each row's runs. */
export interface Report {
  readonly summary: string;
  readonly runs: string;
}

/** What is known of the rows. */
export function reportOf(
  rows: readonly BenchRow[],
  results: Readonly<Record<string, RowResult>>,
): Report {
  const known = rows.flatMap((row) => {
    const result = results[row.name];
    return result === undefined || result.runs.length === 0
      ? []
      : [{ row, result, outcome: outcomeOf(row, result) }];
  });
  const summary = [
    '| row | ratio | bar | stretch | memory ÷ lightest | score − fastest peer |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...known.map(({ row, outcome }) => summaryLine(row, outcome)),
  ];
  const runs = known.flatMap(({ row, result, outcome }) => section(row, result, outcome));
  return { summary: summary.join('\n'), runs: runs.join('\n').trimEnd() };
}

function summaryLine(row: BenchRow, { ratio, memoryRatio, scoreLead }: Outcome): string {
  const cells = [
    `${row.title} (\`${row.name}\`)`,
    ratio === null ? '–' : ratio.toFixed(2),
    row.bar.toFixed(1),
    row.stretch.toFixed(1),
    memoryRatio === null ? '–' : memoryRatio.toFixed(2),
    scoreLead === null ? '–' : signed(scoreLead),
  ];
  return `| ${cells.join(' | ')} |`;
}

function section(row: BenchRow, result: RowResult, { standings }: Outcome): string[] {
  const metric = { auc: 'AUC', logLoss: 'log loss', rmse: 'RMSE' }[row.metric];
  const notes = standings.flatMap(({ contestant, variant }) => {
    if (contestant.notCounted !== undefined) {
      return [`${contestant.name} is not counted: ${contestant.notCounted}.`];
    }
    if (contestant.onceRounds !== undefined) {
      return [
        `${contestant.name} (${variant}) ran once with ${contestant.onceRounds} trees; its seconds are scaled to all.`,
      ];
    }
    return [];
  });
  return [
    `### ${row.name}`,
    '',
    `${row.title}. ${result.threads} threads, ${result.machine}, Node ${result.node.slice(1)}, ` +
      `revision ${result.revision}, ${result.date}${result.isComplete ? '' : ', not complete'}.`,
    '',
    `| contestant | configuration | runs | ${row.unit ?? 'seconds'} (least to most) | ÷ ours | ${metric} | peak MiB | whole process s | core s | others |`,
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...standings.map((s) => {
      const cells = [
        `${s.contestant.name} ${s.version}`,
        s.variant,
        s.numRuns,
        `${s.seconds.toFixed(2)} (${s.fastest.toFixed(2)} to ${s.slowest.toFixed(2)})`,
        s.ratio.toFixed(2),
        s.score.toFixed(5),
        Math.round(s.peakBytes / 2 ** 20),
        s.processSeconds.toFixed(2),
        s.cpuSeconds.toFixed(1),
        `${Math.round(100 * s.othersShare)} %`,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
    ...(notes.length === 0 ? [] : [...notes, '']),
  ];
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(5)}`;
}
