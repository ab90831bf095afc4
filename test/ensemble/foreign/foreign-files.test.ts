import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createTable,
  GBTRegressionModel,
  readLightGBMModel,
  readXGBoostModel,
} from '../../../src/index.ts';
import { runForTest } from '../../cli/run-for-test.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const folder = temporaryFolder('foreign-files');

/** A LightGBM model of one tree that splits the category `kind` in two and the number `size` below. */
function lightGBMText({
  names = 'kind size',
  infos = '-1:0:1:2 [0:9]',
  tree = {},
  end = [],
}: {
  readonly names?: string;
  readonly infos?: string;
  readonly tree?: Readonly<Record<string, string>>;
  readonly end?: readonly string[];
}): string {
  const fields = {
    num_leaves: '3',
    num_cat: '1',
    split_feature: '0 1',
    threshold: '0 4.5',
    decision_type: '1 6',
    left_child: '-1 -2',
    right_child: '1 -3',
    leaf_value: '1 2 4',
    cat_boundaries: '0 1',
    cat_threshold: '1',
    ...tree,
  };
  return [
    ...['tree', 'version=v4', 'num_class=1', 'num_tree_per_iteration=1', 'label_index=0'],
    `max_feature_idx=${names.split(' ').length - 1}`,
    ...['objective=regression', `feature_names=${names}`, `feature_infos=${infos}`],
    ...['tree_sizes=1', '', 'Tree=0'],
    ...Object.entries(fields).map(([name, value]) => `${name}=${value}`),
    ...['end of trees', ...end, ''],
  ].join('\n');
}

describe("categories of LightGBM's file", () => {
  it('are no numbers where zeros are missing: the first one is a category in every scorer', async () => {
    const model = await readLightGBMModel(lightGBMText({}));
    expect(model.data.features.map(({ zeroIsMissing }) => zeroIsMissing)).toEqual([
      undefined,
      true,
    ]);
    const columns = { kind: [0, 0, 1, 2], size: [0, 9, 3, 0] };
    const rows = await (await model.transform(createTable(columns))).collect();
    const found = rows.toArray().map(({ prediction }) => prediction);
    const score = await model.scorer();
    const { predict } = await import(
      `data:text/javascript,${encodeURIComponent(model.toModule())}`
    );
    for (const answer of [score, predict]) {
      const each = columns.kind.map(
        (kind, i) => answer({ kind, size: columns.size[i] }).prediction,
      );
      expect(each).toEqual(found);
    }
    expect(found).toEqual([1, 1, 2, 2]);
  });

  it('are no numbers either in a model that was saved as if they were', async () => {
    const model = await readLightGBMModel(lightGBMText({}));
    const kind: { zeroIsMissing?: boolean } | undefined = model.data.features[0];
    if (kind !== undefined) kind.zeroIsMissing = true;
    await model.save(`${folder}/zeros`);
    const { data } = await GBTRegressionModel.load(`${folder}/zeros`);
    expect(data.features.map(({ zeroIsMissing }) => zeroIsMissing)).toEqual([undefined, true]);
  });

  it('are found beside one that every row has, which has no range', async () => {
    const model = await readLightGBMModel(
      lightGBMText({
        names: 'same kind size none',
        infos: 'none -1:0:1:2 [0:9] none',
        tree: { split_feature: '1 2' },
        end: [
          ...['parameters:', '[categorical_feature: 0,1]', 'end of parameters', ''],
          'pandas_categorical:[["x"], ["p", "q", "r"]]',
        ],
      }),
    );
    expect(model.inputSchema.map(({ type }) => type)).toEqual([
      'string',
      'string',
      'double',
      'double',
    ]);
    const rest = { same: ['x', 'x', null], size: [9, 9, 9], none: [0, 1, 2] };
    const table = createTable({ kind: ['p', 'q', 'never'], ...rest });
    const rows = await (await model.transform(table)).collect();
    expect(rows.toArray().map(({ prediction }) => prediction)).toEqual([1, 4, 4]);
  });
});

