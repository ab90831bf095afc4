/**
 * Writes the golden models that are not there yet: `npx tsx test/golden/write-golden.ts`. What is there is
 * never touched; a golden model stays as the version that saved it left it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answersOf } from './golden-answers.ts';
import { goldenCases, questionTable, trainingTable } from './golden-cases.ts';

for (const [name, make] of Object.entries(goldenCases)) {
  const folder = fileURLToPath(new URL(`v1/${name}`, import.meta.url));
  if (existsSync(folder)) continue;
  const model = await make().fit(trainingTable());
  await model.save(folder);
  const answers = await answersOf(model, questionTable());
  writeFileSync(`${folder}.answers.json`, `${JSON.stringify(answers, null, 1)}\n`);
  console.log(`wrote ${name}`);
}
