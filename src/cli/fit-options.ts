import type { CommonOptions } from './command.ts';
import type { Algorithm, Task } from './estimators.ts';
import type { LabelOption } from './label-kind.ts';
import type { ReadDataOptions } from './read-data.ts';
import type { SessionCommandOptions } from './with-session.ts';

/** Options of `fit`. */
export interface FitCommandOptions extends CommonOptions, ReadDataOptions, SessionCommandOptions {
  readonly data: readonly string[];
  /** A column, or several; none for an algorithm that learns without. */
  readonly label?: LabelOption;
  readonly model: string;
  /** Columns of expressions, by name. */
  readonly compute?: Readonly<Record<string, string>>;
  readonly algo: Algorithm;
  readonly task: 'auto' | Task;
  readonly features?: readonly string[];
  readonly ignore?: readonly string[];
  readonly categorical?: readonly string[];
  readonly weight?: string;
  readonly idCol?: string;
  readonly group?: string;
  readonly treatment?: string;
  readonly survivalTimes?: readonly number[];
  readonly params?: string;
  readonly paramsFile?: string;
  readonly valid?: readonly string[];
  readonly initialModel?: string;
  readonly checkpointDir?: string;
  readonly checkpointInterval?: number;
  readonly seed?: number;
  readonly overwrite?: boolean;
  readonly dropUnlabelled?: boolean;
}
