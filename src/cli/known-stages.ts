/** Importing this file makes every stage of the library loadable. */
import '../ensemble/decision-tree-classifier.ts';
import '../ensemble/decision-tree-regressor.ts';
import '../ensemble/gbt-classifier.ts';
import '../ensemble/gbt-regressor.ts';
import '../ensemble/random-forest-classifier.ts';
import '../ensemble/random-forest-regressor.ts';
import '../evaluation/binary-classification-evaluator.ts';
import '../evaluation/multiclass-classification-evaluator.ts';
import '../evaluation/regression-evaluator.ts';
import '../pipeline/pipeline.ts';
import '../pipeline/pipeline-model.ts';
