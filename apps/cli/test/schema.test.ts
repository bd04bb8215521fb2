import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { data, emkit, Folder } from './support.ts';

const folder = new Folder();

interface Schema {
  readonly $id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const schemas = Object.fromEntries(
  ['model', 'fit', 'select'].map((name) => [
    name,
    JSON.parse(readFileSync(new URL(`../schema/${name}.schema.json`, import.meta.url), 'utf8')) as Schema,
  ]),
);
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, schemas: Object.values(schemas), strictRequired: false });

/** Checks a value against a schema, and that the schema names every one of its entries. */
function expectValid(name: string, value: unknown): void {
  const validate = ajv.getSchema(`${name}.schema.json`)!;
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  for (const key of Object.keys(value as object)) expect(Object.keys(schemas[name]!.properties)).toContain(key);
}

describe('the JSON schemas describe what is printed', () => {
  const twoCoins = [
    data('two-coins.csv'),
    '--family',
    'binomial',
    '--option',
    'trials=10',
    '--components',
    '2',
    '--start',
    data('two-coins-start.json'),
  ];
  const collapse = folder.write('collapse.csv', 'x\n0\n0\n0\n1\n2\n5\n');
  const collapseStart = folder.write(
    'start.json',
    '{"weights":[0.5,0.5],"components":[{"mean":0,"variance":1e-6},{"mean":2,"variance":5}]}',
  );
  const tosses = folder.write('tosses.csv', 'heads\n0\n0\n1\n1\n');

  test.each([
    ['converged', [data('old-faithful.csv'), '--family', 'gaussian', '--components', '2']],
    ['converged', [data('coal-mine-intervals.csv'), '--family', 'exponential', '--components', '1']],
    ['converged', [...twoCoins, '--fix', 'weights', '--certify']],
    [
      'converged',
      [
        data('earthquakes.csv'),
        '--columns',
        'count',
        '--family',
        'poisson',
        '--components',
        '2',
        '--model',
        'hmm',
        '--initial',
        'stationary',
      ],
    ],
    [
      'converged',
      [
        folder.write('far.csv', 'x\n1e9\n1000000001\n1000000002\n1000000009\n1000000010\n1000000012\n'),
        '--family',
        'gaussian',
        '--components',
        '2',
      ],
    ],
    ['iteration-limit', [...twoCoins, '--iterations', '0']],
    ['iteration-limit', [...twoCoins, '--iterations', '3']],
    [
      'boundary',
      [
        tosses,
        '--family',
        'binomial',
        '--option',
        'trials=1',
        '--components',
        '1',
        '--columns',
        'heads',
        '--start',
        folder.write('edge.json', '{"weights":[1],"components":[{"probability":0.5}]}'),
      ],
    ],
    ['collapsed', [collapse, '--family', 'gaussian', '--components', '2', '--start', collapseStart]],
  ])('fit, %s: %j', async (kind, args) => {
    const edge = kind === 'boundary' ? [folder.write('sure.csv', 'heads\n1\n1\n1\n'), ...args.slice(1)] : args;
    const { stdout } = await emkit(['fit', ...edge, '--json']);
    const fit = JSON.parse(stdout) as { diagnosis: { kind: string } };
    expect(fit.diagnosis.kind).toBe(kind);
    expectValid('fit', fit);
    for (const key of [
      'model',
      'logLikelihood',
      'rows',
      'totalWeight',
      'iterations',
      'evaluations',
      'diagnosis',
      'criteria',
      'trace',
      'seed',
      'timing',
    ]) {
      expect(fit).toHaveProperty(key);
    }
  });

  test('select', async () => {
    const { stdout } = await emkit([
      'select',
      data('two-coins.csv'),
      '--family',
      'binomial',
      '--option',
      'trials=10',
      '--components',
      '1,2,9',
      '--json',
    ]);
    expectValid('select', JSON.parse(stdout));
  });

  test.each([['old-faithful.csv'], ['galaxies.csv']])('the model file of %s', async (name) => {
    await emkit(['fit', data(name), '--family', 'gaussian', '--components', '2', '--out', folder.at('model.json'), '--quiet']);
    expectValid('model', JSON.parse(folder.read('model.json')));
  });

  test('what the first version wrote stays valid', () => {
    const model = { family: 'exponential', options: {}, weights: [1], components: [{ rate: 0.5 }], columns: ['days'] };
    const criteria = { aic: 5.386, bic: 4.693, icl: 4.693, parameters: 1 };
    const fit = {
      model,
      logLikelihood: -1.693,
      rows: 2,
      totalWeight: 2,
      iterations: 1,
      evaluations: 2,
      diagnosis: { kind: 'converged', remaining: 0 },
      criteria,
      trace: [{ iteration: 0, logLikelihood: -1.693 }],
      seed: 1,
      timing: { readMilliseconds: 1, fitMilliseconds: 1, totalMilliseconds: 2 },
    };
    expectValid('model', {
      ...model,
      fit: { logLikelihood: -1.693, rows: 2, totalWeight: 2, iterations: 1, diagnosis: fit.diagnosis, criteria, seed: 1 },
    });
    expectValid('fit', fit);
    expectValid('fit', { ...fit, diagnosis: { kind: 'boundary', remaining: 0, parameters: ['weight 1'] } });
    expectValid('select', { criterion: 'bic', best: 1, candidates: [{ components: 1, diagnosis: fit.diagnosis, criteria }], fit });
  });

  test('a model says how labels arise, or has weights', () => {
    const validate = ajv.getSchema('model.schema.json')!;
    const model = { family: 'poisson', options: {}, components: [{ rate: 1 }] };
    expect(validate({ ...model, weights: [1] })).toBe(true);
    expect(validate({ ...model, kind: 'hidden-markov', initial: [1], transitions: [[1]] })).toBe(true);
    expect(validate(model)).toBe(false);
    expect(validate({ ...model, weights: [1], held: { weights: true, components: [['rate']] }, shared: ['rate'] })).toBe(true);
    for (const wrong of [{ held: ['rate'] }, { held: { weights: 1 } }, { shared: 'rate' }, { exact: { origin: [0] } }])
      expect(validate({ ...model, weights: [1], ...wrong })).toBe(false);
  });

  test('one line, and numbers that read back to the same bits', async () => {
    const { stdout } = await emkit(['fit', ...twoCoins, '--json']);
    expect(stdout).toMatch(/^\{.*\}\n$/);
    expect(`${JSON.stringify(JSON.parse(stdout))}\n`).toBe(stdout);
  });
});
