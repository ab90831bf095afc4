/** Classes in PMML: the label with its values, a probability for each, and which of them is predicted. */
import type { ClassValue } from '../../training/messages.ts';
import {
  apply,
  continuous,
  fieldRef,
  numberConstant,
  outputField,
  textConstant,
} from './pmml-text.ts';

/** The type of the label. */
export function classType(classes: readonly ClassValue[]): {
  readonly optype: 'categorical';
  readonly dataType: string;
} {
  const [first] = classes;
  const isWhole = classes.every((value) => typeof value === 'number' && value === (value | 0));
  const dataType =
    typeof first === 'number' ? (isWhole ? 'integer' : 'double') : (typeof first as string);
  return { optype: 'categorical', dataType };
}

/** The name of an output of one class. */
export function ofClass(name: string, value: ClassValue): string {
  return `${name}(${value})`;
}

/** The outputs of a classifier: probabilities, and the class. @returns their text and names */
export function classOutputs(told: {
  readonly classes: readonly ClassValue[];
  readonly thresholds: readonly number[] | null;
  readonly probabilityCol: string | null;
  readonly predictionCol: string;
}): {
  readonly text: string;
  readonly names: string[];
} {
  const { classes, thresholds, probabilityCol, predictionCol } = told;
  const type = classType(classes);
  // thresholds need probabilities; where nobody wants the columns they are no result
  const names = classes.map((value) => ofClass(probabilityCol ?? 'probability', value));
  const probabilities = names.map((name, k) =>
    outputField(name, continuous, { feature: 'probability', value: String(classes[k]) }),
  );
  const prediction =
    thresholds === null
      ? outputField(predictionCol, type, { feature: 'predictedValue' })
      : outputField(
          predictionCol,
          type,
          { feature: 'transformedValue' },
          overThresholds(classes, names, thresholds),
        );
  return {
    text: [...probabilities, prediction].join(''),
    names: [...names, predictionCol],
  };
}

/** The class whose probability is largest by its threshold, the first of equals; one that is above 0 beats all by 0. */
function overThresholds(
  classes: readonly ClassValue[],
  names: readonly string[],
  thresholds: readonly number[],
): string {
  const { dataType } = classType(classes);
  const answer = (k: number): string => textConstant(String(classes[k]), dataType);
  const zero = thresholds.indexOf(0);
  const others = classes.map((_, k) => k).filter((k) => k !== zero);
  const scaled = (k: number): string =>
    apply('/', fieldRef(names[k] as string), numberConstant(thresholds[k] as number));
  const best = (from: number): string => {
    const k = others[from] as number;
    const rest = others.slice(from + 1);
    if (rest.length === 0) return answer(k);
    const most = rest.length === 1 ? scaled(rest[0] as number) : apply('max', ...rest.map(scaled));
    return apply('if', apply('greaterOrEqual', scaled(k), most), answer(k), best(from + 1));
  };
  if (zero < 0) return best(0);
  const isThere = apply('greaterThan', fieldRef(names[zero] as string), numberConstant(0));
  return others.length === 0 ? answer(zero) : apply('if', isThere, answer(zero), best(0));
}
