/**
 * Reads the columns that say what each row is: label, weight, id, validation flag. Rows of weight 0 take no
 * part in anything; a bad label or weight ends the fit with its place.
 *
 *   labels  float64[rows]  the number, or a code of this partition's classes until all classes are known; others beside
 *   weights float64[rows]  (only with weightCol)      keys uint32[rows]  for random draws
 *   states  uint8[rows]    0 takes no part, 1 trains, 2 + s validates in set s
 *   offsets float64[rows] each  (only with offsets)     groups uint32[2 rows]  (only with groupCol)
 */
import { type RecordBatch, Type } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import { fillRowKeys, rowKeyOfId } from '../../base/rng.ts';
import { compareUtf8 } from '../../binning/category-dictionary.ts';
import {
  columnOf,
  encodeCategories,
  fillNumeric,
  fillRounded,
} from '../../table/columns/column-values.ts';
import { forms } from '../../table/files/sources.ts';
import type { ColumnRequest } from '../../table/plan/partition-spec.ts';
import { encodePartition, fillPartition, readPartition } from '../../table/plan/read-partition.ts';
import type { ClassValue, IngestJob } from '../messages.ts';
import { gatherJson, type RankEnvironment } from '../rank-environment.ts';
import { takeLogarithms } from './log-labels.ts';
import { markCensored } from './mark-censored.ts';
import { checkNumClasses, maxClasses, tooManyClasses } from './num-classes.ts';
import { otherColumns, readPlaces, readUpperBounds } from './other-numbers.ts';
import { nameOfPartition, type PlacedPartition } from './placed-partitions.ts';
import { readGroups } from './read-groups.ts';
import { marginPaths, readOffsets } from './read-offsets.ts';

/** What a row is for. */
export const rowState = { out: 0, train: 1, validate: 2 } as const;

/** Numbers that are summed up stay below it, so that squares of sums, weighted too, are finite. */
export const largestNumber = 2 ** 400;
/** Weights below it count as 0: products of theirs would be 0 too, and nothing be learned of any row. */
const smallestWeight = 2 ** -400;

/** Where the role columns of the process's rows lie. */
export interface RoleAddresses {
  readonly labels: number;
  /** Of further numbers: see other-numbers.ts. */
  readonly otherLabels: readonly number[];
  readonly weights: number;
  readonly keys: number;
  readonly states: number;
  readonly offsets: readonly number[];
  readonly groups: number;
}

/** Reads this rank's partitions; returns the classes (empty for numbers). */
export async function readRoles(
  environment: RankEnvironment,
  job: IngestJob,
  placed: readonly PlacedPartition[],
  at: RoleAddresses,
): Promise<ClassValue[]> {
  const offsetCols = marginPaths(job).map((path) => path[0] as string);
  const roles = [
    job.labelCol,
    ...otherColumns(job),
    job.weightCol,
    job.idCol,
    job.validationCol,
    job.groupCol,
    job.survival?.censorCol ?? null,
    ...offsetCols,
  ];
  const named = roles.filter((name): name is string => name !== null && name !== '');
  const columns = [...new Set(named)];
  const isOnlyLabel = named.length === 1 && named[0] === job.labelCol;
  const found: { first: number; count: number; values: readonly ClassValue[] }[] = [];
  for (let i = environment.localIndex; i < placed.length; i += environment.numLocal) {
    environment.collective.checkAborted();
    const part = placed[i] as PlacedPartition;
    const given = isOnlyLabel ? await fillLabels(environment, job, part, at) : null;
    if (given !== null) {
      readKeys(environment, job, part, null, at);
      readStates(environment, job, part, null, at);
      const values = readLabels(environment, job, part, given, at);
      found.push({ first: part.firstLocal, count: part.count, values });
      continue;
    }
    // ids and groups are read as values, a label's text is coded anyway
    const batch = await readSlice(job, part, columns, job.idCol === null && job.groupCol === null);
    readKeys(environment, job, part, batch, at);
    readStates(environment, job, part, batch, at);
    const takesPart = environment.u8(at.states + part.firstLocal, part.count);
    readOffsets(environment, job, { part, batch }, { offsets: at.offsets, takesPart });
    readGroups(environment, job, { part, batch }, { groups: at.groups, takesPart });
    const values = readLabels(environment, job, part, batch, at);
    job.otherLabels?.forEach((labelCol, k) => {
      const labels = at.otherLabels[k] as number;
      readLabels(environment, { ...job, labelCol }, part, batch, { ...at, labels });
    });
    if (job.survival?.upperBoundCol !== undefined) {
      const column = (address: number): Float64Array =>
        environment.f64(address + 8 * part.firstLocal, part.count);
      const uppers = column(at.otherLabels[0] as number);
      readUpperBounds(job, { part, batch }, { labels: column(at.labels), uppers, takesPart });
    }
    if (job.shownAtCol !== undefined) {
      const places = environment.f64(
        (at.otherLabels[0] as number) + 8 * part.firstLocal,
        part.count,
      );
      readPlaces(job, { part, batch }, { places, trains: takesPart });
    }
    found.push({ first: part.firstLocal, count: part.count, values });
  }
  if (job.labelKind === 'numeric') return [];
  return await unifyClasses(environment, job, found, at);
}

