import { describe, expect, expectTypeOf, it } from 'vitest';
import { fromModule } from '../../src/base/user-function.ts';
import { defineParams, type Options, type Resolved } from '../../src/params/define-params.ts';
import { explainParams } from '../../src/params/explain-params.ts';
import {
  bool,
  column,
  columns,
  either,
  float,
  int,
  json,
  numbers,
  oneOf,
  str,
  strings,
} from '../../src/params/kinds.ts';
import { func } from '../../src/params/object-kinds.ts';
import { paramsFromText } from '../../src/params/params-from-text.ts';
import { paramsFromJson, paramsToJson } from '../../src/params/params-json.ts';
import { givenOptions, resolveParams } from '../../src/params/resolve-params.ts';

const shared = {
  /** The label. */
  labelCol: column({ default: 'label' }),
  /** Rows to watch. */
  validationIndicatorCol: column({}),
};

const params = defineParams(
  'GBTRegressor',
  {
    ...shared,
    /** Boosting rounds, one tree each. */
    maxIter: int({ default: 100, min: 1 }),
    /** Step. */
    stepSize: float({ default: 0.1, above: 0, max: 1 }),
    /** Loss minimised. */
    lossType: oneOf(['squared', 'absolute'], { default: 'squared' }),
    /** Columns. */
    inputCols: columns({ required: true }),
    /** Off or on. */
    isOn: bool({ default: false }),
    /** Workers. */
    threads: int({ min: 1, noSave: true }),
    /** Part of the columns. */
    subset: either(oneOf(['auto', 'sqrt'], {}), float({ above: 0, max: 1 }), { default: 'auto' }),
    /** Edges. */
    splits: numbers({ ascending: true, minLength: 2, allowInfinite: true }),
    /** Missing value. */
    missingValue: float({ default: Number.NaN, allowNaN: true }),
    /** Words. */
    words: strings({ default: [] }),
    /** Anything. */
    extra: json({}),
    /** A function. */
    objective: func<(x: number) => number>({}),
  },
  (p) =>
    p.validationIndicatorCol !== p.labelCol
      ? null
      : 'validationIndicatorCol must differ from labelCol',
);

const minimal = { inputCols: ['a'] } as const;

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

describe('defineParams', () => {
  it('infers the types of options and of resolved values from the one declaration', () => {
    type O = Options<typeof params.schema>;
    type R = Resolved<typeof params.schema>;
    expectTypeOf<O['maxIter']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<O['inputCols']>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<O['lossType']>().toEqualTypeOf<'squared' | 'absolute' | undefined>();
    expectTypeOf<R['maxIter']>().toEqualTypeOf<number>();
    expectTypeOf<R['lossType']>().toEqualTypeOf<'squared' | 'absolute'>();
    expectTypeOf<R['threads']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<R['inputCols']>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<R['subset']>().toEqualTypeOf<'auto' | 'sqrt' | number>();
    expectTypeOf<R['uid']>().toEqualTypeOf<string | undefined>();
    // @ts-expect-error a required parameter is missing
    const missing: O = {};
    // @ts-expect-error a misspelt parameter is a compile error
    const misspelt: O = { inputCols: ['a'], maxItre: 3 };
    expect([missing, misspelt]).toHaveLength(2);
  });

  it('refuses a default that breaks its own rule', () => {
    expect(() => int({ default: 0, min: 1 })).toThrow(
      'the default of a int parameter must be an integer ≥ 1',
    );
  });
});

describe('resolveParams', () => {
  it('fills in defaults and freezes the result', () => {
    const resolved = resolveParams(params, { ...minimal, maxIter: 7 });
    expect(resolved).toMatchObject({
      maxIter: 7,
      stepSize: 0.1,
      labelCol: 'label',
      subset: 'auto',
    });
    expect(resolved.threads).toBeUndefined();
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(Object.isFrozen(resolved.inputCols)).toBe(true);
  });

  it('keeps its own copy of a list', () => {
    const names = ['a', 'b'];
    const resolved = resolveParams(params, { inputCols: names });
    names.push('c');
    expect(resolved.inputCols).toEqual(['a', 'b']);
  });

  it('treats undefined as not given', () => {
    expect(resolveParams(params, { ...minimal, maxIter: undefined }).maxIter).toBe(100);
  });

  it.each([
    [{ maxIter: 0 }, 'maxIter of GBTRegressor must be an integer ≥ 1; got 0'],
    [{ maxIter: 2.5 }, 'maxIter of GBTRegressor must be an integer ≥ 1; got 2.5'],
    [{ maxIter: '3' }, 'maxIter of GBTRegressor must be an integer ≥ 1; got "3"'],
    [{ stepSize: 0 }, 'stepSize of GBTRegressor must be a finite number in (0, 1]; got 0'],
    [
      { stepSize: Number.NaN },
      'stepSize of GBTRegressor must be a finite number in (0, 1]; got NaN',
    ],
    [
      { lossType: 'huber' },
      `lossType of GBTRegressor must be one of 'squared', 'absolute'; got "huber"`,
    ],
    [
      { inputCols: ['a', 'a'] },
      'inputCols of GBTRegressor must be a list of at least 1 different column names; got ["a", "a"]',
    ],
    [
      { subset: 'half' },
      `subset of GBTRegressor must be one of 'auto', 'sqrt', or a finite number in (0, 1]; got "half"`,
    ],
    [
      { splits: [1, 0] },
      'splits of GBTRegressor must be a list of at least 2 ascending numbers; got [1, 0]',
    ],
    [{ isOn: 1 }, 'isOn of GBTRegressor must be true or false; got 1'],
    [
      { objective: 3 },
      'objective of GBTRegressor must be a function or fromModule(url, name); got 3',
    ],
    [
      { validationIndicatorCol: 'label' },
      'validationIndicatorCol of GBTRegressor must differ from labelCol; got "label"',
    ],
  ])('says what must be what for %j', (options, sentence) => {
    expect(messageOf(() => resolveParams(params, { ...minimal, ...options } as never))).toBe(
      sentence,
    );
  });

  it('names a missing required parameter', () => {
    expect(messageOf(() => resolveParams(params, {} as never))).toBe(
      'inputCols of GBTRegressor must be given: a list of at least 1 different column names; got undefined',
    );
  });

  it('suggests the nearest name for an unknown one', () => {
    const options = { ...minimal, maxItre: 3 } as never;
    expect(messageOf(() => resolveParams(params, options))).toBe(
      'maxItre of GBTRegressor must be one of its parameters; did you mean maxIter?',
    );
    expect(() => resolveParams(params, options)).toThrow(
      expect.objectContaining({ code: 'PARAM_UNKNOWN' }),
    );
  });

  it('does not take inherited names or __proto__ for parameters', () => {
    const options = JSON.parse('{"inputCols":["a"],"__proto__":{"maxIter":3}}') as never;
    expect(() => resolveParams(params, options)).toThrow(
      '__proto__ of GBTRegressor must be one of its parameters',
    );
    expect(
      resolveParams(params, Object.assign(Object.create({ maxIter: 3 }), minimal)).maxIter,
    ).toBe(100);
  });
});

