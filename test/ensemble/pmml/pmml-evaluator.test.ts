/** Models written as PMML say in JPMML-Evaluator what they say here: random models of every kind. */
import { describe, it } from 'vitest';
import { temporaryFolder } from '../../tools/temporary-folder.ts';
import { hasPmmlEvaluator, runPmml } from './pmml-evaluator.ts';
import { comparePmml } from './pmml-rows.ts';
import { chosen, chosenDocument, randomDocuments } from './written-documents.ts';

const runs = hasPmmlEvaluator();
const folder = temporaryFolder('pmml');

describe.runIf(runs)('a model written as PMML', () => {
  it('says the same in JPMML-Evaluator', async () => {
    const written = await randomDocuments(3);
    for (const [name, make] of chosen) written.push(await chosenDocument(name, make()));
    const answers = runPmml(folder, written);
    for (const [i, { outputs }] of answers.entries()) {
      const document = written[i] as (typeof written)[number];
      comparePmml(document, outputs);
    }
  }, 120_000);
});