/** Labels that lie where they are wanted: numbers, or codes of these texts; else the batch that has them. */
type GivenLabels = RecordBatch | 'numbers' | readonly string[];

/** Puts labels to their place without Arrow objects; null where that cannot be done. */
async function fillLabels(
  environment: RankEnvironment,
  job: IngestJob,
  { partition: { spec }, skip, count, firstLocal }: PlacedPartition,
  at: RoleAddresses,
): Promise<GivenLabels | null> {
  if (job.survival !== undefined) return null;
  const name = job.labelCol;
  const rows = { start: skip, end: skip + count };
  const labels = environment.f64(at.labels + 8 * firstLocal, count);
  const type = spec.schema.fields.find((field) => field.name === name)?.type;
  if (job.labelKind === 'class' && type?.typeId === Type.Utf8) {
    const out = new Int32Array(count);
    const [texts = null] = await encodePartition(spec, [{ name, out }], rows);
    if (texts !== null) writeCodes(out, labels);
    return texts;
  }
  const wanted = [{ name, out: labels, mayBeSparse: false }];
  const [form] = await fillPartition(spec, wanted, rows);
  if (form !== forms.dense) return null;
  // integers of files that are to be told apart may be too large for that
  const areClasses = job.labelKind === 'class' && spec.source.kind !== 'memory';
  return areClasses && labels.some((label) => Math.abs(label) >= 2 ** 53) ? null : 'numbers';
}

function writeCodes(codes: Int32Array, labels: Float64Array): void {
  labels.set(codes);
  for (let i = codes.indexOf(-1); i >= 0; i = codes.indexOf(-1, i + 1)) labels[i] = Number.NaN;
}

/** The rows of a partition that this process holds. @param textMayBeDictionary see PartitionRequest */
export async function readSlice(
  { readsPlainly }: Pick<IngestJob, 'readsPlainly'>,
  part: PlacedPartition,
  columns: readonly ColumnRequest[],
  textMayBeDictionary = false,
): Promise<RecordBatch> {
  if (readsPlainly === true) {
    throw new CoppiceError('UNSUPPORTED', 'the columns are left to a thread', {});
  }
  const isWhole = part.skip === 0 && part.count === part.partition.numRows;
  const batch = await readPartition(part.partition.spec, {
    columns,
    rows: isWhole ? undefined : { start: part.skip, end: part.skip + part.count },
    textMayBeDictionary,
  });
  if (batch.numRows !== part.count) {
    throw new CoppiceError(
      'DATA_INVALID',
      `partition ${part.index} must have ${part.count} rows, as when it was counted; got ${batch.numRows}; the data changed while it was read`,
      { context: { partition: part.index } },
    );
  }
  return batch;
}

function place(part: PlacedPartition, row: number): { context: Record<string, number> } {
  return { context: { partition: part.index, row: part.skip + row } };
}

