/**
 * A model written as one JavaScript module. A row has numbered slots, a number or a text each; columns of the model's words
 * are places of slots. Every stage adds steps: data, and the piece of code that runs such steps (module-code.ts). What a model
 * predicts are columns too, so that others can read them. Names and categories are data, never code.
 */
import { CoppiceError } from '../../base/errors.ts';
import { libraryVersion } from '../../base/library-version.ts';
import type { ClassValue } from '../../training/messages.ts';
import { type LogicalField, type LogicalSchema, typeAtPath } from '../logical-schema.ts';
import type { PredictionColumns } from '../prediction-columns.ts';
import { isSingle, type RowPart, rowPartAt } from '../row-reader.ts';
import { codeTexts, type ModuleOp } from './module-code.ts';
import { classesType, type DeclaredInput, declarationsOf } from './module-declarations.ts';
import { literal } from './module-literals.ts';
import { moduleHead, moduleTail } from './module-runtime.ts';
import { type ModuleStep, neededSteps, type WrittenStep } from './module-steps.ts';

/** A column of one row. */
export type ModuleColumn = (
  | {
      readonly kind: 'number' | 'text' | 'flag';
      readonly slot: number;
      readonly isSingle: boolean;
      /** It is an integer of 64 bits, of which a module's numbers do not hold all. */
      readonly isWide?: boolean;
    }
  | {
      readonly kind: 'parts';
      readonly parts: ReadonlyMap<string, ModuleColumn>;
      /** Its parts are called by their numbers. */
      readonly isVector?: boolean;
    }
) & {
  /** The classes that a model predicts, or tells something of each. */
  readonly classes?: readonly ClassValue[];
};

/** A column that is one value. */
export type ModuleCell = Exclude<ModuleColumn, { kind: 'parts' }>;

/** Where a model's answers lie, by name: one slot, or one a value. */
export interface AnswerPlaces {
  readonly prediction: number | readonly number[];
  readonly rawPrediction: readonly number[];
  readonly probability: readonly number[];
}

/** What a model predicts. */
export interface AnswerShape {
  readonly classes: readonly ClassValue[];
  /** How many numbers a prediction is; left out where it is one value. */
  readonly width?: number | undefined;
  /** How many raw scores and probabilities there are; as many as classes where left out. */
  readonly scores?: number | undefined;
}

interface Places {
  readonly kind: ModuleCell['kind'];
  readonly places: number | readonly number[];
}

interface Input extends DeclaredInput {
  readonly kind: ModuleCell['kind'];
  readonly slot: number;
  readonly unit?: string;
  readonly single?: true;
  /** It is read as whole seconds, rounded down. */
  readonly seconds?: true;
  /** Where it lies in a row that has the column which it is a part of. */
  readonly within?: RowPart;
}

/** Gathers what a module is made of. */
export class ModuleWriter {
  /** The class of the model. */
  readonly owner: string;
  #columns = new Map<string, ModuleColumn>();
  #isKnown = false;
  #more: readonly (readonly [string, ModuleCell])[] = [];
  readonly #inputs: Input[] = [];
  readonly #steps: WrittenStep[] = [];
  #numSlots = 0;
  #byPosition = false;
  readonly #margins = new Set<string>();

  constructor(owner: string) {
    this.owner = owner;
  }

  /** The columns that a pipeline begins with. */
  know(schema: LogicalSchema): void {
    for (const field of schema) {
      // no stage reads a column of anything else
      if (isReadable(field)) this.#columns.set(field.name, this.#inputOf(field));
    }
    this.#isKnown = true;
  }

  /** Whether anybody has said which columns there are. */
  get isKnown(): boolean {
    return this.#isKnown || this.#columns.size > 0;
  }

  /** The features of a model alone: values by their names, or in their order. */
  features(
    features: readonly { readonly name: string; readonly isCategory: boolean }[],
    schema: LogicalSchema,
    paths: readonly (readonly string[])[],
  ): ModuleCell[] {
    this.#byPosition = true;
    return features.map(({ name, isCategory }, f) => {
      const path = paths[f] as readonly string[];
      const type = typeAtPath(schema, path);
      const within = rowPartAt(schema, path);
      const kind = isCategory ? 'text' : 'number';
      const slot = this.slot();
      const unit = unitOf(type);
      const input = {
        ...({ name, kind, slot, type, isCategory } as const),
        ...(within === null ? {} : { within }),
        ...(kind === 'number' && isSingle(type) ? ({ single: true } as const) : {}),
      };
      this.#inputs.push({ ...input, ...(unit === null ? {} : { unit }) });
      return { kind, slot, isSingle: isSingle(type) };
    });
  }

