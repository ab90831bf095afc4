/** The stages that are compared on public data, by the names that fixtures/make-real-features.py gives the cases. */
import {
  Binarizer,
  Bucketizer,
  DatePartExtractor,
  type Estimator,
  FeatureHasher,
  FunctionTransformer,
  Imputer,
  MinMaxScaler,
  type Model,
  Normalizer,
  OneHotEncoder,
  QuantileDiscretizer,
  RobustScaler,
  StandardScaler,
  StringIndexer,
  TargetEncoder,
  type Transformer,
  UnivariateFeatureSelector,
  VarianceThresholdSelector,
  VectorAssembler,
  VectorSlicer,
} from '../../src/index.ts';

/** A step of a case. */
export type Stage = Estimator<Model> | Transformer;
const words = ['workclass', 'education', 'occupation', 'native_country'];
const known = ['education', 'marital_status', 'race'];
/** Columns of beijing_air with missing values. */
export const air = ['PM10', 'SO2', 'NO2', 'CO', 'O3', 'TEMP', 'WSPM'];
const homes = ['longitude', 'latitude', 'housingMedianAge', 'totalRooms'].concat(
  ...['totalBedrooms', 'population', 'households', 'medianIncome'],
);
const pixels = ['x-box', 'y-box', 'width', 'high', 'onpix', 'x-bar', 'y-bar', 'x2bar'].concat(
  ...['y2bar', 'xybar', 'x2ybr', 'xy2br', 'x-ege', 'xegvy', 'y-ege', 'yegvx'],
);
const outs = (inputs: readonly string[]): string[] => inputs.map((name) => `${name}_out`);
const several = (inputCols: readonly string[]) => ({
  inputCols: [...inputCols],
  outputCols: outs(inputCols),
});
const one = { inputCol: 'v', outputCol: 'o' };
const assembled = (inputCols: string[]) => new VectorAssembler({ inputCols, outputCol: 'v' });
const encoded = (
  columns: string[],
  labelCol: string,
  targetType: 'binary' | 'continuous' | 'multiclass',
) =>
  (['auto', 20] as const).map(
    (smoothing) =>
      [
        smoothing === 20 ? '20.0' : 'auto',
        new TargetEncoder({ ...several(columns), labelCol, targetType, smoothing }),
      ] as const,
  );

/** The stages of a case, and the columns that the last one adds. */
export const realFeatureCases: Record<
  string,
  readonly [stages: readonly Stage[], outputs: readonly string[]]
