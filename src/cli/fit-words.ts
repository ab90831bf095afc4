/** Which words of `fit` and `tune` do not go together? They are refused before any work: what nobody uses would mislead. */
import { CoppiceError } from '../base/errors.ts';
import type { Algorithm } from './estimators.ts';
import type { FitCommandOptions } from './fit-options.ts';

/** What an option asks for that not every algorithm does. */
const needs = {
  label: 'learns of the features alone; --ignore keeps a column out of the features',
  weight: 'learns of the features alone',
  group: 'learns of the features alone',
  valid: 'watches no rows',
  initialModel: 'goes on from no model',
  checkpointDir: 'keeps no checkpoints',
  checkpointInterval: 'keeps no checkpoints',
  treatment: 'knows no treatments',
} as const;

type Flag = keyof typeof needs;

const checkpoints = ['checkpointDir', 'checkpointInterval'] as const;

/** What each algorithm has no use for. */
const unused: Readonly<Record<Algorithm, readonly Flag[]>> = {
  gbt: ['treatment'],
  rf: ['treatment', 'valid'],
  'extra-trees': ['treatment', 'valid'],
  dt: ['treatment', 'valid', 'initialModel', ...checkpoints],
  linear: ['treatment', 'valid', 'initialModel', ...checkpoints],
  stack: ['treatment', 'initialModel', ...checkpoints],
  'isolation-forest': [
    ...([
      'label',
      'weight',
      'group',
      'valid',
      'initialModel',
      'treatment',
      ...checkpoints,
    ] as const),
  ],
  'uplift-forest': ['group', 'valid', 'initialModel', ...checkpoints],
};

/** Refuses options that the algorithm has no use for, and a label that is not named. @throws CoppiceError `USAGE` */
export function checkFitWords(options: FitCommandOptions): void {
  const { algo, label } = options;
  if (algo !== 'isolation-forest' && label === undefined)
    throw new CoppiceError('USAGE', '--label must be given: the column to predict');
  const flag = unused[algo].find((one) => options[one] !== undefined);
  if (flag === undefined) return;
  const message = `${flagOf(flag)} must be left out with --algo ${algo}, which ${needs[flag]}`;
  throw new CoppiceError('USAGE', message);
}

/** Parameters that have an option of their own, which is always given or takes its place. */
const ownFlags: Readonly<Record<string, string>> = {
  ...{ labelCol: '--label', labelCols: '--label' },
  ...{ featuresCol: '--features', featuresCols: '--features' },
};

/** Parameters that an option may give as well. */
const sharedFlags: Readonly<Record<string, keyof FitCommandOptions>> = {
  ...{ weightCol: 'weight', idCol: 'idCol', groupCol: 'group', treatmentCol: 'treatment' },
  ...{ checkpointDir: 'checkpointDir', checkpointInterval: 'checkpointInterval' },
};

/** Refuses parameters of `--params` or its file that an option overrules. @throws CoppiceError `USAGE` */
export function checkFitParams(
  params: Readonly<Record<string, unknown>>,
  options: FitCommandOptions,
): void {
  for (const [name, flag] of Object.entries(ownFlags)) {
    if (params[name] === undefined) continue;
    const message = `--params must not name ${name}, which ${flag} gives; got ${JSON.stringify(params[name])}`;
    throw new CoppiceError('USAGE', message, { context: { param: name } });
  }
  for (const [name, option] of Object.entries(sharedFlags)) {
    const [param, given] = [params[name], options[option]];
    if (param === undefined || given === undefined || param === given) continue;
    const message = `${flagOf(option)} and ${name} in --params must be the same; got ${given} and ${param}`;
    throw new CoppiceError('USAGE', message, { context: { param: name } });
  }
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
