/**
 * A chain of models in PMML: sums of boosted trees, one a score, and regressions behind them that read what was handed on.
 * A chain of one model is that model.
 */
import { continuous, element, numberText, outputField } from '../../pipeline/pmml/pmml-text.ts';
import type { PmmlCell, PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { WrittenModel } from '../prediction/written-model.ts';
import { appendSegments, appendTrees, type FunctionName, fieldsOf } from './mining-models.ts';
import type { PmmlFeature } from './split-predicates.ts';

/** What stands at the head of a model that reads these fields. */
export type HeadOf = (fields: readonly string[]) => string;

/** One row of terms: the class it is for, and what is added to them. */
export interface RegressionTable {
  readonly fields: readonly string[];
  readonly intercept?: number;
  readonly targetCategory?: string;
}

/** A regression whose terms all count once. */
export interface Regression {
  readonly functionName?: FunctionName;
  readonly normalization?: string;
  readonly tables: readonly RegressionTable[];
  readonly head: HeadOf;
}

/** See the header. */
export class ScoreChain {
  readonly #writer: PmmlWriter;
  readonly #model: WrittenModel;
  readonly #features: readonly (PmmlFeature | undefined)[];
  readonly #offsets: readonly string[];
  readonly #parts: string[] = [];
  readonly #segments: (() => void)[] = [];
  readonly #inner = new Set<string>();

  constructor(
    writer: PmmlWriter,
    model: WrittenModel,
    features: readonly (PmmlFeature | undefined)[],
  ) {
    this.#writer = writer;
    this.#model = model;
    this.#features = features;
    this.#offsets = offsetFields(writer, model);
  }

  /** A name for what one model hands on to another. */
  innerName(name: string): string {
    let own = this.#writer.newName(name);
    while (this.#inner.has(own)) own += '_';
    this.#inner.add(own);
    return own;
  }

  /** The head of a model that hands its value on. */
  handing(name: string, isResult = false): HeadOf {
    const feature = { feature: 'predictedValue', ...(isResult ? {} : { isFinalResult: 'false' }) };
    const output = element('Output', {}, outputField(name, continuous, feature));
    return (fields) => this.#writer.miningSchema(fields) + output;
  }

  /** The k-th score: what its trees and the start of boosting say, and the offset. */
  addScore(k: number, head: HeadOf): void {
    const { trees, baseScores } = this.#model.data;
    const width = baseScores.length;
    const count = Math.ceil((trees.numTrees - k) / width);
    const of = Array.from({ length: count }, (_, i) => k + i * width);
    const leaf = (node: number) => [` score="${trees.value[node]}"`, ''] as const;
    const written = { trees, of, features: this.#features, leaf, constant: baseScores[k] };
    const offset = this.#offsets[k];
    const sum = offset === undefined ? null : this.innerName('sum');
    const own = sum === null ? head : this.handing(sum);
    this.#segments.push(() => {
      const kind = { functionName: 'regression', head: own(fieldsOf(written)) } as const;
      appendTrees(this.#parts, this.#writer, { ...kind, method: 'sum' }, written);
    });
    if (sum !== null && offset !== undefined)
      this.addRegression({ tables: [{ fields: [sum, offset] }], head });
  }

  /** A regression behind what is there. */
  addRegression({ functionName = 'regression', normalization, tables, head }: Regression): void {
    const texts = tables.map(({ fields, intercept = 0, targetCategory }) => {
      const terms = fields.map((name) => element('NumericPredictor', { name, coefficient: 1 }));
      const attributes = { intercept: numberText(intercept), targetCategory };
      return element('RegressionTable', attributes, ...terms);
    });
    const fields = [...new Set(tables.flatMap((table) => table.fields))];
    this.#segments.push(() => {
      const attributes = { functionName, normalizationMethod: normalization };
      this.#parts.push(element('RegressionModel', attributes, head(fields), ...texts), '\n');
    });
  }

  /** The whole model. @param target the field of the label */
  finish(functionName: FunctionName, target: string | null): readonly string[] {
    const { trees } = this.#model.data;
    const of = Array.from({ length: trees.numTrees }, (_, tree) => tree);
    if (this.#segments.length === 1) this.#segments[0]?.();
    else {
      const fields = [...fieldsOf({ trees, of, features: this.#features }), ...this.#offsets];
      const head = this.#writer.miningSchema(fields, target);
      const chain = { functionName, head, method: 'modelChain' } as const;
      appendSegments(this.#parts, chain, this.#segments);
    }
    return this.#parts;
  }
}

/** The fields of the rows' own margins, one a score. */
function offsetFields(writer: PmmlWriter, { data, offsetCol }: WrittenModel): string[] {
  if (offsetCol === undefined) return [];
  const width = data.baseScores.length;
  const type = width === 1 ? 'double' : `vector[${width}]`;
  const column = writer.column(offsetCol, type);
  const cells: PmmlCell[] = column.kind === 'parts' ? [...column.parts.values()] : [column];
  return cells.map((cell) => writer.number(cell));
}
