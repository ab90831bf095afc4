/**
 * Which parameter did somebody mean who comes from another library? The names that LightGBM, XGBoost, scikit-learn and
 * CatBoost have for what every user sets; the whole list is docs/guides/parameters.md.
 */
import { nameSuggestion } from '../base/nearest-name.ts';

/** Names of others, lower case and without underscores, by ours; the first of ours that a stage has is meant. */
const others: readonly (readonly [ours: readonly string[], theirs: string])[] = [
  [
    ['maxIter', 'numTrees', 'numEstimators'],
    'nestimators numiterations numiteration numtrees ntrees numboostround numround numrounds iterations nrounds',
  ],
  [['stepSize'], 'learningrate eta shrinkagerate shrinkage'],
  [['maxLeaves'], 'numleaves maxleaf maxleaves maxleafnodes'],
  [
    ['minInstancesPerNode'],
    'minsamplesleaf mindatainleaf minchildsamples minsamplessplit minnodesize',
  ],
  [['minSumHessian'], 'minchildweight minsumhessianinleaf'],
  [['splitCost', 'minInfoGain'], 'gamma minsplitloss mingaintosplit minsplitgain'],
  [['splitCostPerRow'], 'cegbpenaltysplit'],
  [['minInfoGain'], 'minimpuritydecrease'],
  [['lambda', 'regParam'], 'reglambda lambdal2 l2leafreg l2regularization'],
  [['alpha', 'elasticNetParam'], 'regalpha lambdal1'],
  [['subsamplingRate'], 'subsample baggingfraction samplerate maxsamples'],
  [['colsampleByTree'], 'colsamplebytree featurefraction rsm'],
  [['featureSubsetStrategy'], 'maxfeatures mtry'],
  [['seed'], 'randomstate randomseed'],
  [['earlyStoppingRounds'], 'earlystoppinground niternochange odwait'],
  [['validationMetrics'], 'evalmetric'],
  [['lossType', 'impurity'], 'objective loss lossfunction criterion'],
  [['classWeights'], 'classweight isunbalance'],
  [['maxBins'], 'bordercount maxbin'],
  [['binEdges'], 'forcedbins forcedbinsfilename'],
  [['monotoneConstraints'], 'monotoniccst monotonicconstraints mc'],
  [['regParam'], 'c'],
  [['elasticNetParam'], 'l1ratio penalty'],
  [['labelCol', 'labelCols'], 'target'],
  [['featuresCols', 'inputCols'], 'features columns'],
  [['numFolds'], 'cv nfolds'],
  [['estimatorParamMaps'], 'paramgrid'],
  [['evaluator'], 'scoring'],
  [['estimator'], 'basemodel'],
  [['stages'], 'steps'],
  [['k'], 'nclusters'],
];

/** The tail of an error's sentence about a parameter: what others call so, the nearest name, or what there is. */
export function paramSuggestion(given: string, known: readonly string[]): string {
  const wanted = given.slice(0, 40).replaceAll(/[_.-]/g, '').toLowerCase();
  const ours = others.find(([, theirs]) => theirs.split(' ').includes(wanted))?.[0] ?? [];
  const name = ours.find((one) => known.includes(one));
  return name === undefined ? nameSuggestion(given, known) : `did you mean ${name}?`;
}
