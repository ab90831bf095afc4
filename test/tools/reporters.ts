/**
 * How a test run reports: to the terminal always, and to a JSON file when `.ci/run` asks for it.
 */
import { join } from 'node:path';

type Reporter = 'default' | ['json', { outputFile: string }];

/**
 * The reporters of a run by the configuration `name`, of which there may be several at once; the file goes to the
 * folder COPPICE_REPORT_DIR, if it is set.
 */
export function reportersOf(name: string): Reporter[] {
  const folder = process.env['COPPICE_REPORT_DIR'];
  if (folder === undefined) return ['default'];
  return ['default', ['json', { outputFile: join(folder, `${name}-${process.pid}.json`) }]];
}
