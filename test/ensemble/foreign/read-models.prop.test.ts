/** Laws of models that are read from LightGBM and XGBoost: random trees, and files that are damaged. */
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUbjson, type Ubjson } from '../../../src/ensemble/foreign/read-ubjson.ts';
import { lastBelow } from '../../../src/ensemble/foreign/xgboost-trees.ts';
import { isCoppiceError, readLightGBMModel, readXGBoostModel } from '../../../src/index.ts';

const saved = JSON.parse(
  readFileSync(new URL('../../oracle/fixtures/foreign-models.json', import.meta.url), 'utf8'),
) as {
  readonly cases: readonly {
    readonly library: string;
    readonly name: string;
    readonly text?: string;
    readonly base64?: string;
  }[];
};
const fileOf = (library: string, name: string): Uint8Array => {
  const found = saved.cases.find((one) => one.library === library && one.name === name);
  if (found?.text !== undefined) return new TextEncoder().encode(found.text);
  return new Uint8Array(inflateSync(Buffer.from(found?.base64 ?? '', 'base64')));
};

describe('a threshold of XGBoost', () => {
  const near = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(
      0,
      -0,
      2 ** -149,
      -(2 ** -149),
      3.4028234663852886e38,
      -3.4028234663852886e38,
      1,
      0.1,
    ),
  );

  it('sends a double left where its float32 is below the condition', () => {
    fc.assert(
      fc.property(near.map(Math.fround), fc.double({ noNaN: true }), fc.nat(4), (c, any, k) => {
        const last = lastBelow(c);
        const values = [
          any,
          last,
          last + Math.abs(last) * 2 ** -52 * k,
          c,
          c - Math.abs(c) * 2 ** -25 * k,
        ];
        for (const value of values.filter((v) => Number.isFinite(Math.fround(v))))
          expect(value <= last, `${value} at ${c}`).toBe(Math.fround(value) < c);
      }),
    );
  });
});

interface DrawnNode {
  readonly threshold: number;
  readonly missingType: 0 | 1 | 2;
  readonly defaultLeft: boolean;
  readonly feature: number;
}

