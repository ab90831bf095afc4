/**
 * What all fitted tree models share: prediction as a step of a table, importances, the look inside, saving.
 * The classes of the single algorithms only say how leaves' sums become predictions.
 */

import { Schema } from 'apache-arrow';
import { CoppiceError } from '../../base/errors.ts';
import type { Options, ParamSchema } from '../../params/define-params.ts';
import type { ParamSpecs } from '../../params/param-spec.ts';
import { refuseExistingColumn } from '../../pipeline/check-schema.ts';
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { Model, notFitted } from '../../pipeline/model.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import { type OffsetPaths, offsetFields, offsetPaths } from '../../pipeline/offset-column.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import type { PmmlWriter } from '../../pipeline/pmml/pmml-writer.ts';
import type { RowIdMode, StageWriter } from '../../pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';
import type { ClassValue } from '../../training/messages.ts';
import { type ImportanceKind, importanceKinds, importances } from '../../tree/importances.ts';
import { treeDepths } from '../../tree/tree.ts';
import type { TreeEnsemble } from '../../tree/tree-ensemble.ts';
import { treeToText } from '../../tree/tree-text.ts';
import { TreeView } from '../../tree/tree-view.ts';
import { addTreesToModule } from '../module/tree-module.ts';
import { addTreeModel } from '../onnx/tree-graph.ts';
import { addTreesToPmml } from '../pmml/add-trees.ts';
import {
  contributionsOf,
  type ExplainedModel,
  explainedTable,
  interactionsTable,
} from '../prediction/explain-table.ts';
import { featurePlaces } from '../prediction/feature-places.ts';
import { type ModelOutput, schemaWithOutputs } from '../prediction/output-columns.ts';
import type { Link, PredictSpec } from '../prediction/predict-operator.ts';
import { makeScorer, type Prediction, type Score, type Scorer } from '../prediction/scorer.ts';
import type { WrittenModel } from '../prediction/written-model.ts';
import { checkShape } from './check-shape.ts';
import { modelIdOf, sharedTrees } from './shared-trees.ts';
import { summaryOf, type TrainingSummary } from './training-summary.ts';
import { saveTreeModel, type TreeModelData } from './tree-model-data.ts';
import { treesToTable } from './trees-to-table.ts';
import { truncatedData } from './truncated-model.ts';
import { warnWhereUnfinished } from './warn-unfinished.ts';
import '../worker-operators.ts';

/** With more trees even a few rows take long. */
const quickTrees = 500;

/** A fitted model of trees. */
export abstract class TreeModel<
  S extends ParamSpecs = ParamSpecs,
  Q extends Prediction = Prediction,
