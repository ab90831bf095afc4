/** Carries a document out by the words of the standard (https://dmg.org/pmml/v4-4-1/), as far as models are written with them. */
import { readXml, type XmlElement } from '../../tools/read-xml.ts';
import type { PmmlRows } from './pmml-rows.ts';

type Value = number | string | boolean | null;
type Row = Map<string, Value>;
/** What a model says: a number, or a class with all probabilities. */
interface Said {
  readonly value: Value;
  readonly shares: ReadonlyMap<string, number>;
}

/** The output fields, row by row. @throws Error for a document that is not well-formed, or has words unknown here */
export function runDocument(text: string, rows: PmmlRows): Record<string, Value[]> {
  const root = readXml(text);
  const fields = new Map(
    all(one(root, 'DataDictionary'), 'DataField').map((field) => [nameOf(field), field]),
  );
  const derived = root.children.filter(({ tag }) => tag === 'TransformationDictionary');
  const model = root.children.at(-1) as XmlElement;
  const numRows = Object.values(rows)[0]?.values.length ?? 0;
  const found: Record<string, Value[]> = {};
  for (let i = 0; i < numRows; i++) {
    const row: Row = new Map();
    for (const name of fields.keys()) {
      const value = rows[name]?.values[i] ?? null;
      const isInfinite = rows[name]?.type === 'number' && typeof value === 'string';
      row.set(name, isInfinite ? Number(`${value.replace('inf', 'Infinity')}`) : value);
    }
    for (const field of derived.flatMap(({ children }) => children))
      row.set(nameOf(field), evaluated(field.children[0] as XmlElement, row));
    const results: Row = new Map();
    run(model, row, results);
    for (const [name, value] of results) {
      found[name] = found[name] ?? [];
      found[name].push(value);
    }
  }
  return found;
}

function run(model: XmlElement, given: Row, results: Row): Said {
  const own = readOnly(model, given);
  const said = saidOf(model, own, results);
  for (const field of all(maybe(model, 'Output'), 'OutputField')) {
    const value = outputOf(field, said, own);
    own.set(nameOf(field), value);
    given.set(nameOf(field), value);
    if (field.attributes['isFinalResult'] !== 'false') results.set(nameOf(field), value);
  }
  return said;
}

/** What the model's own schema lets it read; what is derived of that is read too. */
function readOnly(model: XmlElement, given: Row): Row {
  for (const field of all(one(model, 'MiningSchema'), 'MiningField')) {
    if (field.attributes['usageType'] !== 'target' && !given.has(nameOf(field)))
      throw new Error(`no field ${nameOf(field)}`);
  }
  return new Map(given);
}

function outputOf(field: XmlElement, said: Said, row: Row): Value {
  const { feature, value, dataType } = field.attributes;
  if (feature === 'probability') return said.shares.get(value ?? '') ?? null;
  if (feature === 'transformedValue') return evaluated(field.children[0] as XmlElement, row);
  if (feature !== 'predictedValue') throw new Error(`the feature ${feature}`);
  return typeof said.value === 'string' ? typed(said.value, dataType) : said.value;
}

function saidOf(model: XmlElement, row: Row, results: Row): Said {
  if (model.tag === 'TreeModel') return leafOf(one(model, 'Node'), row);
  if (model.tag === 'RegressionModel') return regression(model, row);
  if (model.tag === 'ClusteringModel') return nearest(model, row);
  const segmentation = one(model, 'Segmentation');
  const models = all(segmentation, 'Segment').map(({ children }) => children[1] as XmlElement);
  const method = segmentation.attributes['multipleModelMethod'];
  const said = models.map((each) => run(each, row, results));
  if (method === 'modelChain') return said.at(-1) as Said;
  if (model.attributes['functionName'] === 'regression') {
    const sum = said.reduce((total, { value }) => total + Number(value), 0);
    return { value: method === 'sum' ? sum : sum / said.length, shares: new Map() };
  }
  const classes = [...(said[0] as Said).shares.keys()];
  const means = classes.map((name): [string, number] => {
    const sum = said.reduce((total, { shares }) => total + (shares.get(name) as number), 0);
    return [name, sum / said.length];
  });
  return winner(means);
}

function winner(shares: readonly (readonly [string, number])[]): Said {
  const best = shares.reduce((a, b) => (b[1] > a[1] ? b : a));
  return { value: best[0], shares: new Map(shares) };
}