describe('saved parameters', () => {
  it('split into set and default, without what is not saved', () => {
    const options = { ...minimal, maxIter: 7, threads: 2, splits: [0, Number.POSITIVE_INFINITY] };
    const saved = paramsToJson(
      params,
      resolveParams(params, options),
      givenOptions(params, options),
    );
    expect(saved.set).toEqual({ maxIter: 7, inputCols: ['a'], splits: [0, 'Infinity'] });
    expect(saved.default).toMatchObject({ stepSize: 0.1, missingValue: 'NaN', labelCol: 'label' });
    expect(Object.keys(saved.default)).not.toContain('threads');
  });

  it('come back as the options that were set', () => {
    const options = { ...minimal, maxIter: 7, splits: [0, Number.POSITIVE_INFINITY] };
    const saved = paramsToJson(
      params,
      resolveParams(params, options),
      givenOptions(params, options),
    );
    expect(paramsFromJson(params, JSON.parse(JSON.stringify(saved)))).toEqual(options);
  });

  it('keep a default of another version', () => {
    const saved = { set: { inputCols: ['a'] }, default: { maxIter: 20, stepSize: 0.1 } };
    expect(paramsFromJson(params, saved)).toEqual({ inputCols: ['a'], maxIter: 20 });
  });

  it('hold the name of a function, never its code', () => {
    const double = (x: number): number => x * 2;
    const options = { ...minimal, objective: double };
    const saved = paramsToJson(
      params,
      resolveParams(params, options),
      givenOptions(params, options),
    );
    expect(saved.set['objective']).toEqual({ function: 'double' });
    expect(paramsFromJson(params, saved, { double }).objective).toBe(double);
    expect(messageOf(() => resolveParams(params, paramsFromJson(params, saved) as never))).toBe(
      'objective of GBTRegressor was saved as the function double, whose code is not in the saved files; ' +
        'give it to load as { functions: { double } }',
    );
  });

  it('refuse a name that the class does not have', () => {
    expect(() => paramsFromJson(params, { set: { nope: 1 }, default: {} })).toThrow(
      'the saved parameter nope is not one of GBTRegressor',
    );
    expect(() => paramsFromJson(params, { set: { toString: 1 }, default: {} })).toThrow('toString');
    expect(() => paramsFromJson(params, 3)).toThrow('must have set and default');
  });
});

describe('paramsFromText', () => {
  it('reads what one types on a command line', () => {
    const text =
      'maxIter=20, stepSize=.5,inputCols=a;b,isOn=true,subset=0.5,splits=[0,1.5],lossType=absolute';
    expect(paramsFromText(params, text)).toEqual({
      maxIter: 20,
      stepSize: 0.5,
      inputCols: ['a', 'b'],
      isOn: true,
      subset: 0.5,
      splits: [0, 1.5],
      lossType: 'absolute',
    });
    expect(paramsFromText(params, 'inputCols=["a,b","c"],subset=sqrt,extra={"x":[1,2]}')).toEqual({
      inputCols: ['a,b', 'c'],
      subset: 'sqrt',
      extra: { x: [1, 2] },
    });
  });

  it('refuses unknown names and pairs without a value', () => {
    expect(() => paramsFromText(params, 'stepsize=1')).toThrow('did you mean stepSize?');
    expect(() => paramsFromText(params, 'stepSize')).toThrow(
      'must be name=value pairs; got "stepSize"',
    );
  });
});

describe('explainParams', () => {
  it('prints rule, default and current value of each parameter', () => {
    const text = explainParams(params, resolveParams(params, { ...minimal, maxIter: 7 }));
    expect(text).toContain('maxIter: an integer ≥ 1 (default: 100, current: 7)');
    expect(text).toContain(
      'inputCols: a list of at least 1 different column names (required, current: ["a"])',
    );
  });
});

describe('str and fromModule', () => {
  it('refuse empty texts', () => {
    expect(() => resolveParams(defineParams('Thing', { title: str({}) }), { title: '' })).toThrow(
      'title of Thing must be a non-empty string; got ""',
    );
    expect(() => fromModule('no-url', 'x')).toThrow('url of fromModule must be an absolute URL');
    expect(() => fromModule('file:///a.js', '')).toThrow('exportName of fromModule');
  });
});
