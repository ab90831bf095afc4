/**
 * Linear models and clusters in PMML: a regression table for each margin, and for probabilities a chain that hands the margins on to
 * regressions of one term, whose normalization is the link. Engines may add the intercept before or behind the terms, so
 * margins may differ from those of transform in the last bits.
 */
import { typeAtPath } from '../pipeline/logical-schema.ts';
import { classOutputs, classType, ofClass } from '../pipeline/pmml/class-outputs.ts';
import {
  apply,
  continuous,
  element,
  fieldRef,
  numberConstant,
  numberText,
  opened,
  outputField,
  textConstant,
} from '../pipeline/pmml/pmml-text.ts';
import type { PmmlWriter } from '../pipeline/pmml/pmml-writer.ts';
import type { WrittenLinear } from './onnx-nodes.ts';

interface Table {
  readonly text: string;
  readonly fields: readonly string[];
}

/** Adds a linear model. @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS` */
export async function addLinearToPmml(
  writer: PmmlWriter,
  model: WrittenLinear,
  labelCol: string | undefined,
): Promise<void> {
  const { data, outputs } = model;
  const { classes } = data;
  if (classes.length === 1) throw writer.refusal('two classes or more', 'one');
  const tables = marginTables(writer, model);
  const type = classes.length === 0 ? continuous : classType(classes);
  const target = writer.target(labelCol, type, classes.map(String));
  const isChain = outputs.probabilityCol !== null;
  if (isChain) addProbabilities(writer, model, tables, target);
  else addMargin(writer, model, tables[0] as Table, target);
}

/** The terms of each margin. */
function marginTables(writer: PmmlWriter, { data, offsetCol }: WrittenLinear): Table[] {
  const { names, coefficients, intercepts } = data;
  const features = featureFields(writer, data);
  const width = intercepts.length;
  const offset =
    offsetCol === undefined
      ? undefined
      : writer.column(offsetCol, width === 1 ? 'double' : `vector[${width}]`);
  const cells = offset?.kind === 'parts' ? [...offset.parts.values()] : offset ? [offset] : [];
  return Array.from(intercepts, (intercept, k) => {
    const own = cells[k] === undefined ? [] : [writer.number(cells[k])];
    const fields = [...features, ...own];
    const terms = fields.map((name, j) => {
      const factor = j < names.length ? (coefficients[k * names.length + j] as number) : 1;
      return predictor(name, factor);
    });
    return { text: regressionTable({ intercept }, terms), fields: [...new Set(fields)] };
  });
}

/** Where a model finds its features. */
type Features = Pick<WrittenLinear['data'], 'names' | 'paths' | 'inputSchema'>;

/** The fields of the features, as numbers. */
function featureFields(writer: PmmlWriter, { names, paths, inputSchema }: Features): string[] {
  return paths.map((path, j) => {
    const cell = writer.has(path[0] as string)
      ? writer.cell(path)
      : writer.input(names[j] as string, typeAtPath(inputSchema, path));
    return writer.number(cell);
  });
}

/** Adds clusters, whose names are their numbers. @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS` */
export async function addClustersToPmml(
  writer: PmmlWriter,
  model: Features & { readonly centers: Float64Array },
  predictionCol: string,
): Promise<void> {
  const fields = featureFields(writer, model);
  const { length } = fields;
  const numClusters = model.centers.length / length;
  const integer = { optype: 'categorical', dataType: 'integer' } as const;
  const told = outputField(predictionCol, integer, { feature: 'predictedValue' });
  const clusters = Array.from({ length: numClusters }, (_, c) => {
    const center = Array.from(model.centers.subarray(c * length, (c + 1) * length), numberText);
    const values = element('Array', { n: length, type: 'real' }, center.join(' '));
    return element('Cluster', { id: c }, values);
  });
  const text = element(
    'ClusteringModel',
    { functionName: 'clustering', modelClass: 'centerBased', numberOfClusters: numClusters },
    writer.miningSchema(fields),
    element('Output', {}, told),
    element('ComparisonMeasure', { kind: 'distance' }, '<squaredEuclidean/>'),
    ...fields.map((field) => element('ClusteringField', { field, compareFunction: 'absDiff' })),
    ...clusters,
  );
  writer.model([text, '\n'], [predictionCol]);
}

