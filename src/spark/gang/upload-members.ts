/**
 * What members need on the workers, uploaded by the driver: the shim and the program, once a session, and the work
 * itself where it is too long for the plan. Files are named by what they hold, so that the same work of another
 * driver is the same plan.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CoppiceError } from '../../base/errors.ts';
import { encodeValue, joinPieces } from '../../cluster/executors/encode-value.ts';
import type { SparkConnect } from '../connect/spark-connect.ts';
import type { MemberWork } from './member-messages.ts';

/** Payloads up to this many bytes travel in the plan; longer ones as a file. */
const inlineBytes = 32 << 10;

const memberFiles = ['coppice-member.mjs', 'coppice-worker.js', 'coppice-kernels.wasm'];

/** See the header. */
export class MemberUploads {
  readonly #client: SparkConnect;
  readonly #places: { readonly bundle: URL; readonly shim: URL };
  #uploaded: Promise<void> | null = null;
  readonly #payloads = new Map<string, Promise<void>>();

  constructor(client: SparkConnect, places: { readonly bundle: URL; readonly shim: URL }) {
    this.#client = client;
    this.#places = places;
  }

  /** Where a member finds its program and its work. */
  async bootOf(work: MemberWork): Promise<{ readonly member: string; readonly payload: string }> {
    this.#uploaded ??= this.#uploadFiles().catch((error: unknown) => {
      this.#uploaded = null;
      throw error;
    });
    await this.#uploaded;
    return { member: `file:${memberFiles[0]}`, payload: await this.#payloadOf(work) };
  }

  async #uploadFiles(): Promise<void> {
    const { bundle, shim } = this.#places;
    const files = new Map<string, Uint8Array>();
    try {
      files.set('pyfiles/coppice_shim.py', readFileSync(shim));
      for (const name of memberFiles)
        files.set(`files/${name}`, readFileSync(new URL(name, bundle)));
    } catch (cause) {
      const message =
        'the files of the Spark members must lie in the package; they do not: build it anew';
      throw new CoppiceError('INTERNAL', message, { cause });
    }
    await this.#client.addArtifacts(files);
  }

  async #payloadOf(work: MemberWork): Promise<string> {
    const bytes = joinPieces(encodeValue(work));
    if (bytes.length <= inlineBytes) return `data:${Buffer.from(bytes).toString('base64')}`;
    const name = `coppice-work-${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}.bin`;
    const known = this.#payloads.get(name);
    const uploading = known ?? this.#client.addArtifacts(new Map([[`files/${name}`, bytes]]));
    this.#payloads.set(name, uploading);
    // a failure is not kept
    uploading.catch(() => this.#payloads.delete(name));
    await uploading;
    return `file:${name}`;
  }
}
