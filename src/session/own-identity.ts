/** What is this side of a connection between driver and executor? Both must be of one version and one host's kernels. */
import { hostname } from 'node:os';
import { libraryVersion } from '../base/library-version.ts';
import type { Identity } from '../cluster/executors/control-messages.ts';
import { kernelsHash } from '../kernels/wasm/load.ts';

/** What this side is, to be compared with the other. */
export function ownIdentity(): Identity {
  return { version: libraryVersion, kernels: kernelsHash(), host: hostname() };
}
