/** Boosted trees and isolation forests in PMML: their scores, and the links of prediction/batch-scores.ts behind them. */
import { classOutputs, classType, ofClass } from '../../pipeline/pmml/class-outputs.ts';
import {
  apply,
  continuous,
  element,
  fieldRef,
  numberConstant,
  outputField,
} from '../../pipeline/pmml/pmml-text.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { ClassValue } from '../../training/messages.ts';
import type { WrittenModel } from '../prediction/written-model.ts';
import type { PmmlSaid } from './pmml-said.ts';
import { type HeadOf, ScoreChain } from './score-chain.ts';
import type { PmmlFeature } from './split-predicates.ts';

/** Adds boosted trees. @throws CoppiceError `UNSUPPORTED`, `COLUMN_EXISTS` */
export function addBoostedTrees(
  writer: PmmlWriter,
  model: WrittenModel,
  said: PmmlSaid & { readonly features: readonly (PmmlFeature | undefined)[] },
): void {
  const chain = new ScoreChain(writer, model, said.features);
  const { classes } = model.data;
  const isClass = classes.length > 0;
  const type = isClass ? classType(classes) : continuous;
  const target = writer.target(said.labelCol, type, classes.map(String));
  const last = (outputs: string): HeadOf => {
    return (fields) => writer.miningSchema(fields, target) + element('Output', {}, outputs);
  };
  const names = isClass
    ? addClasses(chain, model, last)
    : addNumbers(chain, model, last, said.anomaly);
  writer.model(chain.finish(isClass ? 'classification' : 'regression', target), names);
}

/** A number: its score with the link of it. @returns the names of the outputs */
function addNumbers(
  chain: ScoreChain,
  { link, outputs }: WrittenModel,
  last: (outputs: string) => HeadOf,
  anomaly: PmmlSaid['anomaly'],
): string[] {
  const { predictionCol } = outputs;
  const predicted = outputField(predictionCol, continuous, { feature: 'predictedValue' });
  if (link === 'identity') {
    chain.addScore(0, last(predicted));
    return [predictionCol];
  }
  const margin = chain.innerName('margin');
  chain.addScore(0, chain.handing(margin));
  const tables = [{ fields: [margin] }];
  if (link === 'expLessOne') {
    const power = chain.innerName('exp');
    chain.addRegression({ tables, normalization: 'exp', head: chain.handing(power) });
    chain.addRegression({ tables: [{ fields: [power], intercept: -1 }], head: last(predicted) });
    return [predictionCol];
  }
  if (anomaly === undefined) {
    chain.addRegression({ tables, normalization: link, head: last(predicted) });
    return [predictionCol];
  }
  const least = numberConstant(anomaly.leastMargin);
  const type = { optype: 'categorical', dataType: 'boolean' };
  const isAnomaly = apply('greaterOrEqual', fieldRef(margin), least);
  const flag = outputField(anomaly.name, type, { feature: 'transformedValue' }, isAnomaly);
  chain.addRegression({ tables, normalization: link, head: last(predicted + flag) });
  return [predictionCol, anomaly.name];
}

/** Classes: a score each, or one for the second of two. @returns the names of the outputs */
function addClasses(
  chain: ScoreChain,
  model: WrittenModel,
  last: (outputs: string) => HeadOf,
): string[] {
  const { data, link, outputs } = model;
  const { rawPredictionCol } = outputs;
  const { classes } = data;
  const scored = link === 'logistic' ? classes.slice(1) : classes;
  const raw = scored.map((value, k) => {
    const name =
      rawPredictionCol === null
        ? chain.innerName(ofClass('margin', value))
        : ofClass(rawPredictionCol, value);
    chain.addScore(k, chain.handing(name, rawPredictionCol !== null));
    return name;
  });
  const fields =
    link === 'oneVsAll' ? raw.map((name, k) => addShare(chain, name, classes[k])) : raw;
  const { text, names } = classOutputs({ classes, thresholds: model.thresholds, ...outputs });
  const firstOfTwo = link === 'logistic' ? [[]] : [];
  const terms = [...firstOfTwo, ...fields.map((field) => [field])];
  chain.addRegression({
    functionName: 'classification',
    normalization: link === 'oneVsAll' ? 'simplemax' : 'softmax',
    tables: terms.map((own, k) => ({ fields: own, targetCategory: String(classes[k]) })),
    head: last(text),
  });
  return [...(rawPredictionCol === null ? [] : raw), ...names];
}

/** The probability of a class against all others. */
function addShare(chain: ScoreChain, margin: string, value: ClassValue | undefined): string {
  const share = chain.innerName(`share(${value})`);
  const head = chain.handing(share);
  chain.addRegression({ tables: [{ fields: [margin] }], normalization: 'logit', head });
  return share;
}
