import { createRandom, independent, type Latent, markov, type Random } from '@emkit/core';
import { createReference } from '@emkit/reference';
import { describe, expect, test } from 'vitest';
import { sticky } from '../example/sticky.ts';

const arithmetic = createReference({ precision: 50 });
type Decimal = ReturnType<typeof arithmetic.decimal>;
type Probabilities = readonly (readonly Decimal[])[];

/** Lists of probabilities that sum to 1, in the order of the sums that count them. */
const PROBABILITIES: Readonly<Record<string, (at: never) => Probabilities>> = {
  independent: ({ weights }: { weights: readonly number[] }) => [weights.map(arithmetic.decimal)],
  sticky: ({ stay }: { stay: number }) => [[arithmetic.decimal(stay), arithmetic.decimal(1).minus(arithmetic.decimal(stay))]],
  'hidden-markov': ({ initial, transitions }: { initial: readonly number[]; transitions: readonly (readonly number[])[] }) =>
    [initial, ...transitions].map((row) => row.map(arithmetic.decimal)),
};

/** Q(to) - Q(from) to fifty digits. Doubles sum to 1 to rounding only: what is lost or won by that is no part of a gain. */
function exactGain(latent: Latent, sums: ArrayLike<number>, from: object, to: object): number {
  const [before, after] = [from, to].map((at) => PROBABILITIES[latent.id]!(at as never)) as [Probabilities, Probabilities];
  let place = 0;
  const gains = before.map((row, index) => {
    const counts = row.map(() => arithmetic.decimal(sums[place++]!));
    const logs = arithmetic.sum(row.map((value, label) => arithmetic.ln(after[index]![label]!.div(value)).times(counts[label]!)));
    return logs.minus(arithmetic.sum(counts).times(arithmetic.sum(after[index]!).minus(arithmetic.sum(row))));
  });
  return arithmetic.sum(gains).toNumber();
}

const randomStep = (latent: Latent, random: Random, size: number): Float64Array =>
  Float64Array.from({ length: latent.space.free.length }, () => size * random.normal());

describe.each([independent(3), sticky(), markov(3)] as Latent[])('the gain of $id', (latent) => {
  const random = createRandom(17);
  const { free } = latent.space;
  const sums = Float64Array.from({ length: latent.length }, () => 1 + 100 * random.uniform());
  const total = sums.reduce((sum, count) => sum + count, 0);
  const anywhere = free.move(latent.start, randomStep(latent, random, 1), 0);

  test.each([1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10])('has its digits for a step of %d', (size) => {
    for (const from of [anywhere, latent.maximize(sums, anywhere)]) {
      for (let round = 0; round < 5; round += 1) {
        const step = randomStep(latent, random, size);
        const to = free.move(from, step, 0);
        const exact = exactGain(latent, sums, from, to);
        // At the estimate the slope is what the counts round, and no more.
        const allowed = 32 * Number.EPSILON * (Math.abs(exact) + total * Math.hypot(...step));
        expect(Math.abs(latent.gain(sums, from, from, to) - exact)).toBeLessThanOrEqual(allowed);
      }
    }
  });
});
