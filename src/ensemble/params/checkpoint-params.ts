/** Parameters of fits that can go on after a kill. */
import { int, str } from '../../params/kinds.ts';

/** Where a running fit is kept, and how often. */
export const checkpointParams = {
  /** A folder in which a running fit is kept, so that the same fit goes on after a kill; best on a local disk. */
  checkpointDir: str({ since: '0.1.0', noSave: true }),
  /** With checkpointDir: a checkpoint after every so many rounds, or trees of a forest. */
  checkpointInterval: int({ default: 10, min: 1, since: '0.1.0', noSave: true }),
};