> = {
  ...Object.fromEntries(
    (['alphabetAsc', 'alphabetDesc', 'frequencyAsc', 'frequencyDesc'] as const).map((order) => [
      `StringIndexer ${order} adult`,
      [
        [new StringIndexer({ ...several(words), stringOrderType: order, handleInvalid: 'keep' })],
        outs(words),
      ],
    ]),
  ),
  'OneHotEncoder adult': [[new OneHotEncoder({ ...several(known), dropLast: false })], outs(known)],
  'OneHotEncoder dropLast adult': [
    [new OneHotEncoder({ inputCol: 'education', outputCol: 'o' })],
    ['o'],
  ],
  ...Object.fromEntries(
    [
      [
        'TargetEncoder binary adult',
        encoded(['education', 'marital_status', 'relationship'], 'income', 'binary'),
      ] as const,
      [
        'TargetEncoder continuous diamonds',
        encoded(['cut', 'color', 'clarity'], 'price', 'continuous'),
      ] as const,
      [
        'TargetEncoder multiclass letter',
        encoded(['x-ege', 'y-ege'], 'target', 'multiclass'),
      ] as const,
    ].flatMap(([name, encoders]) =>
      encoders.map(([smoothing, encoder]) => [
        `${name} ${smoothing}`,
        [[encoder], encoder.params.outputCols ?? []],
      ]),
    ),
  ),
  ...Object.fromEntries(
    (['mean', 'median', 'mode'] as const).map((strategy) => [
      `Imputer ${strategy} beijing_air`,
      [[new Imputer({ ...several(air), strategy })], outs(air)],
    ]),
  ),
  'Bucketizer diamonds': [
    [
      new Bucketizer({
        inputCol: 'carat',
        outputCol: 'o',
        splits: [-Infinity, 0.3, 0.7, 1.01, 2, Infinity],
      }),
    ],
    ['o'],
  ],
  ...Object.fromEntries(
    [4, 10].map((numBuckets) => {
      const columns = ['carat', 'depth', 'table', 'x'];
      return [
        `QuantileDiscretizer ${numBuckets} diamonds`,
        [[new QuantileDiscretizer({ ...several(columns), numBuckets })], outs(columns)],
      ];
    }),
  ),
  'Binarizer diamonds': [
    [new Binarizer({ inputCol: 'depth', outputCol: 'o', threshold: 61.8 })],
    ['o'],
  ],
  'FunctionTransformer diamonds': [
    [
      new FunctionTransformer({
        func: (batch) =>
          Float64Array.from(batch.getChild('price') ?? [], (price) => Math.log1p(price)),
        inputCols: ['price'],
        outputCol: 'o',
      }),
    ],
    ['o'],
  ],
  'VectorAssembler california_housing': [[assembled(homes)], ['v']],
  'VectorSlicer california_housing': [
    [assembled(homes), new VectorSlicer({ ...one, indices: [7, 0, 5] })],
    ['o'],
  ],
  'StandardScaler california_housing': [
    [assembled(homes), new StandardScaler({ ...one, withMean: true })],
    ['o'],
  ],
  'MinMaxScaler california_housing': [
    [assembled(homes), new MinMaxScaler({ ...one, min: -1, max: 2 })],
    ['o'],
  ],
  'RobustScaler california_housing': [
    [assembled(homes), new RobustScaler({ ...one, withCentering: true })],
    ['o'],
  ],
  ...Object.fromEntries(
    (
      [
        ['l1', 1],
        ['l2', 2],
        ['max', Number.POSITIVE_INFINITY],
      ] as const
    ).map(([name, p]) => [
      `Normalizer ${name} california_housing`,
      [[assembled(homes), new Normalizer({ ...one, p })], ['o']],
    ]),
  ),
  ...Object.fromEntries(
    [64, 1000].map((numFeatures) => [
      `FeatureHasher ${numFeatures} adult`,
      [
        [
          new FeatureHasher({
            inputCols: ['workclass', 'occupation', 'native_country', 'hours_per_week'],
            outputCol: 'o',
            numFeatures,
          }),
        ],
        ['o'],
      ],
    ]),
  ),
  'VarianceThresholdSelector letter': [
    [
      assembled(pixels),
      new VarianceThresholdSelector({ featuresCol: 'v', outputCol: 'o', varianceThreshold: 5 }),
    ],
    ['o'],
  ],
  'UnivariateFeatureSelector anova letter': [
    [
      assembled(pixels),
      new UnivariateFeatureSelector({
        featuresCol: 'v',
        outputCol: 'o',
        labelCol: 'target',
        labelType: 'categorical',
      }),
    ],
    [],
  ],
  'UnivariateFeatureSelector regression california_housing': [
    [
      assembled(homes),
      new UnivariateFeatureSelector({
        featuresCol: 'v',
        outputCol: 'o',
        labelCol: 'medianHouseValue',
      }),
    ],
    [],
  ],
  'UnivariateFeatureSelector chi2 adult': [
    [
      assembled(['workclass', 'education', 'marital_status', 'race', 'sex', 'native_country']),
      new UnivariateFeatureSelector({ featuresCol: 'v', outputCol: 'o', labelCol: 'income' }),
    ],
    [],
  ],
  'DatePartExtractor beijing_air': [
    [
      new DatePartExtractor({
        inputCol: 'time',
        outputCol: 'o',
        parts: [
          'year',
          'quarter',
          'month',
          'weekOfYear',
          'dayOfYear',
          'dayOfMonth',
          'dayOfWeek',
          'hour',
        ],
      }),
    ],
    ['o'],
  ],
};
