/**
 * Is the build that the worker threads will run made from the sources under test?
 *
 * The tests import src/, the worker threads load dist/ and wasm/build/. If the two differ, a test
 * would judge code that is not there; so the run is refused with a sentence. Set
 * COPPICE_ALLOW_STALE=1 to go on with a warning (while somebody else edits the same tree).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, hashSources, readStamp, root } from '../../scripts/source-stamp.mjs';

export default function refuseStaleBuild(): void {
  const built = readStamp();
  const now = hashSources();
  const complaints: string[] = [];
  if (filesBelow(join(root, 'src'), '.ts').length > 0) {
    if (!existsSync(join(root, 'dist'))) complaints.push('dist/ is missing');
    else if (built.ts !== now.ts) complaints.push('dist/ is older than src/');
  }
  if (filesBelow(join(root, 'wasm', 'assembly'), '.ts').length > 0) {
    const kernels = join(root, 'wasm', 'build', 'kernels.wasm');
    if (!existsSync(kernels)) complaints.push('wasm/build/kernels.wasm is missing');
    else if (built.wasm !== now.wasm) complaints.push('wasm/build is older than wasm/assembly');
  }
  if (complaints.length === 0) return;
  const sentence = `${complaints.join(', and ')}: run \`npm run build\` first (\`npm test\` does).`;
  if (process.env['COPPICE_ALLOW_STALE'] !== '1') throw new Error(sentence);
  console.warn(`warning: ${sentence}`);
}