  /** The slots of a model's margins where a stage makes them or a pipeline's row has them; null where the row alone has. */
  margins(offsetCol: string | undefined): readonly number[] | null {
    if (offsetCol === undefined) return null;
    if (this.#columns.has(offsetCol)) return slotsOf(this.column(offsetCol));
    this.#margins.add(offsetCol);
    return null;
  }

  /** A column that is one value. @throws CoppiceError `UNSUPPORTED` */
  cell(path: readonly string[]): ModuleCell {
    const [name = '', part] = path;
    const column = this.column(name);
    const found = part === undefined || column.kind !== 'parts' ? column : column.parts.get(part);
    if (found !== undefined && found.kind !== 'parts') return found;
    throw this.refusal('single values where it reads them', `parts in ${path.join('.')}`);
  }

  /** The logical type of a column as the row has it; undefined for one that a stage has made. */
  typeOf({ slot }: ModuleCell): string | undefined {
    return this.#inputs.find((input) => input.slot === slot)?.type;
  }

  /**
   * The slot of a column of instants as whole seconds since 1970, which the row's own unit may be too fine for.
   *
   * @throws CoppiceError `UNSUPPORTED` for a column that a stage has made
   */
  seconds(name: string): number {
    const cell = this.cell([name]);
    const input = this.#inputs.find((one) => one.slot === cell.slot);
    if (input?.unit === undefined) throw this.refusal('instants of the row to take apart', name);
    const known = this.#inputs.find((one) => one.name === name && one.seconds === true);
    if (known !== undefined) return known.slot;
    const slot = this.slot();
    this.#inputs.push({ ...input, slot, seconds: true });
    return slot;
  }

  /** A column. @throws CoppiceError `UNSUPPORTED` for one that no step has made */
  column(name: string): ModuleColumn {
    const column = this.#columns.get(name);
    if (column !== undefined) return column;
    throw this.refusal(
      'stages that read columns of the row or of stages before',
      `one that reads ${name}`,
    );
  }

  /** Whether there is a column of this name. */
  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** Whether a column of parts is a vector, whose parts are called by their numbers. */
  isVector(name: string): boolean {
    const column = this.#columns.get(name);
    return column?.kind === 'parts' && column.isVector === true;
  }

  /** Names a column that a stage makes. */
  name(name: string, column: ModuleColumn): void {
    this.#columns.set(name, column);
  }

  /** A new slot. */
  slot(): number {
    this.#numSlots += 1;
    return this.#numSlots - 1;
  }

  /** A step that makes cells of others. */
  step(code: ModuleOp, step: ModuleStep): void {
    this.#steps.push({ code, step });
  }

  /** Names the columns that a model predicts into, and gives their slots. */
  predicted(names: PredictionColumns, shape: AnswerShape): AnswerPlaces {
    const { classes, width, scores = classes.length } = shape;
    const numbers = (name: string | null, count: number): number[] => {
      const slots = Array.from({ length: count }, () => this.slot());
      if (name !== null && count > 0) this.name(name, vectorOf(slots, classes));
      return slots;
    };
    const rawPrediction = numbers(names.rawPredictionCol, scores);
    const probability = numbers(names.probabilityCol, scores);
    if (width !== undefined)
      return { rawPrediction, probability, prediction: numbers(names.predictionCol, width) };
    const slot = this.slot();
    this.name(names.predictionCol, { kind: kindOf(classes), slot, isSingle: false, classes });
    return { rawPrediction, probability, prediction: slot };
  }

  /** One more number that the module tells. */
  tell(name: string, cell: ModuleCell): void {
    this.#more = [...this.#more, [name, cell]];
  }

  /** Runs what adds a stage; what it names is not seen outside. */
  inside<T>(add: () => T): T {
    const [columns, more] = [this.#columns, this.#more];
    this.#columns = new Map(columns);
    try {
      return add();
    } finally {
      this.#columns = columns;
      this.#more = more;
    }
  }

  /** The error for what a module cannot carry. */
  refusal(rule: string, got: string, remedy = 'save it, and score it with coppice'): CoppiceError {
    return new CoppiceError(
      'UNSUPPORTED',
      `a model written as a JavaScript module must have ${rule}; ${this.owner} has ${got}; ${remedy}`,
      { context: { owner: this.owner } },
    );
  }

  /**
   * The text of the module.
   *
   * @param names the columns that are the answer
   * @throws CoppiceError `UNSUPPORTED` for stages that predict nothing
   */
  text(names: PredictionColumns | null): string {
    const { said, answer } = this.#answer(names);
    const { steps, inputs } = this.#needed(answer);
    const spec = {
      byPosition: this.#byPosition,
      inputs: inputs.map(({ type, isCategory, ...input }) => input),
      numSlots: this.#numSlots,
      steps: steps.map(({ code, step: { always, ...step } }) => ({ op: code.op, ...step })),
      ...{ answer, classes: said.classes ?? [] },
    };
    return [
      `// A ${this.owner} as a module without dependencies, written by Coppice ${libraryVersion}.`,
      '// predict(row) answers with the same bits as the scorer() of the model.',
      `const spec = ${literal(spec)};`,
      moduleHead,
      codeTexts(steps.map(({ code }) => code)).join('\n\n'),
      moduleTail,
    ].join('\n');
  }

  /** The declarations of the module for TypeScript. @throws CoppiceError `UNSUPPORTED` as for its text */
  declarations(names: PredictionColumns | null): string {
    const { said, answer } = this.#answer(names);
    const { inputs } = this.#needed(answer);
    const { prediction, rawPrediction: _raw, probability: _p, ...more } = answer;
    const typeOf = ({ kind }: Places): string => (kind === 'flag' ? 'boolean' : 'number');
    const { classes = [] } = said;
    const predicted = Array.isArray(prediction.places)
      ? 'Float64Array'
      : classes.length === 0
        ? typeOf(prediction)
        : classesType(classes);
    return declarationsOf({
      ...{ owner: this.owner, inputs, byPosition: this.#byPosition, classes },
      margins: [...this.#margins],
      answer: [
        ['prediction', predicted],
        ['rawPrediction', 'Float64Array'],
        ['probability', 'Float64Array'],
        ...Object.entries(more).map(([name, places]) => [name, typeOf(places)] as const),
      ],
    });
  }

  /** What an answer is made of. A list of values has one for each feature, used or not. */
  #needed(answer: Readonly<Record<string, Places>>) {
    const reads = Object.values(answer).flatMap(({ places }) => places);
    const { steps, needed } = neededSteps(this.#steps, reads);
    // the parts of a column are read together
    const names = new Set(this.#inputs.filter(({ slot }) => needed.has(slot)).map((i) => i.name));
    const inputs = this.#inputs.filter(({ name }) => this.#byPosition || names.has(name));
    return { steps, inputs };
  }

  #answer(names: PredictionColumns | null) {
    if (names === null) throw this.refusal('a stage that predicts', 'stages that predict nothing');
    const said = this.column(names.predictionCol);
    const more = this.#more.map(([name, cell]) => [name, placesOf(cell)] as const);
    const answer: Readonly<Record<string, Places>> & Readonly<Record<'prediction', Places>> = {
      prediction: placesOf(said),
      rawPrediction: this.#vector(names.rawPredictionCol),
      probability: this.#vector(names.probabilityCol),
      ...Object.fromEntries(more),
    };
    return { said, answer };
  }

  #vector(name: string | null): Places {
    const column = name === null ? undefined : this.#columns.get(name);
    return column?.kind === 'parts' ? placesOf(column) : { kind: 'number', places: [] };
  }

  #inputOf(field: LogicalField): ModuleColumn {
    const { name, type, children = [] } = field;
    const width = Number(/^vector\[(\d+)\]$/.exec(type)?.[1] ?? -1);
    if (width >= 0) {
      const [item] = children;
      const parts = Array.from({ length: width }, (_, i) => {
        const own = { name, type: item?.type ?? 'double' };
        return [`${i}`, this.#cellOf(own, { part: i, width })] as const;
      });
      return { kind: 'parts', parts: new Map(parts), isVector: true };
    }
    if (type !== 'struct') return this.#cellOf(field, {});
    const parts = children.map((child) => {
      const cell = this.#cellOf({ name, type: child.type }, { part: child.name });
      return [child.name, cell] as const;
    });
    return { kind: 'parts', parts: new Map(parts) };
  }

  #cellOf({ name, type }: LogicalField, place: Pick<Input, 'part' | 'width'>): ModuleCell {
    const slot = this.slot();
    const isText = type === 'string' || type.startsWith('dictionary');
    const kind = isText ? 'text' : type === 'boolean' ? 'flag' : 'number';
    const unit = unitOf(type);
    this.#inputs.push({
      ...{ name, ...place, kind, slot, type },
      ...(unit === null ? {} : { unit }),
      ...(isSingle(type) ? { single: true } : {}),
    });
    return { kind, slot, isSingle: isSingle(type), isWide: /^u?bigint$/.test(type) };
  }
}

