/** What LightGBM 4 has among its parameters that is said elsewhere here: names and aliases, by what to do instead. */

/** Given with a value they are refused. */
export const elsewhere: Readonly<Record<string, readonly string[]>> = {
  'fit is given the table, and the validation table as an option': [
    ...['data', 'train', 'train_data', 'train_data_file', 'data_filename'],
    ...['valid', 'test', 'valid_data', 'valid_data_file', 'test_data', 'test_data_file'],
    ...['valid_filenames', 'parser_config_file', 'save_binary', 'is_save_binary'],
    'is_save_binary_file',
  ],
  'labelCol, weightCol, groupCol and featuresCols name columns': [
    ...['label_column', 'label', 'weight_column', 'weight', 'group_column', 'group', 'group_id'],
    ...['query_column', 'query', 'query_id', 'ignore_column', 'ignore_feature', 'blacklist'],
  ],
  'initialModel of fit goes on from a model, and save keeps one': [
    ...['input_model', 'model_input', 'model_in', 'output_model', 'model_output', 'model_out'],
    ...['convert_model', 'convert_model_file', 'convert_model_language'],
  ],
  'transform predicts, contributions and leafCol tell the rest': [
    ...['output_result', 'predict_result', 'prediction_result', 'predict_name', 'pred_name'],
    ...['prediction_name', 'name_pred', 'predict_raw_score', 'is_predict_raw_score', 'raw_score'],
    ...['predict_rawscore', 'predict_leaf_index', 'is_predict_leaf_index', 'leaf_index'],
    ...['predict_contrib', 'is_predict_contrib', 'contrib', 'predict_disable_shape_check'],
    ...['num_iteration_predict', 'start_iteration_predict', 'pred_early_stop'],
    ...['pred_early_stop_freq', 'pred_early_stop_margin'],
  ],
  'a session with executors fits on several machines': [
    ...['machines', 'workers', 'nodes', 'machine_list_filename', 'machine_list_file'],
    ...['machine_list', 'mlist'],
  ],
  'the estimator and its fit are the command': ['task', 'task_type', 'config', 'config_file'],
  'binEdges gives features bins of their own': ['max_bin_by_feature'],
  'auc_mu is not measured': ['auc_mu_weights'],
};

/** What changes nothing in a model here, or is read with another parameter. */
export const ignored: readonly string[] = [
  ...['alpha', 'fair_c', 'drop_rate', 'skip_drop', 'max_drop', 'drop_seed', 'uniform_drop'],
  ...['bagging_freq', 'top_rate', 'other_rate', 'num_class', 'num_threads', 'verbosity'],
  ...['device_type', 'deterministic', 'force_col_wise', 'force_row_wise', 'histogram_pool_size'],
  ...['boost_from_average', 'enable_bundle', 'feature_pre_filter', 'bagging_seed'],
  ...['feature_fraction_seed', 'extra_seed', 'data_random_seed', 'min_data_in_bin'],
  ...['first_metric_only', 'is_enable_sparse', 'two_round', 'gpu_use_dp', 'gpu_device_id'],
  ...['gpu_platform_id', 'tree_learner', 'snapshot_freq', 'use_quantized_grad'],
  ...['num_grad_quant_bins', 'quant_train_renew_leaf', 'stochastic_rounding'],
  ...['poisson_max_delta_step', 'objective_seed', 'refit_decay_rate', 'top_k', 'metric_freq'],
  ...['num_gpu', 'pre_partition', 'precise_float_parser', 'saved_feature_importance_type'],
  ...['importance_type', 'num_machines', 'local_listen_port', 'time_out', 'header'],
  ...['gpu_device_id_list'],
];
