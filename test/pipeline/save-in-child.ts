/**
 * Run by tests in a process of its own: `once <path>` saves one large model; `forever <path>` saves models
 * 1 and 2 over each other until it is killed.
 */
import { isCoppiceError } from '../../src/base/errors.ts';
import { toyModel } from './toy-model.ts';

const [mode, path = ''] = process.argv.slice(2);

if (mode === 'once') {
  try {
    await toyModel(2, 100_000).save(path, { overwrite: true });
    console.log('saved');
  } catch (error) {
    console.log(
      isCoppiceError(error) ? `${error.code} ${error.message}` : `untyped ${String(error)}`,
    );
  }
} else {
  console.log('ready');
  for (let round = 0; ; round++)
    await toyModel(1 + (round % 2), 3000).save(path, { overwrite: true });
}