function leafOf(root: XmlElement, row: Row): Said {
  if (holds(root.children[0] as XmlElement, row) !== true) throw new Error('the root is not so');
  let node = root;
  for (;;) {
    const children = all(node, 'Node');
    if (children.length === 0) break;
    if (children.length !== 2) throw new Error('no binary split');
    const told = children.map((child) => holds(child.children[0] as XmlElement, row));
    const first = told.findIndex((is) => is !== false);
    const next =
      told[first] === true
        ? children[first]
        : children.find(({ attributes }) => attributes['id'] === node.attributes['defaultChild']);
    if (first < 0 || next === undefined) throw new Error('no child is so');
    node = next;
  }
  const score = node.attributes['score'] as string;
  const shares = all(node, 'ScoreDistribution').map(
    ({ attributes }) => [attributes['value'] as string, Number(attributes['probability'])] as const,
  );
  if (shares.length === 0) return { value: Number(score), shares: new Map() };
  return { value: score, shares: new Map(shares) };
}

/** Whether a predicate is so; null where that is unknown. */
function holds({ tag, attributes, children }: XmlElement, row: Row): boolean | null {
  if (tag === 'True') return true;
  if (tag === 'CompoundPredicate') {
    const parts = children.map((child) => holds(child, row));
    if (parts.includes(null)) return null;
    return attributes['booleanOperator'] === 'or' ? parts.includes(true) : !parts.includes(false);
  }
  const value = fieldOf(row, attributes['field'] as string);
  const operator = attributes['operator'] ?? attributes['booleanOperator'];
  if (operator === 'isMissing') return value === null;
  if (operator === 'isNotMissing') return value !== null;
  if (value === null) return null;
  if (tag === 'SimpleSetPredicate') {
    const isIn = arrayOf(children[0] as XmlElement).includes(String(value));
    return (operator === 'isIn') === isIn;
  }
  if (tag !== 'SimplePredicate') throw new Error(`the predicate ${tag}`);
  return compared(operator ?? '', value, typed(attributes['value'] as string, typeof value));
}

function arrayOf({ text, attributes }: XmlElement): string[] {
  const items = [...text.matchAll(/"((?:[^"\\]|\\")*)"(?: |$)/gs)];
  const length = items.reduce((sum, [item]) => sum + item.length, 0);
  if (length !== text.length || items.length !== Number(attributes['n']))
    throw new Error(`no list of ${attributes['n']} texts: ${text}`);
  return items.map(([, item = '']) => item.replaceAll('\\"', '"'));
}

function regression(model: XmlElement, row: Row): Said {
  const tables = all(model, 'RegressionTable').map((table): [string, number] => {
    const terms = all(table, 'NumericPredictor').map(
      (term) => Number(term.attributes['coefficient']) * Number(fieldOf(row, nameOf(term))),
    );
    const sum = terms.reduce((total, term) => total + term, 0);
    return [table.attributes['targetCategory'] ?? '', sum + Number(table.attributes['intercept'])];
  });
  const { functionName, normalizationMethod: method = 'none' } = model.attributes;
  const [, y] = tables[0] as [string, number];
  if (functionName === 'regression') {
    const links = { none: y, exp: Math.exp(y), logit: 1 / (1 + Math.exp(-y)) };
    if (!(method in links)) throw new Error(`the link ${method}`);
    return { value: links[method as keyof typeof links], shares: new Map() };
  }
  const top = Math.max(...tables.map(([, value]) => value));
  const sizes = tables.map(([, value]) => (method === 'softmax' ? Math.exp(value - top) : value));
  if (method !== 'softmax' && method !== 'simplemax') throw new Error(`the link ${method}`);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return winner(tables.map(([name], k) => [name, (sizes[k] as number) / total]));
}

function nearest(model: XmlElement, row: Row): Said {
  const measure = one(one(model, 'ComparisonMeasure'), 'squaredEuclidean');
  const fields = all(model, 'ClusteringField').map(({ attributes }) => attributes['field']);
  let best: Said & { distance: number } = { value: null, shares: new Map(), distance: Infinity };
  for (const cluster of all(model, 'Cluster')) {
    const center = one(cluster, 'Array').text.split(' ').map(Number);
    const away = fields.map((field, j) => Number(fieldOf(row, field ?? '')) - Number(center[j]));
    const distance = away.reduce((sum, each) => sum + each * each, measure.children.length);
    if (distance < best.distance)
      best = { ...best, distance, value: Number(cluster.attributes['id']) };
  }
  return best;
}

