// Loaded into the processes of executors by a test: frames that ranks send other members of their gang are garbled while
// the file COPPICE_GARBLE is there: { times }, how many still are to be.
import fs, { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const file = process.env.COPPICE_GARBLE ?? '';
const writev = fs.writevSync;

/** One of the bytes of its sequence. */
const garbledByte = 8;
/** So many frames pass before one is garbled, so that the fit is under way. */
const skipped = 40;
let numFrames = 0;

fs.writevSync = (descriptor, pieces, ...rest) => {
  numFrames += 1;
  const [first, ...others] = pieces;
  if (first.length < 16 || numFrames < skipped || !existsSync(file)) {
    return writev(descriptor, pieces, ...rest);
  }
  const garbled = Uint8Array.from(first);
  garbled[garbledByte] ^= 1;
  const sent = writev(descriptor, [garbled, ...others], ...rest);
  numFrames = 0;
  const { times } = JSON.parse(readFileSync(file, 'utf8'));
  if (times > 1) writeFileSync(file, JSON.stringify({ times: times - 1 }));
  else rmSync(file, { force: true });
  return sent;
};
syncBuiltinESMExports();