/** A number, or the class by the sign of the margin. */
function addMargin(
  writer: PmmlWriter,
  { data: { classes }, outputs }: WrittenLinear,
  { text, fields }: Table,
  target: string | null,
): void {
  const { predictionCol, rawPredictionCol } = outputs;
  const isClass = classes.length > 0;
  const second = ofClass(rawPredictionCol ?? 'margin', String(classes[1]));
  const name = isClass ? second : predictionCol;
  const isFinalResult = isClass && rawPredictionCol === null ? 'false' : undefined;
  const margin = outputField(name, continuous, {
    feature: 'predictedValue',
    ...(isFinalResult === undefined ? {} : { isFinalResult }),
  });
  const type = classType(classes);
  const [no, yes] = classes.map((value) => textConstant(String(value), type.dataType));
  const isAbove = apply('greaterThan', fieldRef(name), numberConstant(0));
  const told = isClass
    ? outputField(
        predictionCol,
        type,
        { feature: 'transformedValue' },
        // without a margin there is no class
        apply(
          'if',
          apply('isNotMissing', fieldRef(name)),
          apply('if', isAbove, yes as string, no as string),
        ),
      )
    : '';
  // the class is made of the number, so the label is none that the regression has learned
  const schema = writer.miningSchema(fields, isClass ? null : target);
  const head = schema + element('Output', {}, margin, told);
  const names = [name, ...(isClass ? [predictionCol] : [])];
  writer.model([regression('regression', undefined, head, [text]), '\n'], names);
}

/** Margins, and the softmax of them. */
function addProbabilities(
  writer: PmmlWriter,
  { data, outputs, thresholds }: WrittenLinear,
  tables: readonly Table[],
  target: string | null,
): void {
  const { classes } = data;
  const { rawPredictionCol, predictionCol, probabilityCol } = outputs;
  const isOne = tables.length === 1;
  const scored = isOne ? classes.slice(1) : classes;
  const told = classOutputs({ classes, thresholds, predictionCol, probabilityCol });
  const isResult = rawPredictionCol !== null;
  const raw = scored.map((value) => {
    const name = ofClass(rawPredictionCol ?? 'margin', value);
    return isResult ? name : writer.newName(name);
  });
  const margins = tables.map(({ text, fields }, k) => {
    const feature = { feature: 'predictedValue', ...(isResult ? {} : { isFinalResult: 'false' }) };
    const output = element('Output', {}, outputField(raw[k] as string, continuous, feature));
    return regression('regression', undefined, writer.miningSchema(fields) + output, [text]);
  });
  const terms = [...(isOne ? [[]] : []), ...raw.map((name) => [predictor(name, 1)])];
  const shares = terms.map((own, k) =>
    regressionTable({ intercept: 0, targetCategory: String(classes[k]) }, own),
  );
  const head = writer.miningSchema(raw, target) + element('Output', {}, told.text);
  const models = [...margins, regression('classification', 'softmax', head, shares)];
  const segments = models.map((model, i) =>
    element('Segment', { id: i + 1 }, '<True/>', `${model}\n`),
  );
  const fields = [...new Set(tables.flatMap((table) => table.fields))];
  const parts = [
    `${opened('MiningModel', { functionName: 'classification' })}${writer.miningSchema(fields, target)}\n`,
    element('Segmentation', { multipleModelMethod: 'modelChain' }, `\n${segments.join('\n')}\n`),
    '\n</MiningModel>\n',
  ];
  writer.model(parts, [...(isResult ? raw : []), ...told.names]);
}

function predictor(name: string, factor: number): string {
  return element('NumericPredictor', { name, coefficient: numberText(factor) });
}

function regressionTable(
  { intercept, ...attributes }: { readonly intercept: number; readonly targetCategory?: string },
  terms: readonly string[],
): string {
  return element('RegressionTable', { intercept: numberText(intercept), ...attributes }, ...terms);
}

function regression(
  functionName: string,
  normalizationMethod: string | undefined,
  head: string,
  tables: readonly string[],
): string {
  return element('RegressionModel', { functionName, normalizationMethod }, head, ...tables);
}