/** XGBoost's JSON of one tree: the category `NaN` is 1 or not, then the number `x` is below 4.5. */
function xgboostText(tree: Readonly<Record<string, string>> = {}): string {
  const fields = {
    base_weights: '[0,0,0,0,0]',
    categories: '[1]',
    categories_nodes: '[0]',
    categories_segments: '[0]',
    categories_sizes: '[1]',
    default_left: '[0,1,0,0,0]',
    left_children: '[1,3,-1,-1,-1]',
    loss_changes: '[3,2,0,0,0]',
    right_children: '[2,4,-1,-1,-1]',
    split_conditions: '[0,4.5,4,1,2]',
    split_indices: '[0,1,0,0,0]',
    split_type: '[1,0,0,0,0]',
    sum_hessian: '[9,6,3,3,3]',
    tree_param: '{"num_nodes":"5","size_leaf_vector":"1"}',
    ...tree,
  };
  const text = Object.entries(fields).map(([name, value]) => `"${name}":${value}`);
  return `{"learner":{"attributes":{},"feature_names":["NaN","x"],"feature_types":["c","float"],
    "gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},
    "tree_info":[0],"trees":[{${text}}]},"name":"gbtree"},
    "learner_model_param":{"base_score":"0","num_class":"0","num_feature":"2","num_target":"1"},
    "objective":{"name":"reg:squarederror"}},"version":[2,1,4]}`;
}

describe("XGBoost's JSON", () => {
  it('may have NaN and infinities where no number is read, as before 3.1 at splits by category', async () => {
    const odd = { split_conditions: '[NaN,4.5,4,1,2]', loss_changes: '[Infinity,-Infinity,0,0,0]' };
    const model = await readXGBoostModel(xgboostText(odd));
    expect(model.featureNames).toEqual(['NaN', 'x']);
    expect([...model.data.trees.gain.subarray(0, 2)]).toEqual([0, 0]);
    const score = await model.scorer();
    const rows = [
      [1, 0],
      [0, 4],
      [7, 5],
    ];
    expect(rows.map(([kind, x]) => score({ NaN: kind, x } as object).prediction)).toEqual([
      4, 1, 2,
    ]);
  });

  it.each([
    ['leaf', '[0,4.5,NaN,1,2]', 'a leaf that is not finite'],
    ['leaf without end', '[0,4.5,-Infinity,1,2]', 'a leaf that is not finite'],
    ['threshold', '[0,NaN,4,1,2]', 'no threshold'],
    ['text', '[0,"NaN ",4,1,2]', 'no number in split_conditions'],
  ])('is refused where a %s is none', async (_, split_conditions, what) => {
    await expect(readXGBoostModel(xgboostText({ split_conditions }))).rejects.toMatchObject({
      code: 'MODEL_FORMAT',
      message: expect.stringContaining(what),
    });
  });

  it('that never ends is refused at once', async () => {
    for (const start of ['{"a":NaN,"', '{"a":NaN,"\\'])
      await expect(readXGBoostModel(start + '\\"'.repeat(1e6))).rejects.toMatchObject({
        code: 'MODEL_FORMAT',
      });
  });
});

describe("a model of XGBoost's", () => {
  it('without trees predicts what it begins with', async () => {
    const text = xgboostText()
      .replace('"num_trees":"1"', '"num_trees":"0"')
      .replace('"tree_info":[0]', '"tree_info":[]')
      .replace(/"trees":\[.*\]\},"name":"gbtree"/s, '"trees":[]},"name":"gbtree"')
      .replace('"base_score":"0"', '"base_score":"5E-1"');
    const model = await readXGBoostModel(text);
    expect((await model.scorer())({ NaN: 0, x: 0 })).toMatchObject({ prediction: 0.5 });
  });

  it('that splits by a category which it does not name is damaged, and too few given ones are not its fault', async () => {
    const cats = '"cats":{"enc":[{"offsets":[0,1],"values":[97]},{"values":[]}]},"tree_info"';
    await expect(
      readXGBoostModel(xgboostText().replace('"tree_info"', cats)),
    ).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
    await expect(
      readXGBoostModel(xgboostText(), { categories: { NaN: ['a'] } }),
    ).rejects.toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('of several expectiles is refused: their scores are gaps', async () => {
    const text = xgboostText()
      .replace('"num_target":"1"', '"num_target":"2"')
      .replace('"num_trees":"1"', '"num_trees":"2"')
      .replace('"tree_info":[0]', '"tree_info":[0,1]')
      .replace(/"trees":\[(.*)\]\},"name":"gbtree"/s, '"trees":[$1,$1]},"name":"gbtree"')
      .replace('reg:squarederror', 'reg:expectileerror');
    await expect(readXGBoostModel(text)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('several quantiles or expectiles'),
    });
  });
});

