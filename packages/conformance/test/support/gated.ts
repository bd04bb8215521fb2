import type { CheckedLatent } from '@emkit/conformance';
import { type Block, type GatedWeights, gated, type Latent } from '@emkit/core';

/** What the column of the gate holds in the rows of a unit, over and over. */
const PATTERN: readonly number[] = [-0.75, 0.25, 1.5];

/** Above this the second order is too little, below it a difference of logarithms. */
const SMALL = 2e-5;

/**
 * A gate whose column repeats a pattern in every unit, for laws that hand out rows without columns. With so few different rows the expected
 * log-probability is a function of sums, the counts of labels by value: the M-step and the posterior are those of the gate itself.
 */
export const gatedPattern = (change: (right: Latent<GatedWeights>) => Partial<Latent<GatedWeights>> = () => ({})): CheckedLatent => ({
  id: 'gated-pattern',
  create: (components) => patterned(components, change),
  variants: [{ components: 2 }, { components: 3 }],
  // The gate is one against the first component.
  permuted: (at, order) => {
    const { gate } = at as GatedWeights;
    return { gate: order.map((label) => gate[label]!.map((value, j) => value - gate[order[0]!]![j]!)) };
  },
});

function patterned(components: number, change: (right: Latent<GatedWeights>) => Partial<Latent<GatedWeights>>): Latent<GatedWeights> {
  const own = gated(components, { columns: ['pattern'] });
  const right: Latent<GatedWeights> = { ...own, ...change(own) };
  const { columns: _columns, rowwise: _rowwise, recentre: _recentre, ...rest } = right;
  const block = (first: number, end: number): Block => ({
    size: end,
    columns: [Float64Array.from({ length: end }, (_, row) => PATTERN[(row - first + PATTERN.length * end) % PATTERN.length]!)],
  });
  const inner = new Float64Array(right.length);
  /** The gate's own sums of rows of the pattern with known labels. */
  const sumsOf = (counts: Float64Array, about: GatedWeights): Float64Array => {
    const total = new Float64Array(right.length);
    PATTERN.forEach((_, place) => {
      for (let label = 0; label < components; label += 1) {
        const count = counts[place * components + label]!;
        if (count === 0) continue;
        const forced = Array.from({ length: components }, (__, other) =>
          Float64Array.from(PATTERN, () => (other === label ? 0 : -Infinity)),
        );
        right.posterior(block(0, PATTERN.length), place, place + 1, about, forced, inner.fill(0), about);
        for (let index = 0; index < total.length; index += 1) total[index]! += count * inner[index]!;
      }
    });
    return total;
  };
  /** One value says nothing of slopes, and the gate refuses it: the intercepts for the slopes as they are. */
  const atOnePlace = (counts: Float64Array, place: number, { gate }: GatedWeights): GatedWeights => {
    const own = counts.subarray(place * components, (place + 1) * components).map((count) => Math.max(count, 1e-30));
    return { gate: gate.map(([, slope], k) => (k === 0 ? [0, 0] : [Math.log(own[k]! / own[0]!) - slope! * PATTERN[place]!, slope!])) };
  };
  const exact: Latent<GatedWeights> = {
    ...rest,
    id: 'gated-pattern',
    options: {},
    length: PATTERN.length * components,
    posterior(_block, first, end, at, logDensities, sums) {
      const logLikelihood = right.posterior(block(first, end), first, end, at, logDensities, inner.fill(0), at);
      if (logLikelihood === -Infinity) return logLikelihood;
      for (let row = first; row < end; row += 1)
        for (let label = 0; label < components; label += 1)
          sums[((row - first) % PATTERN.length) * components + label]! += logDensities[label]![row]!;
      return logLikelihood;
    },
    expectedLogProbability: (counts, at) =>
      PATTERN.reduce((total, _, place) => {
        for (let label = 0; label < components; label += 1) {
          const count = counts[place * components + label]!;
          if (count > 0) total += count * right.logProbability([label], block(0, PATTERN.length), place, place + 1, at);
        }
        return total;
      }, 0),
    logProbability: (labels, _block, first, end, at) => right.logProbability(labels, block(first, end), first, end, at),
    sample: (labels, length, at, random) => right.sample(labels, length, at, random, block(0, length)),
    maximize(counts, about) {
      const places = PATTERN.flatMap((_, place) =>
        counts.subarray(place * components, (place + 1) * components).some((count) => count > 0) ? [place] : [],
      );
      return places.length < 2 ? atOnePlace(counts, places[0] ?? 0, about) : right.maximize(sumsOf(counts, about), about);
    },
    gain(counts, _about, from, to) {
      // The gate's own is of the second order about a point: for small steps.
      if (right.space.distance(from, to) < SMALL) return right.gain(sumsOf(counts, from), from, from, to);
      return exact.expectedLogProbability(counts, to) - exact.expectedLogProbability(counts, from);
    },
    recentre: () => undefined,
  };
  return exact;
}
