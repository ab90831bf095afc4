import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCoppiceError } from '../../src/base/errors.ts';
import type { ParamSchema } from '../../src/params/define-params.ts';
import { paramsFromJson } from '../../src/params/params-json.ts';
import { loadStage } from '../../src/pipeline/load-stage.ts';
import { registeredStages, stageClassNamed } from '../../src/pipeline/stage-registry.ts';
import { arbitraryOf, invalidOf } from '../tools/arbitrary-param.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { errorOf } from './error-of.ts';
import { type MakeStage, madeByParams, stageCases } from './stage-cases.ts';

const root = temporaryFolder('params');
const noValues = new Set(['func', 'object']);

it('every registered class is tried', () => {
  const models = Object.values(stageCases).map((given) => given.modelName);
  const tried = [...Object.keys(madeByParams), ...models];
  expect(registeredStages().filter((name) => !tried.includes(name))).toEqual([]);
});

describe.each(Object.keys(madeByParams))('%s', (name) => {
  const make = madeByParams[name] as MakeStage;
  const params = (make().constructor as unknown as { paramSchema: ParamSchema }).paramSchema;
  const specs = Object.entries(params.schema).filter(([, spec]) => !noValues.has(spec.kind));

  it('is registered under its name', () => {
    expect(params.owner).toBe(name);
    expect(make().className).toBe(name);
    expect(stageClassNamed(name).paramSchema).toBe(params);
  });

  it('keeps its parameters through copy, JSON, save and load', async () => {
    for (const [param, spec] of specs) {
      const values = fc.sample(arbitraryOf(spec), { seed: 5, numRuns: 4 });
      for (const value of values) {
        let stage: ReturnType<typeof make>;
        try {
          stage = make({ [param]: value });
        } catch (error) {
          // Some values do not go together with the others; then the cross-field check has spoken.
          expect(isCoppiceError(error, 'PARAM_INVALID')).toBe(true);
          continue;
        }
        expect(stage.copy().params).toEqual(stage.params);
        const json = JSON.parse(JSON.stringify(stage.savedParams())) as unknown;
        const saved = Object.fromEntries(
          Object.entries(stage.params).filter(([key]) => params.schema[key]?.noSave !== true),
        );
        expect(
          make(paramsFromJson(params, json, stageCases[name]?.functions)).params,
        ).toMatchObject(saved);
      }
    }
    const stage = make();
    const path = `${root}/${name}`;
    await stage.save(path);
    const loaded = await loadStage(path, { functions: stageCases[name]?.functions ?? {} });
    expect(loaded.uid).toBe(stage.uid);
    expect(loaded.explainParams()).toBe(stage.explainParams());
  });

  it('refuses invalid parameters with the sentence that names them', async () => {
    for (const [param, spec] of specs) {
      for (const value of fc.sample(invalidOf(spec), { seed: 6, numRuns: 6 })) {
        const error = await errorOf(() => make({ [param]: value }));
        expect(error.code).toBe('PARAM_INVALID');
        expect(error.message).toContain(`${param} of ${name} must be ${spec.rule}; got `);
      }
    }
  });

  it('refuses an unknown parameter and names the nearest', async () => {
    const [param = ''] = specs.map(([key]) => key);
    const error = await errorOf(() => make({ [`${param}x`]: 1 }));
    expect(error.code).toBe('PARAM_UNKNOWN');
    expect(error.message).toContain(`did you mean ${param}?`);
  });

  it('explains every parameter', () => {
    const text = make().explainParams();
    for (const param of Object.keys(params.schema)) expect(text).toContain(`${param}: `);
  });
});
