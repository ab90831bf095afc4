/**
 * Which parameter did somebody mean who comes from another library? The names that LightGBM, XGBoost, scikit-learn and
 * CatBoost have for what every user sets (the whole list is docs/guides/parameters.md), and what only Spark has.
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
  [['featureCosts'], 'cegbpenaltyfeaturecoupled firstfeatureusepenalties'],
  [['featureCostsPerRow'], 'cegbpenaltyfeaturelazy perobjectfeaturepenalties'],
  [['minInfoGain'], 'minimpuritydecrease'],
  [['lambda', 'regParam'], 'reglambda lambdal2 l2leafreg l2regularization'],
  [['alpha'], 'regalpha lambdal1 elasticnetparam'],
  [['elasticNetParam'], 'regalpha lambdal1'],
  [['subsamplingRate'], 'subsample baggingfraction samplerate maxsamples'],
  [['colsampleByTree'], 'colsamplebytree featurefraction rsm'],
  [['featureSubsetStrategy', 'colsampleByLevel'], 'maxfeatures mtry'],
  [['seed'], 'randomstate randomseed'],
  [['earlyStoppingRounds'], 'earlystoppinground niternochange odwait'],
  [['validationMetrics'], 'evalmetric'],
  [['lossType', 'impurity'], 'objective loss lossfunction criterion'],
  [['classWeights'], 'classweight isunbalance'],
  [['maxBins'], 'bordercount maxbin'],
  [['binEdges'], 'forcedbins forcedbinsfilename'],
  [['monotoneConstraints'], 'monotoniccst monotonicconstraints mc'],
  [['elasticNetParam'], 'l1ratio penalty'],
  [['labelCol', 'labelCols'], 'target label y'],
  [['featuresCols', 'inputCols'], 'features columns'],
  [['weightCol'], 'sampleweight weight weights'],
  [['groupCol'], 'group groupid qid queryid'],
  [['offsetCol'], 'initscore basemargin baseline'],
  [['maxDepth'], 'depth'],
  [['device'], 'devicetype treemethod tasktype'],
  [['colsampleByLevel'], 'colsamplebynode featurefractionbynode'],
  [['parallelism'], 'njobs'],
  [['numFolds'], 'cv nfolds'],
  [['estimatorParamMaps'], 'paramgrid'],
  [['evaluator'], 'scoring'],
  [['estimator'], 'basemodel'],
  [['stages'], 'steps'],
  [['k'], 'nclusters'],
  [['numProjections'], 'ncomponents'],
  [['featuresPerProjection'], 'density'],
];

/** What is no parameter here, by what to do instead. */
const elsewhere: readonly (readonly [what: string, theirs: string])[] = [
  [
    'threads are of the session: Session.local({ threads: 4 })',
    'njobs nthread nthreads numthread numthreads threadcount numworkers',
  ],
  [
    'nothing is printed: fit takes { onProgress } to hear of rounds',
    'verbose verbosity verboseeval silent logginglevel',
  ],
  [
    "columns of text are categories as they are, numbers by withColumn('x', col('x').cast('category'))",
    'categoricalfeature categoricalfeatures categoricalcolumn catfeature catfeatures enablecategorical',
  ],
  ['fit takes rows to watch as { validation: table }', 'evalset validset validsets validationset'],
  ['fit takes a model to go on from as { initialModel }', 'warmstart initmodel xgbmodel'],
  ['classes are those of the labels', 'numclass numclasses nclasses classescount'],
  ['null and NaN are missing as they are', 'missing usemissing nanmode'],
  ['dropRate makes DART of trees, gossTopRate GOSS', 'boosting boostingtype booster'],
  ['splits are oblique behind a SparseProjector', 'splitaxis'],
  ['leave it out: quantiles are exact here', 'relativeerror'],
  ['leave it out: missing values stay missing here', 'handleinvalid'],
  [
    'leave it out: it says how Spark computes, not what',
    'aggregationdepth maxblocksizeinmb cachenodeids intermediatestoragelevel solver',
  ],
];

/** Columns for a stage that reads one. */
const oneColumn =
  'put the columns into one with VectorAssembler, and name that one with featuresCol';

/** Our names for what is called so, by others or in another of our own families (`lambda` of trees is `regParam` of lines). */
function kinOf(wanted: string): readonly string[] {
  const isOurs = (ours: readonly string[]): boolean =>
    ours.some((one) => one.toLowerCase() === wanted);
  return others.flatMap(([ours, theirs]) =>
    theirs.split(' ').includes(wanted) || isOurs(ours) ? ours : [],
  );
}

/** The tail of an error's sentence about a parameter: what others call so, the nearest name, or what there is. */
export function paramSuggestion(given: string, known: readonly string[]): string {
  const wanted = given.slice(0, 40).replaceAll(/[_.-]/g, '').toLowerCase();
  const name = kinOf(wanted).find((one) => known.includes(one));
  if (name !== undefined) return `did you mean ${name}?`;
  if (wanted === 'c' && known.includes('regParam'))
    return 'did you mean regParam, which is 1 / (C · rows)?';
  if (wanted === 'alpha' && known.includes('regParam'))
    return 'did you mean regParam (of glmnet elasticNetParam)?';
  if (wanted === 'threshold' && known.includes('thresholds')) {
    return 'did you mean thresholds, [1 − threshold, threshold] of two classes?';
  }
  const isColumns = ['featurescols', 'inputcols', 'features', 'columns'].includes(wanted);
  if (isColumns && known.includes('featuresCol')) return oneColumn;
  const told = elsewhere.find(([, theirs]) => theirs.split(' ').includes(wanted))?.[0];
  return told ?? nameSuggestion(given, known);
}
