/**
 * A document of PMML 4.4 (https://dmg.org/pmml/v4-4-1/GeneralStructure.html): columns that are given are data fields, what
 * stages make of them derived fields, and one model at the end reads both. Stages find each other's columns by name.
 *
 *   number   continuous double, missing stays missing     flag   boolean     text   categorical string
 *   parts    a struct or a vector: fields of their own, a.b and v_0
 */
import { CoppiceError } from '../../base/errors.ts';
import { libraryVersion } from '../../base/library-version.ts';
import type { LogicalField, LogicalSchema } from '../logical-schema.ts';
import { instantUnit } from '../time-ticks.ts';
import {
  type Attributes,
  apply,
  element,
  fieldRef,
  numberConstant,
  opened,
  textConstant,
  whereThere,
} from './pmml-text.ts';

/** A column that is one value. */
export type PmmlCell =
  | { readonly kind: 'number'; readonly field: string; readonly isFloat32?: boolean }
  | { readonly kind: 'flag'; readonly field: string }
  | { readonly kind: 'text'; readonly field: string; readonly kept?: KeptCategories };

/** What an indexer has made of a text: others than the known ones are one category. */
export interface KeptCategories {
  readonly known: readonly string[];
  readonly unknown: string;
  readonly missingIsUnknown: boolean;
}

/** A column of a document. */
export type PmmlColumn =
  | PmmlCell
  | {
      readonly kind: 'parts';
      readonly parts: ReadonlyMap<string, PmmlCell>;
      /** Its parts are called by their numbers. */
      readonly isVector: boolean;
    };

interface DataField {
  readonly optype: 'continuous' | 'categorical';
  readonly dataType: string;
  readonly displayName: string | undefined;
  /** Of the label: its classes. Others have none, so that no category is invalid, not even where an engine ignores `asIs`. */
  readonly values: readonly string[];
}

/** A text of V8 has at most 2^29 − 24 characters. */
const mostCharacters = 2 ** 29 - 24;

/** See the header. */
export class PmmlWriter {
  /** The class of the model that is written, for errors. */
  readonly owner: string;
  readonly #schema = new Map<string, LogicalField>();
  readonly #columns = new Map<string, PmmlColumn>();
  readonly #fields = new Map<string, DataField>();
  readonly #derived = new Map<string, { readonly text: string; readonly bases: string[] }>();
  /** What was derived of a cell as another kind. */
  readonly #made = new Map<PmmlCell, string>();
  #model: readonly string[] | null = null;

  constructor(owner: string) {
    this.owner = owner;
  }

