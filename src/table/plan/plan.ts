/** What a plan is made of; see partition-spec.ts. */
export type { PartitionSpec } from './partition-spec.ts';
