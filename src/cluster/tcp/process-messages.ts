/**
 * What a driver and a process that it started tell each other (over the channel between parent and child).
 *
 *   driver: listen → process: listening → driver: start → process: message …, then done or failed
 *   driver: abort, at any time after start · process: alive, again and again
 */
import type { ErrorRecord } from '../../base/errors.ts';
import type { MemberJob } from './gang-member.ts';
import type { GangTiming } from './open-mesh.ts';

/** To the process. */
export type ToProcess =
  | { readonly kind: 'listen' }
  | { readonly kind: 'start'; readonly job: MemberJob }
  | { readonly kind: 'abort' };

/** To the driver. */
export type ToDriver =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'alive' }
  | { readonly kind: 'message'; readonly message: unknown }
  | { readonly kind: 'done'; readonly values: readonly unknown[] }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/** Settings of a process, given when it is started. */
export interface ProcessSettings {
  readonly numThreads: number;
  /** The entry of its worker threads. */
  readonly workerUrl: string;
  readonly timing: GangTiming;
}
