/** Hands out addresses of a memory from the front; the same calls give the same addresses on every rank. */
export class Arena {
  #top: number;

  constructor(start: number) {
    this.#top = align(start);
  }

  /** Where the next allocation begins. */
  get top(): number {
    return this.#top;
  }

  /** An address with room for so many bytes, a multiple of 64. */
  allocate(bytes: number): number {
    const address = this.#top;
    this.#top = align(this.#top + bytes);
    return address;
  }
}

/** The next multiple of 64: a cache line, and more than any kernel needs. */
export function align(address: number): number {
  return Math.ceil(address / 64) * 64;
}
