/**
 * What every model that was written as a JavaScript module runs, around the code of its steps and without what it knows of a
 * model (`spec`): how a row is read into slots, and how an answer is told from them.
 */

/** The text behind the constant `spec`, before the code of steps. */
export const moduleHead = `
const arrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array };

const unpack = ([type, text]) => {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return new arrays[type](bytes.buffer);
};

const fail = (message) => {
  throw new TypeError(message);
};

const shown = (value) =>
  typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : typeof value;

const perMillisecond = { s: 0.001, ms: 1, us: 1000, ns: 1e6 };

const ticksOf = (unit) =>
  unit === 'day'
    ? (ms) => Math.floor(ms / 86400000)
    : (ms) => Math.floor(ms * perMillisecond[unit]);

const numberOf = (name, value, rule = 'a number or null') => {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  return fail('column ' + name + ' of a row must be ' + rule + '; got ' + shown(value));
};

const perSecond = { s: 1, ms: 1000, us: 1000000 };

// whole seconds of ticks, rounded down; float64 does not hold nanoseconds
const secondsOf = (ticks, unit) => {
  if (unit === 'day') return Number(ticks) * 86400;
  if (unit !== 'ns') return Math.floor(Number(ticks) / perSecond[unit]);
  const value = BigInt(ticks);
  return Number(value / 1000000000n) - (value < 0n && value % 1000000000n !== 0n ? 1 : 0);
};

// how each cell of a row is read
const readers = {
  number: ({ name, unit, single, seconds }) => {
    const ticks = unit === undefined ? null : ticksOf(unit);
    const rule = ticks === null ? undefined : 'a Date, milliseconds since 1970 or null';
    if (seconds === true)
      return (value) => {
        const given = value instanceof Date ? value.getTime() : value;
        if (given === null || given === undefined || given !== given) return NaN;
        if (typeof given === 'bigint') return secondsOf(given, unit);
        const milliseconds = numberOf(name, given, rule);
        return Math.abs(milliseconds) <= 8.64e15
          ? secondsOf(ticks(milliseconds), unit)
          : fail('column ' + name + ' of a row must be a Date or milliseconds since 1970; got ' + milliseconds);
      };
    return (value) => {
      if (value === null || value === undefined) return NaN;
      if (ticks !== null && typeof value === 'bigint') return Number(value);
      const given = value instanceof Date ? value.getTime() : numberOf(name, value, rule);
      const number = ticks === null ? given : ticks(given);
      return single === true ? Math.fround(number) : number;
    };
  },
  flag: ({ name }) => (value) => {
    if (value === null || value === undefined) return NaN;
    const number = numberOf(name, value);
    if (number === 0 || number === 1) return number;
    return fail('column ' + name + ' of a row must be true or false; got ' + shown(value));
  },
  text: () => (value) => (value === null || value === undefined || value !== value ? null : String(value)),
};

const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);

// a part by its column: a child of a struct, an element of a vector
const partOf = (row, { column, part, width }) => {
  const whole = row[column];
  if (whole === null || whole === undefined) return undefined;
  const isSound =
    width === undefined ? typeof whole === 'object' && !isList(whole) : isList(whole) && whole.length === width;
  if (isSound) return whole[part];
  return fail('column ' + column + ' of a row must be ' + (width === undefined ? 'an object of its parts' : width + ' numbers') + '; got ' + shown(whole));
};

const inputs = spec.inputs.map((input) => ({ ...input, read: readers[input.kind](input) }));

const readRow = (row, slots) => {
  if (typeof row !== 'object' || row === null) fail('a row must be an object of values by column name; got ' + shown(row));
  if (isList(row)) {
    if (!spec.byPosition) fail('a row must be an object of values by column name; got a list');
    if (row.length !== inputs.length)
      fail('a row given as a list must have ' + inputs.length + ' values; got ' + row.length);
    for (let i = 0; i < inputs.length; i++) slots[inputs[i].slot] = inputs[i].read(row[i]);
    return;
  }
  let isNamed = false;
  for (const { name, part, width, within, slot, read } of inputs) {
    let value = row[name];
    if (value === undefined && within !== undefined) value = partOf(row, within);
    isNamed ||= value !== undefined || Object.hasOwn(row, name);
    isNamed ||= within !== undefined && Object.hasOwn(row, within.column);
    if (part !== undefined && value !== null && value !== undefined) {
      if (width !== undefined && (!isList(value) || value.length !== width))
        fail('column ' + name + ' of a row must be ' + width + ' numbers; got ' + shown(value));
      if (width === undefined && (typeof value !== 'object' || isList(value)))
        fail('column ' + name + ' of a row must be an object of its parts; got ' + shown(value));
      value = value[part];
    }
    slots[slot] = read(value);
  }
  if (!isNamed && inputs.length > 0)
    fail('a row must have a value or null for at least one of ' + inputs.slice(0, 12).map((input) => input.name).join(', '));
};

const isFinite = Number.isFinite;

// of each kind of steps: from its data to a function of the slots and the row
const makers = {};
`;

/** The text behind the code of steps. */
export const moduleTail = `
const slots = new Array(spec.numSlots).fill(NaN);
const steps = spec.steps.map((step) => makers[step.op](step));

// a place of the slots, or several
const told = ({ kind, places }) => {
  if (!Array.isArray(places)) return kind === 'flag' ? () => slots[places] === 1 : () => slots[places];
  return () => {
    const values = new Float64Array(places.length);
    for (let i = 0; i < values.length; i++) values[i] = slots[places[i]];
    return values;
  };
};

const { prediction, rawPrediction, probability, ...others } = spec.answer;
const [tellPrediction, tellRaw, tellProbability] = [prediction, rawPrediction, probability].map(told);
const more = Object.entries(others).map(([name, column]) => [name, told(column)]);

/** Names of the columns that a row may have. */
export const columns = Object.freeze([...new Set(spec.inputs.map(({ name }) => name))]);

/** The classes, in the order of rawPrediction and probability; empty for numbers. */
export const classes = Object.freeze([...spec.classes]);

/**
 * Scores one row.
 *
 * @param {Readonly<Record<string, unknown>> | ArrayLike<number>} row values by column name; null and undefined are missing
 * @returns {{ prediction: number | string | boolean | ArrayLike<number>, rawPrediction: Float64Array, probability: Float64Array }}
 */
export function predict(row) {
  readRow(row, slots);
  for (const step of steps) step(slots, row);
  const answer = { prediction: tellPrediction(), rawPrediction: tellRaw(), probability: tellProbability() };
  for (const [name, tell] of more) answer[name] = tell();
  return answer;
}
`;