/** A tree of splits as LightGBM lists them: split i's children are splits that follow, or leaves. */
const arbitraryTree = fc.array(
  fc.record({
    threshold: fc.constantFrom(-2, -1e-3, 0, 0.5, 1.25, 7),
    missingType: fc.constantFrom<0 | 2>(0, 2),
    defaultLeft: fc.boolean(),
    feature: fc.nat(2),
    goesBelow: fc.nat(99),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('trees of a LightGBM text', () => {
  it('send rows where its rules send them, and add up in its order', async () => {
    const cell = fc.oneof(
      fc.constantFrom(Number.NaN, 0, -2, 0.5, 1.25),
      fc.double({ noNaN: true }),
    );
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 40 });
    const trees = fc.array(arbitraryTree, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        trees,
        rows,
        fc.infiniteStream(fc.double({ noNaN: true, min: -3, max: 3 })),
        async (drawn, cells, values) => {
          const built = drawn.map((nodes) => {
            // each split hangs below an earlier one, at a side that is still a leaf
            const left = nodes.map(() => 0);
            const right = nodes.map(() => 0);
            const open: [number[], number][] = [];
            let leaves = 0;
            nodes.forEach(({ goesBelow }, i) => {
              if (i > 0) {
                const [[side, at]] = open.splice(goesBelow % open.length, 1) as [
                  [number[], number],
                ];
                side[at] = i;
              }
              open.push([left, i], [right, i]);
            });
            for (const [side, at] of open) side[at] = -1 - leaves++;
            return {
              nodes: nodes as readonly DrawnNode[],
              left,
              right,
              values: Array.from({ length: leaves }, () => values.next().value as number),
            };
          });
          const text = [
            'tree',
            'num_class=1',
            'num_tree_per_iteration=1',
            'max_feature_idx=2',
            'objective=regression',
            'feature_names=a b c',
            'feature_infos=[0:1] [0:1] [0:1]',
            `tree_sizes=${built.map(() => 1).join(' ')}`,
            ...built.flatMap(({ nodes, left, right, values: leafValues }, t) => [
              '',
              `Tree=${t}`,
              `num_leaves=${leafValues.length}`,
              'num_cat=0',
              `split_feature=${nodes.map(({ feature }) => feature).join(' ')}`,
              `threshold=${nodes.map(({ threshold }) => threshold).join(' ')}`,
              `decision_type=${nodes.map(({ missingType, defaultLeft }) => missingType * 4 + (defaultLeft ? 2 : 0)).join(' ')}`,
              `left_child=${left.join(' ')}`,
              `right_child=${right.join(' ')}`,
              `leaf_value=${leafValues.join(' ')}`,
            ]),
            'end of trees',
            '',
          ].join('\n');
          const walk = (row: readonly number[]): number => {
            let sum = 0;
            for (const { nodes, left, right, values: leafValues } of built) {
              let at = 0;
              do {
                const { feature, threshold, missingType, defaultLeft } = nodes[at] as DrawnNode;
                let value = row[feature] as number;
                if (Number.isNaN(value) && missingType === 0) value = 0;
                const goesLeft = Number.isNaN(value) ? defaultLeft : value <= threshold;
                at = (goesLeft ? left[at] : right[at]) as number;
              } while (at >= 0);
              sum += leafValues[-1 - at] as number;
            }
            return sum;
          };
          const score = await (await readLightGBMModel(text)).scorer();
          for (const row of cells) expect(score(row).prediction).toBe(walk(row));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a file that is damaged', () => {
  const files = [
    ['LightGBM', 'binary', readLightGBMModel],
    ['LightGBM', 'multiclass', readLightGBMModel],
    ['XGBoost', 'binary', readXGBoostModel],
    ['XGBoost', 'binary in UBJSON', readXGBoostModel],
  ] as const;
  const known = ['MODEL_FORMAT', 'UNSUPPORTED', 'PARAM_INVALID'];

  it.each(files)('%s %s is refused where it was cut short', async (library, name, read) => {
    const bytes = fileOf(library, name);
    // what stands behind the trees may be missing
    const end = new TextDecoder('latin1').decode(bytes).indexOf('end of trees');
    const whole = end < 0 ? bytes.length : end + 'end of trees'.length;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole - 1), async (length) => {
        const found = await read(bytes.subarray(0, length)).catch((error: unknown) => error);
        expect(isCoppiceError(found, 'MODEL_FORMAT'), String(found)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each(files)(
    '%s %s with other bytes is a model or a precise error',
    async (library, name, read) => {
      const bytes = fileOf(library, name);
      const change = fc.tuple(
        fc.nat(bytes.length - 1),
        fc.oneof(fc.nat(255), fc.constantFrom(0x2d, 0x39, 0x20, 0x4c)),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
          const other = bytes.slice();
          for (const [at, byte] of changes) other[at] = byte;
          const found = await read(other).catch((error: unknown) => error);
          if (found instanceof Error)
            expect(known, found.stack ?? String(found)).toContain(
              (found as { code?: string }).code,
            );
        }),
        { numRuns: 300 },
      );
    },
  );
});

/** As XGBoost writes it: lengths in 8 bytes, lists of one type where all are float32. */
function ubjsonOf(value: Ubjson): Buffer {
  const long = (n: number): Buffer => {
    const bytes = Buffer.alloc(9, 'L');
    bytes.writeBigInt64BE(BigInt(n), 1);
    return bytes;
  };
  const text = (word: string): Buffer =>
    Buffer.concat([long(Buffer.byteLength(word)), Buffer.from(word)]);
  if (value === null) return Buffer.from('Z');
  if (typeof value === 'boolean') return Buffer.from(value ? 'T' : 'F');
  if (typeof value === 'string') return Buffer.concat([Buffer.from('S'), text(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9, 'D');
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (Array.isArray(value)) {
    if (
      value.length > 0 &&
      value.every((one) => typeof one === 'number' && Object.is(Math.fround(one), one))
    ) {
      const bytes = Buffer.alloc(4 * value.length);
      for (const [i, one] of value.entries()) bytes.writeFloatBE(one as number, 4 * i);
      return Buffer.concat([Buffer.from('[$d#'), long(value.length), bytes]);
    }
    return Buffer.concat([Buffer.from('[#'), long(value.length), ...value.map(ubjsonOf)]);
  }
  const fields = Object.entries(value).map(([name, one]) =>
    Buffer.concat([text(name), ubjsonOf(one)]),
  );
  return Buffer.concat([Buffer.from('{'), ...fields, Buffer.from('}')]);
}

describe('UBJSON', () => {
  const anyValue = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Ubjson>;

  it('comes back as it was written', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(readUbjson(ubjsonOf(value))).toEqual(value);
      }),
    );
  });

  it('of any bytes is a value or an error, at once', () => {
    const bytes = fc.array(
      fc.constantFrom(...Buffer.from('[{]}$#LlIiUdDSTFZN\0\x01\x02\x7f\xff', 'latin1')),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(bytes, (list) => {
        try {
          readUbjson(Uint8Array.from(list));
        } catch (error) {
          expect((error as Error).constructor.name).toBe('UbjsonError');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
