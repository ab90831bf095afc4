/** Certificates for the tests, made by openssl; tests that need them are skipped where that is not installed. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suiteRuns } from '../../tools/suite-runs.ts';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const tool = 'openssl';
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** An authority, and what it signs. */
export class Authority {
  readonly #folder = temporaryFolder('certificates');
  readonly own: Certificate;

  constructor(name: string) {
    this.own = this.#paths(name);
    this.#run(
      'req',
      '-x509',
      ...newKey,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      ...this.#out(this.own),
    );
  }

  /** A certificate for 127.0.0.1. */
  sign(name: string): Certificate {
    const paths = this.#paths(name);
    const request = join(this.#folder, `${name}.csr`);
    const extensions = join(this.#folder, `${name}.ext`);
    writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\n');
    const { key } = paths;
    this.#run('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    const by = ['-CA', this.own.cert, '-CAkey', this.own.key, '-CAcreateserial', '-days', '2'];
    this.#run('x509', '-req', '-in', request, '-extfile', extensions, ...by, '-out', paths.cert);
    return paths;
  }

  #paths(name: string): Certificate {
    return { cert: join(this.#folder, `${name}.pem`), key: join(this.#folder, `${name}.key`) };
  }

  #out({ cert, key }: Certificate): string[] {
    return ['-keyout', key, '-out', cert];
  }

  #run(...words: readonly string[]): void {
    execFileSync(tool, words, { stdio: 'ignore' });
  }
}

/** Whether certificates can be made here; where not, the reason is printed. */
export const canSign: boolean = suiteRuns('certificates', lackOfTool());

function lackOfTool(): string | null {
  try {
    execFileSync(tool, ['version'], { stdio: 'ignore' });
    return null;
  } catch {
    return `there is no ${tool} to make certificates with`;
  }
}
