/** A model as a JavaScript module in a browser: a page that imports it has the bits of the scorer. */
import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  createTable,
  GBTClassifier,
  LogisticRegression,
  type ScorerRow,
  StackingClassifier,
} from '../../../src/index.ts';
import { scorerOf } from '../../ensemble/module/run-module.ts';
import { suiteRuns } from '../../tools/suite-runs.ts';

const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
const browser = names.find((name) => spawnSync(name, ['--version']).status === 0);
const reason = browser === undefined ? `there is no Chromium (${names.join(', ')})` : null;
const runs = suiteRuns('browser', reason);

const at = <T>(make: (i: number) => T): T[] => Array.from({ length: 120 }, (_, i) => make(i));
const words = ['red', '</script>', '\u2028'];
const table = createTable({
  x: at((i) => Math.sin(i) * 3),
  word: at((i) => (i % 7 === 0 ? null : words[i % 3])),
  label: at((i) => (i % 3 === 0 ? 'up' : 'down')),
} as never);
const rows: ScorerRow[] = Array.from({ length: 40 }, (_, i) => ({
  x: i % 9 === 0 ? 0.25 : Math.cos(i) * 4,
  word: i % 5 === 0 ? 'never seen' : i % 4 === 0 ? null : (words[i % 3] as string),
}));

/** The page asks for every row, and tells the bits of the answers. */
const page = `<!doctype html><body><script type="module">
  import { predict } from './model.mjs';
  const found = ${JSON.stringify(rows).replaceAll('<', '\\u003c')}.map((row) => {
    const { prediction, rawPrediction, probability } = predict(row);
    return [prediction, ...rawPrediction, ...probability];
  });
  document.body.textContent = 'found ' + JSON.stringify(found) + ' end';
</script></body>`;

async function shownBy(
  files: Readonly<Record<string, readonly [string, string]>>,
): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const [type, text] = files[url] ?? ['text/plain', ''];
    response.writeHead(text === '' ? 404 : 200, { 'content-type': `${type}; charset=utf-8` });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  try {
    const { stdout } = await promisify(execFile)(
      browser as string,
      [...flags, '--dump-dom', `http://127.0.0.1:${port}/`],
      { timeout: 60_000 },
    );
    return stdout;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe.runIf(runs)('a module in a browser', () => {
  it('answers with the bits of the scorer', async () => {
    const small = { maxIter: 3, minInstancesPerNode: 2 };
    const model = await new StackingClassifier({
      estimators: [
        new GBTClassifier({ ...small, featuresCols: ['x', 'word'] }),
        new LogisticRegression({ featuresCols: ['x'], maxIter: 3 }),
      ],
      numFolds: 2,
    }).fit(table);
    const dom = await shownBy({
      '/': ['text/html', page],
      '/model.mjs': ['text/javascript', model.toModule()],
    });
    const score = await scorerOf(model);
    const told = /found (.*) end/s.exec(dom)?.[1] ?? dom;
    expect(JSON.parse(told)).toEqual(
      rows.map((row) => {
        const { prediction, rawPrediction, probability } = score(row);
        return [prediction, ...rawPrediction, ...probability];
      }),
    );
  }, 90_000);
});
