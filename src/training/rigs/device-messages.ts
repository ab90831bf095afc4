/** What is asked of a GPU in a fit, and what it says that it did. Nothing of it decides a number of the model. */

/** Where an estimator may be trained. */
export type DeviceName = 'cpu' | 'gpu' | 'auto';

/** Asks for histograms to be built by a GPU. */
export interface DeviceRequest {
  /** `auto`: where the device fails the CPU goes on. */
  readonly kind: 'gpu' | 'auto';
  /** Tests have the device lost after so many batches of nodes. */
  readonly loseAfter?: number;
  /** Nodes of a forest with fewer rows go on on the CPU. */
  readonly homeRows?: number;
  /** Rows of a block of gradients that is sent while the next are made (slot-stream.ts); 0: all are made first. */
  readonly streamRows?: number;
  /** Tests have records lie in buffers of so many bytes, and in so many of them at most. */
  readonly records?: { readonly bufferBytes?: number; readonly mostBuffers?: number };
}

/** What a device did in a fit. */
export interface DeviceTold {
  readonly name: string;
  readonly numTrees: number;
  /** Those whose gradients went to the device while they were made. */
  readonly numStreamed?: number;
  /** Lists of commands that were sent, and waits for what came back. */
  readonly submits: number;
  readonly reads: number;
  readonly bytesWritten: number;
  readonly bytesRead: number;
  /** Stretches of rows that the records lay in, and how many of them were sent each time they were looked at. */
  readonly numStretches: number;
  readonly numSent: number;
}
