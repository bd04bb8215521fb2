import { checkFamily, checkLaw } from '@emkit/conformance';
import type { Block, Family, FamilyDefinition, ParameterValues } from '@emkit/core';
import { describe, expect, test } from 'vitest';
import { fisher, multinomial } from './strangers/constrained.ts';
import { dirichlet, negativeBinomial, student, weibull } from './strangers/generalised.ts';
import { strangers } from './strangers/index.ts';
import { kink, piled, spike } from './strangers/lines.ts';
import { censored, hurdle } from './strangers/mixed.ts';
import { line, logistic } from './strangers/regressions.ts';
import { erlang, ordinal, vonMises } from './strangers/spaces.ts';

const SEED = 5;

test.each(strangers.map((definition) => [definition.id, definition] as const))('%s conforms', { timeout: 300_000 }, (_, definition) => {
  const { results } = checkFamily(definition, { seed: SEED, runs: 10 });
  expect(results.filter(({ status }) => status === 'failed').map(({ law, message }) => `${law}: ${message}`)).toEqual([]);
});

/** A family of which some functions are other ones. */
function broken(definition: FamilyDefinition, change: (right: Family) => Partial<Family>): Family {
  const right = definition();
  return { ...right, ...change(right) };
}

/** The log-density with an amount added that depends on the row and the parameters. */
function densityPlus(definition: FamilyDefinition, more: (row: readonly number[], parameters: ParameterValues) => number): Family {
  return broken(definition, (right) => ({
    logDensity(block: Block, parameters, out) {
      right.logDensity(block, parameters, out);
      for (let row = 0; row < block.size; row += 1)
        out[row]! += more(
          block.columns.map((column) => column[row]!),
          parameters,
        );
    },
  }));
}

/** The estimate with one parameter changed by a function. */
function estimateWith(definition: FamilyDefinition, name: string, change: (value: number, before: number) => number): Family {
  return broken(definition, (right) => ({
    maximize(statistics, count, about, held) {
      const found = right.maximize(statistics, count, about, held);
      return { ...found, [name]: change(found[name] as number, about[name] as number) };
    },
  }));
}

const MUTANTS: readonly (readonly [what: string, law: string, family: Family])[] = [
  [
    'a step of a generalised EM that overshoots tenfold',
    'm-step',
    estimateWith(student, 'location', (after, before) => before + 10 * (after - before)),
  ],
  ['a step that leaves a parameter where it was', 'm-step', estimateWith(student, 'squaredScale', (_, before) => before)],
  ['a step that comes to rest a thousandth off', 'm-step', estimateWith(negativeBinomial, 'mean', (after) => 1.001 * after)],
  ['a step that comes to rest off the optimum of a regression', 'm-step', estimateWith(logistic, 'slope', (after) => after - 0.001)],
  [
    'an iteration on the data that ends before its end',
    'm-step',
    broken(weibull, () => ({ recentre: undefined }) as unknown as Partial<Family>),
  ],
  ['a regression whose slope is shrunk', 'm-step', estimateWith(line, 'slope', (after) => 0.999 * after)],
  ['an atom that is left out of the mass', 'normalisation', densityPlus(hurdle, ([x]) => (x === 0 ? -0.001 : 0))],
  [
    'a limit that is taken for a density',
    'normalisation',
    densityPlus(censored, ([x], { rate }) => (x === 5 ? Math.log(rate as number) : 0)),
  ],
  ['a kink of another height', 'normalisation', densityPlus(kink, ([x]) => (Math.abs(x! - 1.7) < 1e-3 ? 1e-3 : 0))],
  ['a spike of another height', 'normalisation', densityPlus(spike, ([x]) => (Math.abs(x! - 1) < 1e-3 ? 1e-3 : 0))],
  ['a mass at the end of the doubles that is off', 'normalisation', densityPlus(piled, ([x]) => (x! > 0.999 ? 0.01 : 0))],
  [
    'draws of an atom that come too often',
    'cdf-quantile-sampler',
    broken(hurdle, (right) => ({
      sample(parameters, random, row) {
        right.sample!(parameters, random, row);
        if (random.uniform() < 0.1) row[0] = 0;
      },
    })),
  ],
  [
    'a sampler of counts that never sees the last outcome',
    'cdf-quantile-sampler',
    broken(multinomial, (right) => ({
      sample(parameters, random, row) {
        right.sample!(parameters, random, row);
        row[0]! += row[2]!;
        row[2] = 0;
      },
    })),
  ],
  [
    'a constraint that the sampler breaks',
    'cdf-quantile-sampler',
    broken(dirichlet, (right) => ({
      sample(parameters, random, row) {
        right.sample!(parameters, random, row);
        row[0]! *= 1.01;
      },
    })),
  ],
  [
    'a density that is there off the constraint',
    'domain',
    broken(multinomial, (right) => ({
      logDensity(block, parameters, out) {
        right.logDensity(block, parameters, out);
        for (let row = 0; row < block.size; row += 1) if (out[row] === -Infinity) out[row] = -1;
      },
    })),
  ],
  [
    'directions that are estimated by their opposite',
    'm-step',
    broken(vonMises, (right) => ({
      maximize(statistics, count, about, held) {
        return right.maximize(Float64Array.of(-statistics[0]!, statistics[1]!), count, about, held);
      },
    })),
  ],
  [
    'directions on a sphere that are drawn too close',
    'cdf-quantile-sampler',
    broken(fisher, (right) => ({
      sample(parameters, random, row) {
        right.sample!({ ...parameters, concentration: 1.2 * (parameters.concentration as number) }, random, row);
      },
    })),
  ],
  [
    'thresholds in the wrong order',
    'm-step',
    broken(ordinal, (right) => ({
      maximize(statistics, count, about, held) {
        return right.maximize(statistics.slice().reverse(), count, about, held);
      },
    })),
  ],
  ['a whole number of which only the rate is right', 'recovery', estimateWith(erlang, 'stages', (after) => after + 1)],
  [
    'a support that moves with the parameter',
    'domain',
    densityPlus(kink, ([x], { scale }) => (Math.abs(x!) > (scale as number) ? -Infinity : 0)),
  ],
];

describe('a broken copy is found', () => {
  test.each(MUTANTS)('%s: %s', { timeout: 120_000 }, (_, law, family) => {
    expect(checkLaw(family, law, { seed: SEED, runs: 60 }).status).toBe('failed');
  });
});
