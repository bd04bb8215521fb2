import { checkLatent, variantsOf } from '@emkit/conformance';
import { describeLatent } from '@emkit/conformance/vitest';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stickyChain } from '../example/sticky.ts';
import { chains, freeChains, independentRows } from './support/latents.ts';

/** As for families: fixed by default, drawn anew in the nightly run. */
const runs = Number(process.env['EMKIT_CONFORMANCE_RUNS'] ?? 100);
const wanted = process.env['EMKIT_CONFORMANCE_SEED'] ?? '1';
const seed = wanted === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wanted);

describe(`seed ${seed}`, () => {
  for (const definition of [independentRows, stickyChain, chains, freeChains])
    describeLatent(definition, { seed, runs, inapplicable: 'omit', timeout: 3000 * runs });
});

describe('weights that are held where they are', () => {
  const held = { components: 3, options: { held: true } };
  const points = fc.constantFrom({ weights: [0.2, 0.3, 0.5] }, { weights: [0.9, 0.05, 0.05] });
  describeLatent(independentRows, { variant: held, points, seed, runs, inapplicable: 'omit' });
});

test('no law is skipped, and only what cannot apply is left out', () => {
  const left = [independentRows, stickyChain, chains, freeChains].flatMap((definition) =>
    variantsOf(definition).map((variant) => {
      const { results, options } = checkLatent(definition, { variant, runs: 1 });
      expect(results.map(({ status }) => status)).not.toContain('skipped');
      const missing = results.flatMap(({ skippedParts }) => skippedParts.flatMap((part) => part.missing));
      return [definition.id, options['components'], ...new Set(missing)];
    }),
  );
  expect(left).toEqual([
    ['independent', 1, 'free parameters', 'second label'],
    ['independent', 2],
    ['independent', 4],
    ['independent', 3, 'free parameters'],
    ['sticky', 2, 'logWeights'],
    ['hidden-markov', 1, 'free parameters', 'logWeights', 'permuted', 'second label'],
    ...[2, 3, 3, 2, 2, 2, 3].map((states) => ['hidden-markov', states, 'logWeights', 'permuted']),
    ...[2, 3, 3].map((states) => ['hidden-markov', states, 'logWeights']),
  ]);
});