describe('a file of few bytes', () => {
  it('is refused at once where it tells of more scores than trees', async () => {
    const xgboost = xgboostText().replace('"num_target":"1"', '"num_target":"99999999"');
    const many = lightGBMText({}).replace('tree_per_iteration=1', 'tree_per_iteration=99999999');
    const none = many.replace(/tree_sizes=1[\s\S]*end of trees/, 'tree_sizes=\n\nend of trees');
    for (const read of [
      readXGBoostModel(xgboost),
      ...[many, none].map((text) => readLightGBMModel(text)),
    ])
      await expect(read).rejects.toMatchObject({
        code: 'MODEL_FORMAT',
        message: expect.stringMatching(/has \d trees (for|of) 99999999/),
      });
  });
});

describe('what is no model', () => {
  const config = '{"learner":{"generic_param":{},"gradient_booster":{"name":"gbtree"}}}';
  it.each([
    ['a dump of XGBoost', '[\n{"nodeid":0,"leaf":1}]', 'dump_model'],
    ['a dump of LightGBM', '{"name":"tree","version":"v4","tree_info":[]}', 'dump_model'],
    ['a configuration', config, 'save_config'],
  ])('%s is refused by name, in the shell too', async (_, text, what) => {
    const error = { code: 'UNSUPPORTED', message: expect.stringContaining(what) };
    const bytes = new TextEncoder().encode(text);
    await expect(readXGBoostModel(bytes)).rejects.toMatchObject(error);
    const file = join(folder, 'none.json');
    writeFileSync(file, text);
    const { exitCode, stderr } = await runForTest([
      'import',
      '--file',
      file,
      '--model',
      `${folder}/x`,
    ]);
    expect([exitCode > 0, stderr.includes(what), stderr.includes('UNSUPPORTED')]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('parameters of LightGBM that end in the middle are refused', async () => {
    const end = ['parameters:', '[learning_rate: 0.1]'];
    await expect(readLightGBMModel(lightGBMText({ end }))).rejects.toMatchObject({
      code: 'MODEL_FORMAT',
      message: expect.stringContaining('end of parameters'),
    });
  });

  it('several labels of two classes are read with the objective that is named', async () => {
    const text = xgboostText()
      .replace('"num_target":"1"', '"num_target":"2"')
      .replace('"base_score":"0"', '"base_score":"[5E-1,5E-1]"')
      .replace('"num_trees":"1"', '"num_trees":"2"')
      .replace('"tree_info":[0]', '"tree_info":[0,1]')
      .replace(/"trees":\[(.*)\]\},"name":"gbtree"/s, '"trees":[$1,$1]},"name":"gbtree"')
      .replace('reg:squarederror', 'binary:logistic');
    const [, objective = ''] = /objective "(.*)",/.exec(
      await readXGBoostModel(text).then(String, (error: Error) => error.message),
    ) as RegExpExecArray;
    const model = await readXGBoostModel(text, { objective });
    const { prediction } = (await model.scorer<Float64Array>())({ NaN: 0, x: 0 });
    expect(Array.from(prediction)).toEqual([
      expect.closeTo(1 / (1 + Math.exp(-1)), 15),
      expect.closeTo(1 / (1 + Math.exp(-1)), 15),
    ]);
  });
});