  /** The columns that a pipeline is given. */
  know(schema: LogicalSchema): void {
    for (const field of schema)
      if (!this.#schema.has(field.name)) this.#schema.set(field.name, field);
  }

  /** A column that a stage has made, or that is given. @param type of one that nobody knows */
  column(name: string, type = 'double'): PmmlColumn {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const column = this.#given(this.#schema.get(name) ?? { name, type });
    this.#columns.set(name, column);
    return column;
  }

  /** A column that is one value. @throws CoppiceError `UNSUPPORTED` */
  cell([name = '', part]: readonly string[]): PmmlCell {
    const column = this.column(name);
    const found = column.kind === 'parts' ? column.parts.get(part ?? '') : column;
    if (found !== undefined) return found;
    throw this.refusal('single values where a stage reads them', `parts in ${name}`);
  }

  /** Whether a stage or the table has this column. */
  has(name: string): boolean {
    return this.#columns.has(name) || this.#schema.has(name);
  }

  /** Names a column that a stage makes. */
  name(name: string, column: PmmlColumn): void {
    this.#columns.set(name, column);
  }

  /** A data field of a logical type. */
  input(name: string, type: string): PmmlCell {
    if (this.#fields.has(name) || this.#derived.has(name)) {
      throw new CoppiceError(
        'COLUMN_EXISTS',
        `the fields of ${this.owner} must have names of their own; got ${name} twice; rename the column before the fit`,
        { context: { owner: this.owner, column: name } },
      );
    }
    const kind =
      type === 'string' || type.startsWith('dictionary')
        ? 'text'
        : type === 'boolean'
          ? 'flag'
          : 'number';
    this.#fields.set(name, {
      optype: kind === 'number' ? 'continuous' : 'categorical',
      dataType: kind === 'number' ? 'double' : kind === 'flag' ? 'boolean' : 'string',
      displayName: unitOf(name, type),
      values: [],
    });
    const isFloat32 = type === 'float' || type === 'half';
    return kind === 'number' ? { kind, field: name, isFloat32 } : { kind, field: name };
  }

  /** A field that is computed. @returns its name, with underscores where another has it */
  derive(
    name: string,
    { isText = false, text, from }: { isText?: boolean; text: string; from: readonly string[] },
  ): string {
    const field = this.newName(name);
    const type = isText
      ? { optype: 'categorical', dataType: 'string' }
      : { optype: 'continuous', dataType: 'double' };
    this.#derived.set(field, {
      text: element('DerivedField', { name: field, ...type }, text),
      bases: this.basesOf(from),
    });
    return field;
  }

  /** A name that no field has. */
  newName(name: string): string {
    let own = name;
    while (this.#fields.has(own) || this.#derived.has(own) || this.#schema.has(own)) own += '_';
    return own;
  }

  /** The data fields that these fields are computed from. */
  basesOf(fields: readonly string[]): string[] {
    const bases = fields.flatMap((field) => this.#derived.get(field)?.bases ?? [field]);
    return [...new Set(bases)];
  }

  /** The field of a cell as a number; true is 1. @throws CoppiceError `UNSUPPORTED` for a text */
  number(cell: PmmlCell): string {
    const { kind, field } = cell;
    if (kind === 'number') return field;
    if (kind === 'text')
      throw this.refusal('numbers where a stage reads them', `the text ${field}`);
    const made = apply('if', fieldRef(field), numberConstant(1), numberConstant(0));
    const text = whereThere(field, made);
    return this.#once(cell, () => this.derive(`number(${field})`, { text, from: [field] }));
  }

  /**
   * The field of a cell whose value is looked up among categories: where its indexer has made one category of those that it
   * does not know, and somebody can tell, a field that has it so.
   */
  text(cell: Extract<PmmlCell, { kind: 'text' }>, categories: readonly string[]): string {
    const { field, kept } = cell;
    // an unknown category that is none of these either goes the way of others by itself
    if (kept === undefined || !(kept.missingIsUnknown || categories.includes(kept.unknown)))
      return field;
    const { known, unknown, missingIsUnknown } = kept;
    const ref = fieldRef(field);
    const other = textConstant(unknown);
    const isKnown = apply('isIn', ref, ...known.map((category) => textConstant(category)));
    const found = known.length === 0 ? other : apply('if', isKnown, ref, other);
    const text = missingIsUnknown
      ? apply('if', apply('isMissing', ref), other, found)
      : whereThere(field, found);
    const name = `kept(${field})`;
    return this.#once(cell, () => this.derive(name, { isText: true, text, from: [field] }));
  }

  #once(cell: PmmlCell, derive: () => string): string {
    const known = this.#made.get(cell) ?? derive();
    this.#made.set(cell, known);
    return known;
  }

  /** The fields that a model reads, and what it learned to tell. */
  miningSchema(fields: readonly string[], target: string | null = null): string {
    const own = this.basesOf(fields).map((name) => {
      const { optype } = this.#fields.get(name) ?? {};
      const invalid = optype === 'categorical' ? 'asIs' : optype && 'asMissing';
      return element('MiningField', { name, invalidValueTreatment: invalid });
    });
    const told =
      target === null ? '' : element('MiningField', { name: target, usageType: 'target' });
    return element('MiningSchema', {}, told, ...own);
  }

  /** A data field for the label; null where a column of this name is read, or nobody knows it. */
  target(
    name: string | undefined,
    type: Pick<DataField, 'optype' | 'dataType'>,
    values: readonly string[],
  ): string | null {
    if (name === undefined || this.#fields.has(name) || this.#derived.has(name)) return null;
    this.#fields.set(name, { ...type, displayName: undefined, values });
    return name;
  }

  /** The model, once all its fields are known. @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS` */
  model(parts: readonly string[], outputs: readonly string[]): void {
    if (this.#model !== null) throw this.refusal('one model', 'several');
    const twice = outputs.find(
      (name, i) => this.#fields.has(name) || this.#derived.has(name) || outputs.indexOf(name) !== i,
    );
    if (twice !== undefined) {
      throw new CoppiceError(
        'COLUMN_EXISTS',
        `the outputs of ${this.owner} must have names of their own; got ${twice} twice; give the model another predictionCol, probabilityCol or rawPredictionCol (model.copy)`,
        { context: { owner: this.owner, column: twice } },
      );
    }
    this.#model = parts;
  }

  /** The document. @throws CoppiceError `UNSUPPORTED` for stages that predict nothing, or too much text */
  document(): string {
    if (this.#model === null)
      throw this.refusal('a stage that predicts', 'stages that predict nothing');
    const fields = [...this.#fields].map(([name, { values, ...type }]) =>
      element(
        'DataField',
        { name, ...(type as Attributes) },
        ...values.map((value) => element('Value', { value })),
      ),
    );
    const derived = [...this.#derived.values()].map(({ text }) => text);
    const parts = [
      '<?xml version="1.0" encoding="UTF-8"?>\n',
      opened('PMML', { xmlns: 'http://www.dmg.org/PMML-4_4', version: '4.4' }),
      '\n',
      element(
        'Header',
        { description: this.owner },
        element('Application', { name: 'Coppice', version: libraryVersion }),
      ),
      `\n${opened('DataDictionary', { numberOfFields: fields.length })}\n${fields.join('\n')}\n</DataDictionary>\n`,
      derived.length === 0
        ? ''
        : `<TransformationDictionary>\n${derived.join('\n')}\n</TransformationDictionary>\n`,
      ...this.#model,
      '</PMML>\n',
    ];
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    if (size > mostCharacters) {
      const remedy = 'truncate the model, or fit fewer or smaller trees';
      throw this.refusal(`at most ${mostCharacters} characters`, String(size), remedy);
    }
    return parts.join('');
  }

  /** The error for what PMML cannot carry. */
  refusal(
    rule: string,
    got: string,
    remedy = 'write it as ONNX or a JavaScript module, or save it',
  ): CoppiceError {
    return new CoppiceError(
      'UNSUPPORTED',
      `a model written as PMML must have ${rule}; ${this.owner} has ${got}; ${remedy}`,
      { context: { owner: this.owner } },
    );
  }

  #given({ name, type, children = [] }: LogicalField): PmmlColumn {
    const width = Number(/^vector\[(\d+)\]$/.exec(type)?.[1] ?? -1);
    if (width >= 0) {
      const parts = Array.from({ length: width }, (_, i): [string, PmmlCell] => [
        `${i}`,
        this.input(`${name}_${i}`, children[0]?.type ?? 'double'),
      ]);
      return { kind: 'parts', parts: new Map(parts), isVector: true };
    }
    if (type !== 'struct') return this.input(name, type);
    const parts = children.map((child): [string, PmmlCell] => [
      child.name,
      this.input(`${name}.${child.name}`, child.type),
    ]);
    return { kind: 'parts', parts: new Map(parts), isVector: false };
  }
}

/** What a number of a column of instants counts. */
function unitOf(name: string, type: string): string | undefined {
  const unit = instantUnit(type);
  return unit === undefined ? undefined : `${name}, ${unit} since 1970-01-01`;
}
