/**
 * What a driver and a process that it started tell each other (over the channel between parent and child).
 *
 *   driver: listen → process: listening → driver: start → process: message …, then done or failed
 *   driver: abort, at any time after start
 */
import type { ErrorRecord } from '../../base/errors.ts';
import type { NetworkPlace } from './network-place.ts';

/** The part of a gang that one process runs. */
export interface ProcessJob {
  readonly program: string;
  readonly payload: unknown;
  readonly place: NetworkPlace;
  /** The secret of the gang. */
  readonly key: string;
  /** Where each process of the gang listens. */
  readonly ports: readonly number[];
}

/** To the process. */
export type ToProcess =
  | { readonly kind: 'listen' }
  | { readonly kind: 'start'; readonly job: ProcessJob }
  | { readonly kind: 'abort' };

/** To the driver. */
export type ToDriver =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'message'; readonly message: unknown }
  | { readonly kind: 'done'; readonly values: readonly unknown[] }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/** Settings of a process, given when it is started. */
export interface ProcessSettings {
  readonly numThreads: number;
  /** The entry of its worker threads. */
  readonly workerUrl: string;
  readonly timeoutMs: number;
}
