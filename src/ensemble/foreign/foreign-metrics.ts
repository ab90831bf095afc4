/**
 * From the metrics that another library measures after each round to ours. What has no counterpart is refused with what
 * there is instead.
 */
import { nameAtK } from '../../training/ranking/group-metrics.ts';
import { type ForeignParams, notConvertible, type Rule } from './foreign-params.ts';

/** What is learned, as far as it decides which metrics there are. */
export type ForeignTask = 'binary' | 'multiclass' | 'regression' | 'survival' | 'ranking';

/** A metric of ours; those with first rows take their number from the name's end or from another parameter. */
export interface ForeignMetric {
  /** The metric; `loss` is what is minimised. */
  readonly ours: string;
  readonly tasks: readonly ForeignTask[];
  /** Only with these losses of ours. */
  readonly losses?: readonly string[];
  /** Does `@` and a number after the name say how many first rows count? */
  readonly takesPlaces?: boolean;
  /** Is what stands behind `@` a parameter of the loss, which our loss has already? */
  readonly takesParameter?: boolean;
  /** What it is without such a number, where all rows count then. */
  readonly ofAll?: { readonly ours: string; readonly ndcgAt?: number };
}

/** How a library names its metrics. */
export interface MetricDialect {
  readonly owner: string;
  /** The parameter. */
  readonly param: string;
  readonly metrics: Readonly<Record<string, ForeignMetric>>;
  /** Other names of them. */
  readonly aliases: Readonly<Record<string, string>>;
  /** What stands for no metric of the library's own. */
  readonly plain: readonly string[];
  /** What to do instead, by the names of metrics that we do not have. */
  readonly remedies: Readonly<Record<string, string>>;
  /** Is it the last of several that stops early? */
  readonly lastStops: boolean;
  /** What is learned, and our loss. */
  learned(all: ForeignParams): { readonly task: ForeignTask; readonly loss: string | undefined };
}

/** Several metrics, in one text or a list. */
function namesOf(value: unknown): string[] {
  const names = Array.isArray(value) ? value.map(String) : String(value).split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** The rule for the parameter that names them. */
export function metricRule(dialect: MetricDialect): Rule {
  const { owner, param, plain, lastStops } = dialect;
  return (value, options, all) => {
    if (typeof value === 'function')
      throw notConvertible(
        owner,
        param,
        value,
        'names: give metricFunction a function of your own',
      );
    const names = namesOf(value).filter((name) => !plain.includes(name));
    const found = names.map((name) => ourMetric(dialect, name, all));
    if (found.length === 0) return;
    const ordered = lastStops ? [...found.slice(-1), ...found.slice(0, -1)] : found;
    const places = new Set(ordered.flatMap(({ count }) => count ?? []));
    // one number of first rows is told beside the names, several in them
    const [only] = places;
    if (places.size === 1) options['ndcgAt'] = only;
    const named = ordered.map(({ ours, count }) =>
      count === undefined || places.size === 1 ? ours : nameAtK(ours, count),
    );
    options['validationMetrics'] = [...new Set(named)];
  };
}

/** A metric of ours, and how many first rows it looks at where that is told. */
interface OurMetric {
  readonly ours: string;
  readonly count?: number;
}

function ourMetric(dialect: MetricDialect, name: string, all: ForeignParams): OurMetric {
  const { owner, param, metrics, aliases, remedies } = dialect;
  const { task, loss } = dialect.learned(all);
  const [, typed = name, places] = /^([^@]+?)(?:@([^-]+))?-?$/.exec(name) ?? [];
  const stem = aliases[typed] ?? typed;
  const metric = metrics[stem];
  const isMeasured =
    metric?.tasks.includes(task) === true &&
    (metric.losses === undefined || metric.losses.includes(loss ?? '')) &&
    (places === undefined || metric.takesPlaces === true || metric.takesParameter === true);
  if (metric === undefined || !isMeasured) {
    const known = Object.entries(metrics)
      .filter(
        ([, { tasks, losses }]) => tasks.includes(task) && losses?.includes(loss ?? '') !== false,
      )
      .map(([known]) => known);
    const remedy = remedies[stem];
    const rule = `one or more of ${known.join(', ')} with this objective`;
    throw notConvertible(owner, param, name, remedy === undefined ? rule : `${rule} (${remedy})`);
  }
  if (metric.takesParameter === true) return { ours: metric.ours };
  const count = places === undefined ? metric.ofAll?.ndcgAt : Number(places);
  if (count === undefined) return { ours: metric.ofAll?.ours ?? metric.ours };
  if (Number.isInteger(count) && count > 0) return { ours: metric.ours, count };
  throw notConvertible(owner, param, name, 'with a positive integer behind @');
}