function evaluated({ tag, attributes, children, text }: XmlElement, row: Row): Value {
  if (tag === 'FieldRef') return fieldOf(row, attributes['field'] as string);
  if (tag === 'Constant') return typed(text, attributes['dataType']);
  if (tag === 'NormDiscrete') {
    const value = fieldOf(row, attributes['field'] as string);
    const missing = attributes['mapMissingTo'];
    if (value === null) return missing === undefined ? null : Number(missing);
    return value === attributes['value'] ? 1 : 0;
  }
  if (tag === 'Discretize') {
    const value = fieldOf(row, attributes['field'] as string);
    if (value === null) return null;
    const bin = children.find((each) => isWithin(one(each, 'Interval'), Number(value)));
    const told = bin?.attributes['binValue'] ?? attributes['defaultValue'];
    return told === undefined ? null : typed(told, attributes['dataType']);
  }
  if (tag === 'MapValues') {
    const [pair, table] = children as [XmlElement, XmlElement];
    const value = fieldOf(row, pair.attributes['field'] as string);
    const found = all(table, 'row').find(({ children: [data] }) => data?.text === value);
    const { mapMissingTo, defaultValue, dataType } = attributes;
    const other = value === null ? mapMissingTo : defaultValue;
    const told = value === null ? other : (found?.children[1]?.text ?? other);
    return told === undefined ? null : typed(told, dataType);
  }
  if (tag !== 'Apply') throw new Error(`the expression ${tag}`);
  const name = attributes['function'] as string;
  const part = (i: number): Value => evaluated(children[i] as XmlElement, row);
  if (name === 'if') {
    const isSo = part(0);
    if (isSo === null) throw new Error('a condition that is missing');
    return isSo === true ? part(1) : children.length > 2 ? part(2) : null;
  }
  const values = children.map((_, i) => part(i));
  if (name === 'isMissing') return values[0] === null;
  if (name === 'isNotMissing') return values[0] !== null;
  if (values.includes(null)) throw new Error(`${name} of a missing value`);
  const numbers = values.map(Number);
  const [a, b] = numbers as [number, number];
  if (name === 'isIn') return values.slice(1).includes(values[0] as Value);
  if (name === 'abs') return Math.abs(a);
  if (name === 'max') return Math.max(...numbers);
  if (name === 'sqrt') return Math.sqrt(a);
  if (name === '+') return a + b;
  if (name === '-') return a - b;
  if (name === '*') return a * b;
  if (name === '/') return a / b;
  return compared(name, values[0] as Value, values[1] as Value);
}

function isWithin({ attributes }: XmlElement, value: number): boolean {
  const { closure, leftMargin = '-Infinity', rightMargin = 'Infinity' } = attributes;
  const [left, right] = [Number(leftMargin), Number(rightMargin)];
  // engines tell −0 from 0
  if (Object.is(value, -0) && [left, right].includes(0)) throw new Error('an edge of 0 and −0');
  return (
    value >= left &&
    (value < right || (closure === 'closedClosed' && value === right) || right === Infinity)
  );
}

function compared(operator: string, a: Value, b: Value): boolean {
  if (typeof a !== typeof b) throw new Error(`${operator} of ${typeof a} and ${typeof b}`);
  if (operator === 'equal') return a === b;
  if (operator === 'notEqual') return a !== b;
  const [x, y] = [Number(a), Number(b)];
  if (operator === 'lessOrEqual') return x <= y;
  if (operator === 'greaterThan') return x > y;
  if (operator === 'lessThan') return x < y;
  if (operator === 'greaterOrEqual') return x >= y;
  throw new Error(`the operator ${operator}`);
}

function typed(text: string, dataType = 'string'): Value {
  if (dataType === 'string') return text;
  if (dataType === 'boolean') return text === 'true';
  return Number(text);
}

function fieldOf(row: Row, name: string): Value {
  const value = row.get(name);
  if (value === undefined) throw new Error(`no field ${name}`);
  return value;
}

function nameOf({ attributes }: XmlElement): string {
  return attributes['name'] as string;
}

function all(element: XmlElement | undefined, tag: string): XmlElement[] {
  return (element?.children ?? []).filter((child) => child.tag === tag);
}

function maybe(element: XmlElement, tag: string): XmlElement | undefined {
  return all(element, tag)[0];
}

function one(element: XmlElement, tag: string): XmlElement {
  const [found] = all(element, tag);
  if (found === undefined) throw new Error(`${element.tag} has no ${tag}`);
  return found;
}
