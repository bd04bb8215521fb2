import { isDeepStrictEqual } from 'node:util';
import { createDataset, type DriverState, type Fit, fitAsync, readModel, useKernels } from '@emkit/core';
import { dataOf, optionsOf } from '../case.ts';
import type { Outcome, Trial } from '../trial.ts';
import { describe, type Law, notAsked, type Verdict } from './law.ts';

/** All that a fit is, as plain values: equal ones have equal bits. */
function bitsOf({ fit, error }: Outcome): unknown {
  return fit === undefined ? String(error) : { ...fit.toJSON(), state: fit.state.parameters };
}

function differ(one: Outcome, other: Outcome, how: string): Verdict {
  const [a, b] = [bitsOf(one), bitsOf(other)] as Record<string, unknown>[];
  if (isDeepStrictEqual(a, b)) return undefined;
  if (one.fit === undefined || other.fit === undefined) return `${how}: ${endOf(one)}, and else: ${endOf(other)}`;
  const names = Object.keys(a!).filter((name) => !isDeepStrictEqual(a![name], b![name]));
  return `${how} changes ${names.join(', ')} (${endOf(one)}, and else: ${endOf(other)})`;
}

const endOf = ({ fit, error }: Outcome): string => (fit === undefined ? String(error) : describe(fit.diagnosis));

export const again: Law = {
  name: 'again',
  meaning: 'The same call gives the same bits, whatever was fitted in between.',
  share: 0.15,
  check(trial) {
    const { rows } = trial.case;
    trial.run({ ...trial.case, rows: [...rows].reverse() });
    return differ(trial.run(trial.case), trial.outcome, 'a second call');
  },
};

export const steps: Law = {
  name: 'steps',
  meaning: 'Step by step a fit has the same bits, and so it has from every state on that was saved as text.',
  share: 0.12,
  check(trial) {
    const states: DriverState[] = [];
    const whole = attempt(() => {
      const steps = trial.engine.fitSteps(dataOf(trial.case), optionsOf(trial.engine, trial.case));
      for (;;) {
        const turn = steps.next();
        if (turn.done) return turn.value;
        // A run that collapsed is followed by one from another start.
        if (turn.value.iteration === 0) states.length = 0;
        states.push(turn.value.state);
      }
    });
    const wrong = differ(whole, trial.outcome, 'fitSteps');
    if (wrong !== undefined || whole.fit === undefined) return wrong;
    return resumes(trial, states);
  },
};

/** Every k-th state, so that a handful of them are tried, and always the first and the last. */
function resumes(trial: Trial, states: readonly DriverState[]): Verdict {
  const k = Math.max(1, Math.floor(states.length / 4));
  for (let index = 0; index < states.length; index += 1) {
    if (index % k !== 0 && index !== states.length - 1) continue;
    const resume = JSON.parse(JSON.stringify(states[index])) as DriverState;
    const resumed = trial.run(trial.case, { resume });
    const wrong = differ(resumed, trial.outcome, index === states.length - 1 ? 'resuming a finished fit' : 'resuming');
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function attempt(action: () => Fit): Outcome {
  try {
    return { fit: action() };
  } catch (error) {
    return { error };
  }
}

export const json: Law = {
  name: 'json',
  meaning: 'A fit and its model, written as text and read back, give the same log-densities.',
  share: 0.25,
  check(trial) {
    const { fit } = trial.outcome;
    if (fit === undefined) return notAsked;
    const expected = trial.logDensities(fit.model);
    for (const written of [fit, fit.model]) {
      const model = readModel(JSON.parse(JSON.stringify(written)), trial.engine.families);
      if (!isDeepStrictEqual(trial.logDensities(model), expected))
        return `a ${written === fit ? 'fit' : 'model'} read back has other log-densities`;
    }
    return undefined;
  },
};

export const kernels: Law = {
  name: 'kernels',
  meaning: 'Plain kernels give the bits of the compiled ones.',
  share: 0.1,
  check(trial) {
    const { outcome } = trial;
    const kind = useKernels('plain');
    try {
      return differ(trial.run(trial.case), outcome, `kernels that are ${kind}`);
    } finally {
      useKernels('simd');
    }
  },
};

export const dataset: Law = {
  name: 'data set',
  meaning: 'A data set made beforehand gives the same bits.',
  share: 0.1,
  check({ case: fuzzCase, engine, families, outcome }) {
    const { weights, labels, components } = fuzzCase;
    const { weights: _weights, labels: _labels, ...options } = optionsOf(engine, fuzzCase);
    const made = attempt(() => {
      const rows = createDataset(dataOf(fuzzCase), families, components, { ...(weights && { weights }), ...(labels && { labels }) });
      return engine.fit(rows, options);
    });
    return differ(made, outcome, 'a data set');
  },
};

export const threads: Law = {
  name: 'threads',
  meaning: 'Two threads give the bits of one.',
  share: 0.0005,
  async check(trial) {
    const blockSize = Math.ceil(trial.case.rows.length / 5);
    const options = { ...optionsOf(trial.engine, trial.case), blockSize };
    const alone = trial.run(trial.case, { blockSize });
    let shared: Outcome;
    try {
      shared = { fit: await fitAsync(dataOf(trial.case), { ...options, threads: 2 }) };
    } catch (error) {
      shared = { error };
    }
    return differ(shared, alone, 'two threads');
  },
};