function readLabels(
  environment: RankEnvironment,
  job: IngestJob,
  part: PlacedPartition,
  given: GivenLabels,
  at: RoleAddresses,
): ClassValue[] {
  const labels = environment.f64(at.labels + 8 * part.firstLocal, part.count);
  const states = environment.u8(at.states + part.firstLocal, part.count);
  // who learns without labels names no column
  if (job.labelCol === '') {
    labels.fill(0);
    return [];
  }
  const areCodes = Array.isArray(given);
  const batch = given === 'numbers' || areCodes ? null : (given as RecordBatch);
  const vector = batch === null ? null : columnOf(batch, [job.labelCol]);
  const isText = areCodes || (job.labelKind === 'class' && isTextOrBool(String(vector?.type)));
  let values: ClassValue[] = areCodes ? [...given] : [];
  if (vector !== null && isText) {
    const codes = new Int32Array(part.count);
    const texts = encodeCategories(vector, codes, 0);
    values = String(vector.type) === 'Bool' ? texts.map((text) => text === 'true') : texts;
    writeCodes(codes, labels);
  } else if (vector !== null) {
    // classes are told apart, numbers are measured
    if (job.labelKind === 'class') fillNumeric(vector, labels, 0, job.labelCol);
    else if (fillRounded(vector, labels, 0, job.labelCol)) {
      environment.roundedColumns.add(job.labelCol);
    }
  }
  // codes are classes; a missing one is looked for by native code
  const mayBeBad = !areCodes || labels.includes(Number.NaN);
  for (let i = 0; mayBeBad && i < part.count; i++) {
    if (states[i] !== rowState.out && !isLabel(labels[i] as number, job))
      throw badLabel(job, part, i, labels[i] as number);
  }
  if (job.logLabels === true) takeLogarithms(job, part, labels, states);
  if (batch !== null && job.survival !== undefined && job.survival.upperBoundCol === undefined) {
    markCensored(job, { part, batch }, { labels, takesPart: states });
  }
  if (job.labelKind === 'numeric' || isText) return values;
  const distinct = new Map<number, number>();
  for (let i = 0; i < part.count; i++) {
    if (states[i] === rowState.out) continue;
    const value = (labels[i] as number) + 0;
    let code = distinct.get(value);
    if (code === undefined) {
      code = distinct.size;
      distinct.set(value, code);
      if (distinct.size > maxClasses) throw tooManyClasses(job, distinct.size);
    }
    labels[i] = code;
  }
  return [...distinct.keys()];
}

function isLabel(label: number, { mostGrade, labelKind }: IngestJob): boolean {
  if (mostGrade === null && labelKind === 'numeric') return Math.abs(label) < largestNumber;
  if (mostGrade === null) return Number.isFinite(label);
  return Number.isInteger(label) && label >= 0 && label <= mostGrade;
}

function badLabel(job: IngestJob, part: PlacedPartition, row: number, label: number): CoppiceError {
  const { labelCol, owner, mostGrade } = job;
  const isMissing = Number.isNaN(label);
  const isHuge = mostGrade === null && Number.isFinite(label);
  const rule = isHuge
    ? 'a number of magnitude below 2^400'
    : mostGrade === null
      ? 'a finite number or a class'
      : `a whole number from 0 to ${mostGrade} (a grade that labelGains has a gain for)`;
  const remedy = isHuge
    ? 'scale the column'
    : isMissing || mostGrade === null
      ? isMissing
        ? `drop such rows with table.na.drop({ columns: ['${labelCol}'] }) (--drop-unlabelled on the command line)`
        : 'mend it, or leave such rows out with table.filter'
      : 'give more labelGains, or grades that start at 0';
  return new CoppiceError(
    'LABEL_INVALID',
    `${labelCol} (the label of ${owner}) must be ${rule} in every row; got ${isMissing ? 'null or NaN' : label} in row ${part.skip + row} of ${nameOfPartition(part)}; ${remedy}`,
    place(part, row),
  );
}

function isTextOrBool(type: string): boolean {
  return /Utf8|Dictionary|Bool/.test(type);
}