> extends Model<S> {
  /** @internal */
  readonly data: TreeModelData;
  readonly inputSchema: LogicalSchema;
  /** What identified the rows of the training data. */
  readonly rowIdMode: RowIdMode;
  #id: string | null = null;
  #shared: TreeEnsemble | null = null;

  constructor(
    schema: ParamSchema<S>,
    options: Options<S> | undefined,
    data: TreeModelData,
    estimator: string,
  ) {
    super(schema, options);
    if (data === undefined) throw notFitted(schema.owner, estimator);
    checkShape(schema.owner, this.params as Readonly<Record<string, unknown>>, data);
    this.data = data;
    this.inputSchema = data.inputSchema;
    this.rowIdMode = data.rowIdMode;
  }

  /** How sums of leaves become predictions. */
  protected abstract get link(): Link;
  /** Names of the columns that are added. */
  protected abstract get outputs(): ModelOutput;
  /** The column of margins that are added to the scores, where the model was fitted with one. */
  protected get offsetCol(): string | undefined {
    return undefined;
  }

  /** Thresholds of the classes, where given. */
  protected get thresholds(): readonly number[] | null {
    return null;
  }

  /** How many trees there are. */
  get numTrees(): number {
    return this.data.trees.numTrees;
  }

  /** Nodes of all trees. */
  get totalNumNodes(): number {
    return this.data.trees.feature.length;
  }

  /** How many features the model was fitted on. */
  get numFeatures(): number {
    return this.data.features.length;
  }

  /** Names of the features, in the order of {@link TreeModel.featureImportances}. */
  get featureNames(): readonly string[] {
    return this.data.features.map((feature) => feature.name);
  }

  /** Classes ascending, as the label column had them; empty for a regressor. */
  get classes(): readonly ClassValue[] {
    return this.data.classes;
  }

  /** Most splits between the root and a leaf of any tree. */
  get depth(): number {
    return treeDepths(this.data.trees).reduce((most, depth) => Math.max(most, depth), 0);
  }

  /** The trees as arrays. */
  get trees(): TreeEnsemble {
    return this.data.trees;
  }

  /** How much each feature's splits lowered the loss: each tree's shares, averaged over trees; they add up to 1. */
  get featureImportances(): Float64Array {
    return this.importances('gain');
  }

  /**
   * One value a feature, in the order of {@link TreeModel.featureNames}: `gain` (as
   * {@link TreeModel.featureImportances}), `totalGain` and `meanGain` (of its splits), `splits` (how many),
   * `totalCover` and `meanCover` (weight of the rows that its splits part).
   *
   * @throws CoppiceError `USAGE` for another kind
   */
  importances(kind: ImportanceKind): Float64Array {
    if (!importanceKinds.includes(kind)) {
      throw new CoppiceError(
        'USAGE',
        `kind of importances must be one of ${importanceKinds.join(', ')}; got ${String(kind)}`,
        { context: { owner: this.className } },
      );
    }
    return importances(this.data.trees, this.data.features.length, kind);
  }

  /** What training told about itself. */
  get summary(): TrainingSummary {
    return summaryOf(this.data);
  }

  /**
   * One tree, to walk through.
   *
   * @throws CoppiceError `USAGE` for a number that no tree has, `UNSUPPORTED` where splits are planes
   */
  tree(index: number): TreeView {
    this.#refusePlanes('tree', 'toDebugString shows them');
    if (Number.isInteger(index) && index >= 0 && index < this.numTrees)
      return new TreeView(this.data.trees, index, this.data.features);
    throw new CoppiceError(
      'USAGE',
      `index of tree must be an integer from 0 to ${this.numTrees - 1}; got ${index}`,
      { context: { owner: this.className } },
    );
  }

  /**
   * The nodes of all trees as a table, one row each: `tree`, `node`, `depth`, `parent`, `left`, `right`, `leaf`,
   * `feature`, `threshold` or `leftCategories` (a JSON array), `missingGoesLeft`, `gain`, `runnerUp` and
   * `runnerUpGain`, `rows`, `cover`, `output` (the class that a boosted tree speaks for), `value`.
   */
  treesToTable(): PartitionedTable {
    this.#refusePlanes('treesToTable', 'toDebugString shows them');
    const { trees, baseScores } = this.data;
    const views = Array.from({ length: trees.numTrees }, (_, t) => this.tree(t));
    const outputOf = (tree: number): number | null =>
      trees.numOutputs > 1 ? null : tree % Math.max(1, baseScores.length);
    return treesToTable(views, trees.numOutputs, outputOf);
  }

  /**
   * The same model with its first rounds only (of each of the models that are averaged), or a forest's first trees;
   * what training told about itself stays.
   *
   * @param count how many rounds, or trees of a forest
   * @throws CoppiceError `USAGE` for more than there are, or none
   */
  truncate(count: number): this {
    const isForest = this.link === 'mean' || this.link === 'share';
    const data = truncatedData(this.className, this.data, { count, isForest });
    return Reflect.construct(this.constructor, [this.givenOptions, data]) as this;
  }

  /** The trees as indented text. */
  toDebugString(): string {
    const { trees, features } = this.data;
    const head = `${this.className} (uid=${this.uid}) with ${trees.numTrees} trees\n`;
    return (
      head +
      Array.from({ length: trees.numTrees }, (_, t) => treeToText(trees, t, features)).join('')
    );
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const whole = this.predictedSchema(table.schema);
    warnWhereUnfinished(this.className, this.data);
    const { contributionsCol } = this.outputs;
    const end = whole.fields.length - (contributionsCol === null ? 0 : 1);
    const schema = new Schema(whole.fields.slice(0, end), whole.metadata);
    const offsets = this.#offsetPaths(table.schema);
    const places = featurePlaces(this.data);
    const added = schema.fields.slice(table.schema.fields.length).map((field) => field.name);
    const spec: PredictSpec = {
      kind: 'ensemble.predictTrees',
      isQuick: this.numTrees <= quickTrees,
      writes: added,
      modelId: this.#modelId,
      trees: this.#sharedTrees(),
      ...places,
      reads: [...new Set([...places.reads, ...offsets.map((path) => path[0] as string)])],
      baseScores: this.data.baseScores,
      offsets,
      link: this.link,
      classes: this.data.classes,
      labelType: this.data.labelType,
      thresholds: this.thresholds,
      outputs: this.outputs,
    };
    const predicted = table.withOperator(spec, schema);
    if (contributionsCol === null) return predicted;
    return explainedTable(this.#explained, predicted, contributionsCol);
  }

  /**
   * Adds what each feature added to each row's score: SHAP values of the trees' paths, exact, weighted by
   * cover. The column holds vectors of float64: one value a feature in the order of
   * {@link TreeModel.featureNames}, then the score expected of any row; together they add up to the score. The
   * score is the margin of boosted trees (for more than two classes one group of values a class), the
   * prediction of a regression forest, the probability of each class in a classification forest; offsets are
   * not in it. A parameter `contributionsCol` makes transform add the same column.
   *
   * Cost: O(nodes of the trees · features on a path / 2) a row, in the pool, partition by partition.
   * Determinism: the same bits for a row in any table, partition or thread.
   *
   * @param outputCol the name of the column
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`, `UNSUPPORTED` where leaves are linear
   * @see docs/guides/explain.md; S. Lundberg et al., "From local explanations to global understanding with
   *   explainable AI for trees", 2020
   */
  async contributions(
    table: PartitionedTable,
    outputCol = 'contributions',
  ): Promise<PartitionedTable> {
    this.#refuseLinear('contributions');
    this.checkInput(table.schema);
    refuseExistingColumn(this.className, 'outputCol', outputCol, table.schema);
    return explainedTable(this.#explained, table, outputCol);
  }

  /**
   * Adds what pairs of features added to each row's score together, beyond what each adds alone: SHAP interaction
   * values, exact, weighted by cover. The column holds, for each score, a symmetric matrix of float64 row by row, one
   * row a feature in the order of {@link TreeModel.featureNames} and one for the expected score, which stands in the
   * last corner. What stands off the diagonal is half of what the pair adds; each row adds up to the feature's
   * {@link TreeModel.contributions}, and the whole matrix to the score.
   *
   * Cost: O(leaves of the trees · pairs on a path) a row, in the pool; the column grows with the square of the features.
   * Determinism: the same bits for a row in any table, partition or thread.
   *
   * @param outputCol the name of the column
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`, `COLUMN_EXISTS`, `UNSUPPORTED` for thousands of features
   * @see docs/guides/explain.md; S. Lundberg et al., "From local explanations to global understanding with
   *   explainable AI for trees", 2020
   */
  async interactions(
    table: PartitionedTable,
    outputCol = 'interactions',
  ): Promise<PartitionedTable> {
    this.#refuseLinear('interactions');
    this.checkInput(table.schema);
    refuseExistingColumn(this.className, 'outputCol', outputCol, table.schema);
    return interactionsTable(this.className, this.#explained, table, outputCol);
  }

  /** A split by a plane has no one feature and threshold. */
  #refusePlanes(method: string, remedy: string): void {
    if (this.data.trees.planes === undefined) return;
    throw new CoppiceError(
      'UNSUPPORTED',
      `${method} of ${this.className} must be left where splits are planes (extensionLevel); ${remedy}`,
      { context: { owner: this.className } },
    );
  }

  /** What a path adds is known for leaves that are one number. */
  #refuseLinear(method: string): void {
    this.#refusePlanes(method, 'use permutationImportance or partialDependence');
    if (this.data.trees.linear === undefined) return;
    throw new CoppiceError(
      'UNSUPPORTED',
      `${method} of ${this.className} must be left where leaves are linear; use permutationImportance or partialDependence`,
      { context: { owner: this.className } },
    );
  }

  get #modelId(): string {
    const { trees, baseScores } = this.data;
    this.#id ??= modelIdOf(trees, 'model', baseScores);
    return this.#id;
  }

  get #explained(): ExplainedModel {
    const { data, link } = this;
    const values = this.#values;
    return { data, link, values, modelId: this.#modelId, trees: this.#sharedTrees() };
  }

  /** What a vector of predictions is of; null where the prediction is one value. */
  get #values(): readonly (number | string)[] | null {
    const { quantiles, labels = null } = this.outputs;
    return quantiles ?? labels;
  }

  override transformSchema(schema: Schema): Schema {
    return this.predictedSchema(schema);
  }

  /** The schema with the columns of {@link TreeModel.outputs}. */
  protected predictedSchema(schema: Schema): Schema {
    this.checkInput(schema);
    this.#offsetPaths(schema);
    const { outputs } = this;
    for (const [param, name] of Object.entries(outputs)) {
      if (typeof name === 'string') refuseExistingColumn(this.className, param, name, schema);
    }
    return schemaWithOutputs(schema, {
      outputs,
      classes: this.data.classes,
      labelType: this.data.labelType,
      numTrees: this.numTrees,
      contributions: contributionsOf(this.data, this.#values),
    });
  }

  /**
   * A synchronous function of one row's values, by feature name or in the order of {@link TreeModel.featureNames};
   * the same bits as transform.
   *
   * @typeParam P what is predicted, for the compiler alone: a regressor's number or a class; say
   *   `scorer<Float64Array>()` where it is a vector (`quantileAlphas`, `labelCols`, several treatments), and
   *   `scorer<'yes' | 'no'>()` where the classes are known
   */
  async scorer<P extends Prediction = Q>(): Promise<Scorer<Score<P>>> {
    warnWhereUnfinished(this.className, this.data);
    return makeScorer(this.data, {
      link: this.link,
      thresholds: this.thresholds,
      offsetCol: this.#usedOffsetCol ?? null,
      isVector: this.#values !== null,
    }) as Scorer<Score<P>>;
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    addTreeModel(graph, this.written);
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    addTreesToModule(writer, this.written);
  }

  /** @internal */
  override async addToPmml(writer: PmmlWriter): Promise<void> {
    const { labelCol } = this.params as { readonly labelCol?: string };
    await addTreesToPmml(writer, this.written, { labelCol });
  }

  /** @internal What other formats are told of it. */
  protected get written(): WrittenModel {
    const { data, link, outputs, thresholds } = this;
    return { data, link, outputs, thresholds, offsetCol: this.#usedOffsetCol };
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await saveTreeModel(writer, this.data);
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.data];
  }

  override get offsetColumns(): LogicalSchema {
    const { classes, baseScores } = this.data;
    return offsetFields(this.#usedOffsetCol, classes.length === 0 ? 1 : baseScores.length);
  }

  /** The offset column that predictions read; a model of one class says it whatever the score. */
  get #usedOffsetCol(): string | undefined {
    return this.data.classes.length === 1 ? undefined : this.offsetCol;
  }

  #offsetPaths(schema: Schema): OffsetPaths {
    const numScores = this.data.baseScores.length;
    const isRegressor = this.data.classes.length === 0;
    const paths = offsetPaths(
      this.className,
      schema,
      this.#usedOffsetCol,
      isRegressor ? 1 : numScores,
    );
    // a regressor of several quantiles adds its offset to each
    return isRegressor ? paths.flatMap((path) => new Array(numScores).fill(path)) : paths;
  }

  /** @internal What an operator in a worker thread needs to walk the trees. */
  protected get walked() {
    return { modelId: this.#modelId, trees: this.#sharedTrees(), ...featurePlaces(this.data) };
  }

  /** The trees in shared memory, copied once. */
  #sharedTrees(): TreeEnsemble {
    this.#shared ??= sharedTrees(this.data.trees);
    return this.#shared;
  }
}
