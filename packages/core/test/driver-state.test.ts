import { createMixture, type Diagnosis, describeDiagnosis, isConverged } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { readState } from '../src/driver/state.ts';
import { failureOf, familyOf } from './support/stub.ts';

const mixture = createMixture({ family: familyOf({ parameters: { size: { kind: 'positive' } } }), components: 1 });
const point = { weights: [1], components: [{ size: 2 }] };
const fresh = { step: null, ratios: [], quiet: 0, remaining: null, left: null, settled: 0, smallest: null, restless: 0 };
const plain = {
  version: 2,
  method: 'em',
  iteration: 1,
  evaluations: 2,
  parameters: point,
  trace: [-2, -1],
  convergence: { ...fresh, step: 0.5, ratios: [0.25], remaining: 0.1, left: 1e-3, smallest: 0.5 },
};
const accelerated = {
  ...plain,
  method: 'anderson',
  acceleration: { history: [{ at: point, image: point }], longestStep: 1, hesitant: false },
};

describe('a saved state', () => {
  it.each([
    ['plain', plain],
    ['accelerated', accelerated],
    ['that has not begun', { ...plain, iteration: 0, evaluations: 0, trace: [], convergence: fresh }],
    ['after the first pass', { ...plain, iteration: 0, evaluations: 1, trace: [-2] }],
    ['with no ratio and a step of 0', { ...plain, convergence: { ...fresh, step: 0, quiet: 3 } }],
    ['without points to learn from', { ...accelerated, acceleration: { history: [], longestStep: 64, hesitant: true } }],
  ])('%s is read as it was written', (_, state) => {
    expect(readState(mixture, JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  it('of the first version is read, with what it does not know filled in', () => {
    const old = { ...plain, version: 1, convergence: { step: 0.5, ratios: [0.25], quiet: 0 } };
    expect(readState(mixture, old)).toEqual({ ...plain, convergence: { ...fresh, step: 0.5, ratios: [0.25] } });
  });

  const broken: readonly (readonly [what: string, shown: string, state: unknown])[] = [
    ['value', 'null', null],
    ['value', '1', 1],
    ['version', '3', { ...plain, version: 3 }],
    ['origin', '"no"', { ...plain, origin: 'no' }],
    ['convergence', '', { ...plain, convergence: { ...fresh, settled: -1 } }],
    ['convergence', '', { ...plain, convergence: { ...fresh, left: 'x' } }],
    ['version', 'undefined', {}],
    ['method', '"x"', { ...plain, method: 'x' }],
    ['iteration', '-1', { ...plain, iteration: -1 }],
    ['iteration', '0.5', { ...plain, iteration: 0.5 }],
    ['iteration', '"1"', { ...plain, iteration: '1' }],
    ['evaluations', '-1', { ...plain, evaluations: -1 }],
    ['trace', '"no"', { ...plain, trace: 'no' }],
    ['trace', '', { ...plain, trace: [-2] }],
    ['trace', '', { ...plain, trace: [] }],
    ['trace', '', { ...plain, trace: [-3, -2, -1] }],
    ['trace', '', { ...plain, trace: [-2, null] }],
    ['trace', '', { ...plain, iteration: 0 }],
    ['convergence', 'undefined', { ...plain, convergence: undefined }],
    ['convergence', 'null', { ...plain, convergence: null }],
    ['convergence', '"no"', { ...plain, convergence: 'no' }],
    ['convergence', '', { ...plain, convergence: { ...plain.convergence, step: -1 } }],
    ['convergence', '', { ...plain, convergence: { ...plain.convergence, step: '1' } }],
    ['convergence', '', { ...plain, convergence: { ...plain.convergence, ratios: undefined } }],
    ['convergence', '', { ...plain, convergence: { ...plain.convergence, ratios: [0.5, '1'] } }],
    ['convergence', '', { ...plain, convergence: { ...plain.convergence, ratios: [0.5, -1] } }],
    ['convergence', '', { ...plain, convergence: { ...plain.convergence, quiet: -1 } }],
    ['longest step', 'undefined', { ...accelerated, acceleration: null }],
    ['longest step', '0.5', { ...accelerated, acceleration: { ...accelerated.acceleration, longestStep: 0.5 } }],
    ['longest step', 'Infinity', { ...accelerated, acceleration: { ...accelerated.acceleration, longestStep: Infinity } }],
    ['hesitation', '1', { ...accelerated, acceleration: { ...accelerated.acceleration, hesitant: 1 } }],
    ['history', '"no"', { ...accelerated, acceleration: { ...accelerated.acceleration, history: 'no' } }],
    ['history', '', { ...accelerated, acceleration: { ...accelerated.acceleration, history: [null] } }],
    ['history', '', { ...accelerated, acceleration: { ...accelerated.acceleration, history: [{ at: point, image: point }, 1] } }],
  ];

  it.each(broken)('with a wrong %s (%s) is refused by name: %j', (what, shown, state) => {
    const error = failureOf(() => readState(mixture, state));
    expect(error.code).toBe('STATE_MALFORMED');
    expect(error.message).toContain(`The state to resume from has the ${what} ${shown}`);
    expect(error.details.remedy).toBe('Use a state that emkit wrote.');
  });

  it('says what it found', () => {
    const error = failureOf(() => readState(mixture, { ...plain, version: 7 }));
    expect(error.message).toBe('The state to resume from has the version 7. Use a state that emkit wrote.');
    expect(error.details.value).toBe(7);
  });

  it.each([
    ['parameters', { ...plain, parameters: { weights: [1], components: [{ size: -1 }] } }],
    [
      'history',
      {
        ...accelerated,
        acceleration: { ...accelerated.acceleration, history: [{ at: point, image: { weights: [1], components: [{ size: 0 }] } }] },
      },
    ],
    [
      'history',
      {
        ...accelerated,
        acceleration: { ...accelerated.acceleration, history: [{ at: { weights: [1], components: [{ size: 0 }] }, image: point }] },
      },
    ],
  ])('with %s outside of their domain is refused', (_, state) => {
    expect(failureOf(() => readState(mixture, state)).code).toBe('PARAMETER_DOMAIN');
  });
});

describe('a diagnosis in words', () => {
  it.each<[Diagnosis, string]>([
    [
      { kind: 'converged', rule: 'distance', remaining: 0, nats: 0 },
      'converged: the remaining error is estimated to be below the tolerance',
    ],
    [
      { kind: 'converged', rule: 'nats', remaining: 1, nats: 3.21e-7 },
      'converged: less than 3e-7 nats of log-likelihood are estimated to be left',
    ],
    [
      { kind: 'boundary', rule: 'distance', remaining: 0, nats: 0, parameters: ['weight 2', 'probability 1'] },
      'converged on the edge of the parameter domain (weight 2, probability 1): standard errors do not hold there',
    ],
    [
      { kind: 'iteration-limit', remaining: 0.0123 },
      'stopped at the iteration limit before convergence: the estimated distance still to go is 0.01; if that is too much, allow more iterations',
    ],
    [
      { kind: 'iteration-limit', remaining: null },
      'stopped at the iteration limit before convergence: how far it still is from the answer is not known; allow more iterations',
    ],
    [
      { kind: 'stalled', remaining: 1 },
      'stalled at the rounding of the parameters: no finer answer exists in double precision; centre or rescale the data',
    ],
    [
      { kind: 'collapsed', component: 1, reason: 'it is empty' },
      'component 2 collapsed (it is empty): use fewer components, another start, or a more constrained model',
    ],
    [{ kind: 'decreased', by: 0.5 }, "the log-likelihood fell by 0.5: the family's M-step does not maximise"],
    [{ kind: 'aborted' }, 'aborted by the caller: the parameters are the last complete ones'],
  ])('%j', (diagnosis, sentence) => {
    expect(describeDiagnosis(diagnosis)).toBe(sentence);
    expect(isConverged(diagnosis)).toBe(diagnosis.kind === 'converged' || diagnosis.kind === 'boundary');
  });
});