function readStates(
  environment: RankEnvironment,
  job: IngestJob,
  part: PlacedPartition,
  batch: RecordBatch | null,
  at: RoleAddresses,
): void {
  const states = environment.u8(at.states + part.firstLocal, part.count);
  const { isValidation, set = 0 } = part.partition;
  states.fill(isValidation ? rowState.validate + set : rowState.train);
  if (batch !== null && job.validationCol !== null && !isValidation) {
    const flags = new Float64Array(part.count);
    fillNumeric(columnOf(batch, [job.validationCol]), flags, 0, job.validationCol);
    for (let i = 0; i < part.count; i++)
      if ((flags[i] as number) > 0) states[i] = rowState.validate;
  }
  if (batch === null || job.weightCol === null) return;
  const weights = environment.f64(at.weights + 8 * part.firstLocal, part.count);
  fillNumeric(columnOf(batch, [job.weightCol]), weights, 0, job.weightCol);
  for (let i = 0; i < part.count; i++) {
    const weight = weights[i] as number;
    if (Math.abs(weight) < smallestWeight) states[i] = rowState.out;
    if (weight >= 0 && weight < largestNumber) continue;
    throw new CoppiceError(
      'WEIGHT_INVALID',
      `${job.weightCol} (the weight of ${job.owner}) must be a finite number ≥ 0${Number.isFinite(weight) && weight > 0 ? ' and below 2^400' : ''} in every row; got ${Number.isNaN(weight) ? 'null or NaN' : weight} in row ${part.skip + i} of ${nameOfPartition(part)}`,
      place(part, i),
    );
  }
}

function readKeys(
  environment: RankEnvironment,
  job: IngestJob,
  part: PlacedPartition,
  batch: RecordBatch | null,
  at: RoleAddresses,
): void {
  const keys = environment.u32(at.keys + 4 * part.firstLocal, part.count);
  if (batch === null || job.idCol === null) {
    fillRowKeys(keys, part.firstRow + part.skip);
    return;
  }
  const ids = columnOf(batch, [job.idCol]);
  for (let i = 0; i < part.count; i++) {
    const id = ids.get(i) as bigint | number | string | null;
    if (id === null) {
      throw new CoppiceError(
        'DATA_INVALID',
        `${job.idCol} (the row id of ${job.owner}) must not be null; got null in row ${part.skip + i} of ${nameOfPartition(part)}`,
        place(part, i),
      );
    }
    keys[i] = rowKeyOfId(id);
  }
}

/** Makes every rank's classes one ascending list and turns codes into positions in it. */
async function unifyClasses(
  environment: RankEnvironment,
  job: IngestJob,
  found: readonly { first: number; count: number; values: readonly ClassValue[] }[],
  at: RoleAddresses,
): Promise<ClassValue[]> {
  const used = found.map(({ first, count, values }) => {
    const seen = new Uint8Array(values.length);
    const labels = environment.f64(at.labels + 8 * first, count);
    const states = environment.u8(at.states + first, count);
    let numUnseen = values.length;
    for (let i = 0; i < count && numUnseen > 0; i++) {
      const code = labels[i] as number;
      if (states[i] !== rowState.train || seen[code] !== 0) continue;
      seen[code] = 1;
      numUnseen -= 1;
    }
    return values.filter((_, code) => seen[code] === 1);
  });
  const everyones = (await gatherJson(environment, used.flat())).flat();
  const classes = job.knownClasses ?? [...new Set(everyones)].sort(compareClasses);
  if (job.knownClasses === null) checkNumClasses(job, classes);
  const position = new Map(classes.map((value, i) => [value, i]));
  for (const { first, count, values } of found) {
    const positions = values.map((value) => position.get(value));
    if (positions.every((code, i) => code === i)) continue;
    const labels = environment.f64(at.labels + 8 * first, count);
    const states = environment.u8(at.states + first, count);
    for (let i = 0; i < count; i++) {
      if (states[i] === rowState.out) continue;
      const code = positions[labels[i] as number];
      if (code === undefined) {
        const value = values[labels[i] as number];
        const [part, known] =
          job.knownClasses === null
            ? [' of the validation rows', 'training rows']
            : [` (the label of ${job.owner})`, 'initial model'];
        throw new CoppiceError(
          'LABEL_INVALID',
          `${job.labelCol}${part} must be a class of the ${known}; got ${String(value)}`,
          { context: { column: job.labelCol } },
        );
      }
      labels[i] = code;
    }
  }
  return [...classes];
}

function compareClasses(a: ClassValue, b: ClassValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b);
  return Number(a) - Number(b);
}
