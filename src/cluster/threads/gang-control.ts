/**
 * The shared words through which the threads of one gang meet, and through which the driver ends it.
 *
 *   word 0  state: 0 running, 1 aborted by the user, 2 a member failed
 *   word 1  how many have arrived at the barrier      word 2  generation of the barrier
 *   word 8 + 2 r, + parity · 2 · size ...  the address (two words) rank r handed to an exchange
 *
 * mailbox: a growable buffer. Its head holds two generations of one slot a rank (length, then bytes) for
 * short messages; longer ones follow behind the slots.
 */

/** What a gang's threads share besides the kernels' memory. */
export interface GangControl {
  readonly size: number;
  readonly words: SharedArrayBuffer;
  readonly mailbox: SharedArrayBuffer;
}

/** State words. */
export const gangState = { running: 0, aborted: 1, failed: 2 } as const;

/** Indices into the words. */
export const gangWord = { state: 0, arrived: 1, generation: 2, addresses: 8 } as const;

/** Bytes of a short message's slot, its length word included. */
export const slotBytes = 1 << 14;

/** Makes the shared words of a gang. */
export function newGangControl(size: number): GangControl {
  const slots = 2 * size * slotBytes;
  return {
    size,
    words: new SharedArrayBuffer(4 * (gangWord.addresses + 4 * size + 8)),
    mailbox: new SharedArrayBuffer(slots, { maxByteLength: slots + 2 ** 31 }),
  };
}

/** Ends a gang: every member throws at its next check or wait. */
export function endGang(control: GangControl, state: 1 | 2): void {
  const words = new Int32Array(control.words);
  Atomics.compareExchange(words, gangWord.state, gangState.running, state);
  Atomics.notify(words, gangWord.generation);
}
