/**
 * A model written as one JavaScript module: what it does to a row as data, before a runtime that is the same for all
 * (module-runtime.ts). A row has numbered slots, a number or a text each; columns of the model's words are places of slots.
 * Names and categories are data too, never code.
 */
import { CoppiceError } from '../../base/errors.ts';
import { libraryVersion } from '../../base/library-version.ts';
import type { LogicalField, LogicalSchema } from '../logical-schema.ts';
import { moduleRuntime } from './module-runtime.ts';

/** A column of one row. */
export type ModuleColumn =
  | { readonly kind: 'number' | 'text' | 'flag'; readonly slot: number; readonly isSingle: boolean }
  | {
      readonly kind: 'parts';
      readonly parts: ReadonlyMap<string, ModuleColumn>;
      /** Its parts are called by their numbers. */
      readonly isVector?: boolean;
    };

/** A column that is one value. */
export type ModuleCell = Exclude<ModuleColumn, { kind: 'parts' }>;

/** What one stage does: `op` is its name in the runtime. */
export interface ModuleStep {
  readonly op: string;
  readonly from: number | readonly number[];
  readonly to: number | readonly number[];
  /** It refuses rows, and so runs though nobody reads what it makes. */
  readonly always?: boolean;
  readonly [name: string]: unknown;
}

interface Input {
  readonly name: string;
  readonly part?: string | number;
  readonly width?: number;
  readonly kind: ModuleCell['kind'];
  readonly slot: number;
  readonly unit?: string;
  readonly single?: true;
}

/** Gathers what a module is made of. */
export class ModuleWriter {
  /** The class of the model. */
  readonly owner: string;
  readonly #columns = new Map<string, ModuleColumn>();
  readonly #inputs: Input[] = [];
  readonly #steps: ModuleStep[] = [];
  #numSlots = 0;
  #model: (Readonly<Record<string, unknown>> & { readonly reads: readonly number[] }) | null = null;
  #byPosition = false;

  constructor(owner: string) {
    this.owner = owner;
  }

  /** The columns that a pipeline begins with. */
  know(schema: LogicalSchema): void {
    for (const field of schema) this.#columns.set(field.name, this.#inputOf(field));
  }

  /** Whether anybody has said which columns there are. */
  get isKnown(): boolean {
    return this.#columns.size > 0;
  }

  /** The features of a model alone: values by their names, or in their order. */
  features(
    features: readonly {
      readonly name: string;
      readonly isCategory: boolean;
      readonly unit: string | null;
    }[],
  ): ModuleCell[] {
    this.#byPosition = true;
    return features.map(({ name, isCategory, unit }) => {
      const kind = isCategory ? 'text' : 'number';
      const slot = this.slot();
      this.#inputs.push({ name, kind, slot, ...(unit === null ? {} : { unit }) });
      return { kind, slot, isSingle: false };
    });
  }

  /** A column that is one value. @throws CoppiceError `UNSUPPORTED` */
  cell(path: readonly string[]): ModuleCell {
    const [name = '', part] = path;
    const column = this.column(name);
    const found = part === undefined || column.kind !== 'parts' ? column : column.parts.get(part);
    if (found !== undefined && found.kind !== 'parts') return found;
    throw this.refusal('single values where it reads them', `parts in ${path.join('.')}`);
  }

  /** A column. @throws CoppiceError `UNSUPPORTED` for one that no stage has made */
  column(name: string): ModuleColumn {
    const column = this.#columns.get(name);
    if (column !== undefined) return column;
    throw this.refusal('no stage that reads what a model predicts', `one that reads ${name}`);
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

  /** A step that makes a cell of another one. */
  step(step: ModuleStep): void {
    this.#steps.push(step);
  }

  /** What the module answers with; of several models the last one. */
  model(model: Readonly<Record<string, unknown>> & { readonly reads: readonly number[] }): void {
    this.#model = model;
  }

  /** The error for what a module cannot carry. */
  refusal(rule: string, got: string, remedy = 'save it, and score it with coppice'): CoppiceError {
    return new CoppiceError(
      'UNSUPPORTED',
      `a model written as a JavaScript module must have ${rule}; ${this.owner} has ${got}; ${remedy}`,
      { context: { owner: this.owner } },
    );
  }

  /** The text of the module. @throws CoppiceError `UNSUPPORTED` for stages that predict nothing */
  text(): string {
    if (this.#model === null)
      throw this.refusal('a stage that predicts', 'stages that predict nothing');
    const { reads, ...model } = this.#model;
    const steps = neededSteps(this.#steps, reads);
    const spec = {
      ...{ byPosition: this.#byPosition, inputs: this.#inputs, numSlots: this.#numSlots },
      ...{ steps: steps.map(({ always, ...step }) => step), model },
    };
    return [
      `// A ${this.owner} as a module without dependencies, written by Coppice ${libraryVersion}.`,
      '// predict(row) answers with the same bits as the scorer() of the model.',
      `const spec = ${literal(spec)};`,
      moduleRuntime,
    ].join('\n');
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
    if (type === 'struct' || type === 'list' || type.startsWith('vector['))
      throw this.refusal(
        'columns of values, and structs and vectors of them',
        `${name}, a ${type}`,
      );
    const isSingle = type === 'float' || type === 'half';
    const unit = unitOf(type);
    this.#inputs.push({
      ...{ name, ...place, kind, slot },
      ...(unit === null ? {} : { unit }),
      ...(isSingle ? { single: true } : {}),
    });
    return { kind, slot, isSingle };
  }
}

/** What counts the instants of a column; null for what holds none. */
export function unitOf(type: string): string | null {
  if (type === 'date') return 'day';
  if (type === 'date_ms') return 'ms';
  return /^timestamp\((\w+)/.exec(type)?.[1] ?? null;
}

/** Numbers as text: the type of the narrowest array, and its bytes. */
export function packed(values: ArrayLike<number>, isFloat = false): readonly [string, string] {
  if (isFloat) return ['f64', base64(Float64Array.from(values))];
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i] as number);
  if (most < 1 << 8) return ['u8', base64(Uint8Array.from(values))];
  return most < 1 << 16
    ? ['u16', base64(Uint16Array.from(values))]
    : ['u32', base64(Uint32Array.from(values))];
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
}

/** JSON that is the same in JavaScript of any age and inside a script element; numbers that JSON has not as expressions. */
function literal(value: unknown): string {
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'NaN';
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, part]) => part !== undefined);
    return `{${entries.map(([name, part]) => `${quoted(name)}:${literal(part)}`).join(',')}}`;
  }
  return typeof value === 'string' ? quoted(value) : String(value);
}

function quoted(text: string): string {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, escaped);
}

/** The steps whose cells somebody reads, and those that refuse rows. */
function neededSteps(steps: readonly ModuleStep[], reads: readonly number[]): ModuleStep[] {
  const needed = new Set(reads);
  const kept: ModuleStep[] = [];
  for (const step of [...steps].reverse()) {
    const isNeeded = step.always === true || [step.to].flat().some((slot) => needed.has(slot));
    if (!isNeeded) continue;
    kept.push(step);
    for (const slot of [step.from].flat()) needed.add(slot);
  }
  return kept.reverse();
}
