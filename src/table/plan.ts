/** The names of what a plan is made of; see partition-spec.ts. */
export type { PartitionSpec, TablePlan } from './partition-spec.ts';
