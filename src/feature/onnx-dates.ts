/** How DatePartExtractor becomes operations of ONNX: the arithmetic of base/civil-date.ts on float64, which it is exact in. */
import type { DatePart } from '../base/civil-date.ts';
import type { OnnxColumn, OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import { columnPairs } from './column-pairs.ts';
import { numberColumn, type PairedStage } from './onnx-columns.ts';

const ticksPerSecond: Readonly<Record<string, number>> = {
  date_ms: 1e3,
  s: 1,
  ms: 1e3,
  us: 1e6,
  ns: 1e9,
};

/** The parts of instants. */
export function addDatePartColumns(
  graph: OnnxGraph,
  stage: PairedStage,
  parts: readonly DatePart[],
  offsetSeconds: number,
): void {
  for (const { input, output } of columnPairs(stage)) {
    const { tensor } = numberColumn(graph, stage, input);
    const calendar = new Calendar(graph);
    const seconds = wholeSeconds(calendar, tensor, graph.typeOf(input) ?? '');
    const { day, time } = calendar.split(calendar.plus(seconds, offsetSeconds));
    const children = parts.map((part): [string, OnnxColumn] => {
      return [part, { kind: 'number', tensor: calendar.part(part, day, time) }];
    });
    graph.name(output, { kind: 'struct', children: new Map(children) });
  }
}

function wholeSeconds(calendar: Calendar, ticks: string, type: string): string {
  if (type === 'date') return calendar.times(ticks, 86_400);
  const perSecond = ticksPerSecond[/^timestamp\((\w+)/.exec(type)?.[1] ?? type] as number;
  return perSecond === 1 ? ticks : calendar.quotient(ticks, perSecond);
}

/** A date of the calendar, as tensors. */
interface CivilDate {
  readonly year: string;
  readonly month: string;
  readonly dayOfMonth: string;
}

/** Whole-number arithmetic on days, as tensors. */
class Calendar {
  readonly #graph: OnnxGraph;
  readonly #dates = new Map<string, CivilDate>();

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
  }

  plus(a: string, b: string | number): string {
    return this.#graph.add('Add', [a, this.#tensor(b)]);
  }

  minus(a: string, b: string | number): string {
    return this.#graph.add('Sub', [a, this.#tensor(b)]);
  }

  times(a: string, b: number): string {
    return this.#graph.add('Mul', [a, this.#tensor(b)]);
  }

  /** Rounded down. */
  quotient(a: string, b: number): string {
    return this.#graph.add('Floor', [this.#graph.add('Div', [a, this.#tensor(b)])]);
  }

  remainder(a: string, b: number): string {
    return this.minus(a, this.times(this.quotient(a, b), b));
  }

  /** Days since 1970, and seconds since midnight. */
  split(seconds: string): { readonly day: string; readonly time: string } {
    return { day: this.quotient(seconds, 86_400), time: this.remainder(seconds, 86_400) };
  }

  part(part: DatePart, day: string, time: string): string {
    switch (part) {
      case 'year':
      case 'month':
      case 'dayOfMonth':
        return this.#dateOf(day)[part];
      case 'quarter':
        return this.quotient(this.plus(this.#dateOf(day).month, 2), 3);
      case 'weekOfYear':
        return this.#weekOfYear(day);
      case 'dayOfYear':
        return this.plus(this.minus(day, this.#firstDayOf(this.#dateOf(day).year)), 1);
      case 'dayOfWeek':
        return this.plus(this.remainder(this.plus(day, 4), 7), 1);
      case 'hour':
        return this.quotient(time, 3600);
      case 'minute':
        return this.remainder(this.quotient(time, 60), 60);
      case 'second':
        return this.remainder(time, 60);
      case 'epochDay':
        return day;
    }
  }

  #dateOf(day: string): CivilDate {
    const known = this.#dates.get(day) ?? this.#civilDate(day);
    this.#dates.set(day, known);
    return known;
  }

  #civilDate(day: string): CivilDate {
    const shifted = this.plus(day, 719_468);
    const era = this.quotient(shifted, 146_097);
    const dayOfEra = this.minus(shifted, this.times(era, 146_097));
    const shortened = this.minus(
      this.plus(
        this.minus(dayOfEra, this.quotient(dayOfEra, 1460)),
        this.quotient(dayOfEra, 36_524),
      ),
      this.quotient(dayOfEra, 146_096),
    );
    const yearOfEra = this.quotient(shortened, 365);
    const leapDays = this.minus(this.quotient(yearOfEra, 4), this.quotient(yearOfEra, 100));
    const daysBefore = this.plus(this.times(yearOfEra, 365), leapDays);
    const dayOfYear = this.minus(dayOfEra, daysBefore);
    const fromMarch = this.quotient(this.plus(this.times(dayOfYear, 5), 2), 153);
    const firstOfMonth = this.quotient(this.plus(this.times(fromMarch, 153), 2), 5);
    const isNextYear = this.#graph.add('GreaterOrEqual', [fromMarch, this.#tensor(10)]);
    const month = this.#graph.add('Where', [
      isNextYear,
      this.minus(fromMarch, 9),
      this.plus(fromMarch, 3),
    ]);
    const year = this.plus(yearOfEra, this.times(era, 400));
    return {
      year: this.#graph.add('Where', [isNextYear, this.plus(year, 1), year]),
      month,
      dayOfMonth: this.plus(this.minus(dayOfYear, firstOfMonth), 1),
    };
  }

  /** The days from 1970-01-01 to the first of January of a year. */
  #firstDayOf(year: string): string {
    const before = this.minus(year, 1);
    const leapDays = this.plus(
      this.minus(this.quotient(before, 4), this.quotient(before, 100)),
      this.quotient(before, 400),
    );
    return this.minus(this.plus(this.times(before, 365), leapDays), 719_162);
  }

  #weekOfYear(day: string): string {
    const fromMonday = this.remainder(this.plus(day, 3), 7);
    const thursday = this.plus(this.minus(day, fromMonday), 3);
    const first = this.#firstDayOf(this.#dateOf(thursday).year);
    return this.plus(this.quotient(this.minus(thursday, first), 7), 1);
  }

  #tensor(value: string | number): string {
    return typeof value === 'string' ? value : this.#graph.doubles([value]);
  }
}
