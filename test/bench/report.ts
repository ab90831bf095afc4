/** The measurements as Markdown, for the terminal and for docs/performance.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './bench-home.ts';
import type { RowResult } from './results-file.ts';
import type { BenchRow } from './row.ts';
import { type Outcome, outcomeOf } from './standing.ts';

const begin = '<!-- made by `npm run bench -- --write`; do not edit by hand -->';
const end = '<!-- end of what the benchmark writes -->';

/** The summary and one table a row. */
export function reportText(
  rows: readonly BenchRow[],
  results: Readonly<Record<string, RowResult>>,
): string {
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
  return [
    ...summary,
    '',
    ...known.flatMap(({ row, result, outcome }) => section(row, result, outcome)),
  ]
    .join('\n')
    .trimEnd();
}

/** Puts the text into docs/performance.md, between its marks. */
export function writeReport(text: string): void {
  const path = join(repository, 'docs', 'performance.md');
  const page = existsSync(path)
    ? readFileSync(path, 'utf8')
    : `# Performance\n\n${begin}\n${end}\n`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} must hold the two marks; got a page without`);
  writeFileSync(path, `${page.slice(0, from) + begin}\n\n${text}\n\n${page.slice(to)}`);
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
