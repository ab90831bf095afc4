/** The messages of spark/connect.proto as objects: names as in the protocol, one field of each `oneof`. */

/** What Spark calls a data frame: how rows come about. Steps that need more than a message are filled in late. */
export type Relation =
  | { readonly late: LateStep }
  | { readonly read: SparkRead }
  | { readonly project: { input: Relation; expressions: readonly SparkExpression[] } }
  | { readonly filter: { input: Relation; condition: SparkExpression } }
  | {
      readonly set_op: {
        left_input: Relation;
        right_input: Relation;
        set_op_type: 'SET_OP_TYPE_UNION';
        is_all: boolean;
        by_name: boolean;
      };
    }
  | { readonly sort: { input: Relation; order: readonly SortOrder[]; is_global: boolean } }
  | { readonly limit: { input: Relation; limit: number } }
  | {
      readonly aggregate: {
        input: Relation;
        group_type: 'GROUP_TYPE_GROUPBY';
        grouping_expressions: readonly SparkExpression[];
        aggregate_expressions: readonly SparkExpression[];
      };
    }
  | { readonly sql: { query: string } }
  | { readonly local_relation: { data: Uint8Array; schema?: string } }
  | { readonly repartition: { input: Relation; num_partitions: number; shuffle: boolean } }
  | {
      readonly repartition_by_expression: {
        input: Relation;
        partition_exprs: readonly SparkExpression[];
        num_partitions: number;
      };
    }
  | {
      readonly map_partitions: {
        input: Relation;
        func: PythonFunction;
        is_barrier: boolean;
      };
    };

/** A step whose message is made when the plan is carried out. */
export interface LateStep {
  /** The steps before it. */
  readonly input: Relation;
  /** The message, over the finished steps before. */
  make(input: Relation): Promise<Relation>;
}

/** Rows that lie somewhere. */
export type SparkRead =
  | { readonly named_table: { unparsed_identifier: string } }
  | {
      readonly data_source: {
        format: string;
        paths: readonly string[];
        options: Readonly<Record<string, string>>;
      };
    };

/** A function over the batches of a partition. */
export interface PythonFunction {
  readonly function_name: string;
  readonly deterministic: boolean;
  readonly arguments: readonly SparkExpression[];
  readonly python_udf: {
    readonly output_type: SparkType;
    readonly eval_type: number;
    readonly command: Uint8Array;
    readonly python_ver: string;
  };
}

/** A column of a row. */
export type SparkExpression =
  | { readonly unresolved_attribute: { unparsed_identifier: string } }
  | { readonly expression_string: { expression: string } }
  | { readonly sort_order: SortOrder };

/** A key of an order. */
export interface SortOrder {
  readonly child: SparkExpression;
  readonly direction: 'SORT_DIRECTION_ASCENDING' | 'SORT_DIRECTION_DESCENDING';
  readonly null_ordering: 'SORT_NULLS_FIRST' | 'SORT_NULLS_LAST';
}

/** A field of a struct. */
export interface SparkField {
  readonly name: string;
  readonly data_type?: SparkType;
  readonly nullable?: boolean;
}

/** A type: the one field that is set names it. */
export interface SparkType {
  readonly decimal?: { readonly precision?: number; readonly scale?: number };
  readonly array?: { readonly element_type?: SparkType; readonly contains_null?: boolean };
  readonly struct?: { readonly fields?: readonly SparkField[] };
  readonly map?: {
    readonly key_type?: SparkType;
    readonly value_type?: SparkType;
    readonly value_contains_null?: boolean;
  };
  readonly [kind: string]: unknown;
}

/** How far an execution is. */
export interface ExecutionProgress {
  readonly stages?: readonly {
    readonly stage_id?: number;
    readonly num_tasks?: number;
    readonly num_completed_tasks?: number;
    readonly done?: boolean;
  }[];
  readonly num_inflight_tasks?: number;
}

/** One message of an execution. */
export interface ExecutePlanResponse {
  readonly response_id?: string;
  readonly arrow_batch?: { readonly row_count?: number; readonly data?: Uint8Array };
  readonly result_complete?: object;
  readonly execution_progress?: ExecutionProgress;
}