/** Whether a column holds values, or structs or vectors of them. */
function isReadable({ type, children = [] }: LogicalField): boolean {
  const isNested = (inner: string): boolean =>
    ['struct', 'list', 'map'].includes(inner) || inner.startsWith('vector[');
  if (type === 'list' || type === 'map') return false;
  return !isNested(type) || children.every((child) => !isNested(child.type));
}

/** What counts the instants of a column; null for what holds none. */
function unitOf(type: string): string | null {
  if (type === 'date') return 'day';
  if (type === 'date_ms') return 'ms';
  return /^timestamp\((\w+)/.exec(type)?.[1] ?? null;
}

function kindOf([first]: readonly ClassValue[]): ModuleCell['kind'] {
  if (typeof first === 'string') return 'text';
  return typeof first === 'boolean' ? 'flag' : 'number';
}

/** A column of one number for each of some slots. */
function vectorOf(slots: readonly number[], classes: readonly ClassValue[]): ModuleColumn {
  const parts = slots.map((slot, i): [string, ModuleColumn] => [
    `${i}`,
    { kind: 'number', slot, isSingle: false },
  ]);
  return { kind: 'parts', parts: new Map(parts), isVector: true, classes };
}

/** The slots of a column, part by part. */
export function slotsOf(column: ModuleColumn): number[] {
  return column.kind === 'parts' ? [...column.parts.values()].flatMap(slotsOf) : [column.slot];
}

function placesOf(column: ModuleColumn): Places {
  return column.kind === 'parts'
    ? { kind: 'number', places: slotsOf(column) }
    : { kind: column.kind, places: column.slot };
}
