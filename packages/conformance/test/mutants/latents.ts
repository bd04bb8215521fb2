import { type CheckedLatent, coreEngine, type Engine } from '@emkit/conformance';
import type { Latent, Markov, MixtureParameters } from '@emkit/core';
import { log, log1pMinusLinear, logSumExp } from '@emkit/core/numerics';
import { type Sticky, stickyChain } from '../../example/sticky.ts';
import { freeChains, independentRows } from '../support/latents.ts';

import type { LatentMutant } from './mutant.ts';

type Law<L extends object> = Latent<L>;
type Space = Latent['space'];

const engine = (changes: Partial<Engine>): Engine => ({ ...coreEngine, ...changes });

/** The same structure with some of its functions exchanged, made with so many components. */
function changed<L extends object = Sticky>(
  definition: CheckedLatent,
  change: (right: Law<L>) => Partial<Law<L>>,
  variant: NonNullable<CheckedLatent['variants']>[number] = definition.variants![0]!,
): CheckedLatent {
  return {
    ...definition,
    create(components, options) {
      const right = definition.create(components, options);
      return { ...right, ...change(right) };
    },
    variants: [variant],
  };
}

const stuck = (change: (right: Law<Sticky>) => Partial<Law<Sticky>>): CheckedLatent => changed(stickyChain, change);
const chain = (change: (right: Law<Markov>) => Partial<Law<Markov>>, components = 2): CheckedLatent =>
  changed(freeChains, change, { components });
const rows = (change: (right: Law<{ weights: readonly number[] }>) => Partial<Law<{ weights: readonly number[] }>>): CheckedLatent =>
  changed(independentRows, change, { components: 3 });

/** The same space with some of its functions exchanged. */
const inSpace = <L extends object>({ space }: Law<L>, changes: Partial<Space>): { readonly space: Space } => ({
  space: { ...space, ...changes },
});

/** Labels 0, 1, ... of a law. */
const labelsOf = ({ components }: Pick<Latent, 'components'>): readonly number[] => Array.from({ length: components }, (_, label) => label);

/** One pass over a unit, a row at a time, from the predicted probabilities of its labels: gives what the next row's are made of. */
type Filter = (
  predicted: readonly number[],
  logDensities: readonly number[],
  row: number,
) => { readonly filtered: readonly number[]; readonly log: number };

/** A forward pass with another way to take a row in. The posteriors are those of the rows so far. */
function forward(right: Law<Markov>, filter: Filter): Law<Markov>['posterior'] {
  const labels = labelsOf(right);
  return (_block, first, end, { initial, transitions }, logDensities, sums) => {
    let predicted: readonly number[] = initial;
    let logLikelihood = 0;
    for (let row = first; row < end; row += 1) {
      const taken = filter(
        predicted,
        labels.map((label) => logDensities[label]![row]!),
        row,
      );
      logLikelihood += taken.log;
      for (const label of labels) logDensities[label]![row] = taken.filtered[label]!;
      if (row === first) for (const label of labels) sums[label]! += taken.filtered[label]!;
      predicted = labels.map((label) => labels.reduce((sum, before) => sum + taken.filtered[before]! * transitions[before]![label]!, 0));
    }
    return logLikelihood;
  };
}

/** A row taken in relative to a scale. */
const scaledBy =
  (scaleOf: (predicted: readonly number[], logDensities: readonly number[]) => number): Filter =>
  (predicted, logDensities) => {
    const scale = scaleOf(predicted, logDensities);
    const joint = predicted.map((probability, label) => probability * Math.exp(logDensities[label]! - scale));
    const total = joint.reduce((sum, value) => sum + value, 0);
    return { filtered: joint.map((value) => (total === 0 ? 0 : value / total)), log: scale + Math.log(total) };
  };

/** What the mutants with a memory remember. */
let lastLabel = 0;
let lastStay: Sticky | undefined;
let lastLength = -1;

/** Defects of latent structures, and of engines that have to do with units. Each wraps one that conforms. */
export const latentMutants: readonly LatentMutant[] = [
  {
    name: 'coordinate-too-many',
    defect: 'the probability to stay and the one to change have a coordinate each',
    law: 'label-parameters',
    definition: stuck((right) =>
      inSpace(right, {
        free: {
          length: 2,
          difference(from, to, out, place) {
            right.space.free.difference(from, to, out, place);
            out[place + 1] = -0.5 * out[place]!;
            out[place]! *= 0.5;
          },
          move: (from, step, place) => right.space.free.move(from, Float64Array.of(step[place]! - step[place + 1]!), 0),
          scales: (_at, out, place) => void out.fill(1, place, place + 2),
        },
      }),
    ),
  },
  {
    name: 'distance-with-a-sign',
    defect: 'the distance is the difference, below 0 on the way down',
    law: 'label-parameters',
    definition: stuck((right) => inSpace(right, { distance: ({ stay: from }: Sticky, { stay: to }: Sticky) => to - from })),
  },
  {
    name: 'takes-what-comes',
    defect: 'check gives back whatever it is given',
    law: 'label-parameters',
    definition: chain((right) => inSpace(right, { check: (json) => json })),
  },
  {
    name: 'edge-unsaid',
    defect: 'a transition that became 0 is not said to be on an edge',
    law: 'label-parameters',
    definition: chain((right) => inSpace(right, { boundary: () => [] })),
  },
  {
    name: 'difference-by-subtraction',
    defect: 'coordinates are differences of probabilities, and steps are taken in their logarithms',
    law: 'label-parameters',
    definition: rows((right) =>
      inSpace(right, {
        free: {
          ...right.space.free,
          difference(from, to, out, place) {
            for (let index = 0; index < right.components - 1; index += 1) out[place + index] = to.weights[index] - from.weights[index];
          },
        },
      }),
    ),
  },
  {
    name: 'first-label-free',
    defect: 'log P(labels) leaves out the first label',
    law: 'label-probabilities',
    definition: chain((right) => ({
      logProbability: (labels, block, first, end, at) => right.logProbability(labels, block, first, end, at) - log(at.initial[labels[0]!]!),
    })),
  },
  {
    name: 'zero-times-infinity',
    defect: 'where no label can change, 0 log 0 = NaN',
    law: 'label-probabilities',
    definition: stuck(() => ({
      logProbability(labels, _block, first, end, { stay }) {
        let stays = 0;
        for (let row = 1; row < end - first; row += 1) if (labels[row] === labels[row - 1]) stays += 1;
        return stays * Math.log(stay) + (end - first - 1 - stays) * Math.log(1 - stay) - Math.LN2;
      },
    })),
  },
  {
    name: 'labels-of-the-block',
    defect: 'labels are read from the place of the unit in its block',
    law: 'label-probabilities',
    definition: chain((right) => ({
      logProbability: (labels, block, first, end, at) => {
        const shifted = Array.from({ length: end - first }, (_, row) => labels[first + row] ?? 0);
        return right.logProbability(shifted, block, 0, end - first, at);
      },
    })),
  },
  {
    name: 'forgets-after-fifty-rows',
    defect: 'a unit of more than fifty rows is taken for several',
    law: 'label-probabilities',
    definition: stuck((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        let logLikelihood = 0;
        for (let from = first; from < end; from += 50)
          logLikelihood += right.posterior(block, from, Math.min(from + 50, end), at, logDensities, sums);
        return logLikelihood;
      },
    })),
  },
  {
    name: 'sequences-not-counted',
    defect: 'the expected log-probability leaves out the first labels',
    law: 'label-probabilities',
    definition: stuck((right) => ({
      expectedLogProbability: (sums, at) => right.expectedLogProbability(Float64Array.of(sums[0]!, sums[1]!, 0), at),
    })),
  },
  {
    name: 'weights-in-bits',
    defect: 'logWeights are logarithms to base 2',
    law: 'label-probabilities',
    definition: rows(() => ({ logWeights: ({ weights }) => weights.map(Math.log2) })),
  },
  {
    name: 'filtered',
    defect: 'posteriors are given the rows so far, not all of them',
    law: 'label-posteriors',
    definition: chain((right) => ({
      posterior: forward(
        right,
        scaledBy((_predicted, logDensities) => Math.max(...logDensities, -1e300)),
      ),
    })),
  },
  {
    name: 'scaled-by-all-labels',
    defect: 'rows are scaled by their best label, within reach or not: the others underflow',
    law: 'label-posteriors',
    definition: chain((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        const copies = logDensities.map((values) => values.slice());
        const logLikelihood = forward(
          right,
          scaledBy((_predicted, densities) => Math.max(...densities, -1e300)),
        )(block, first, end, at, copies, sums.slice());
        right.posterior(block, first, end, at, logDensities, sums);
        return logLikelihood;
      },
    })),
  },
  {
    name: 'products-of-densities',
    defect: 'densities are multiplied, unscaled: they underflow',
    law: 'label-posteriors',
    definition: stuck((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        const exact = right.posterior(block, first, end, at, logDensities, sums);
        return Math.log(Math.exp(exact));
      },
    })),
  },
  {
    name: 'best-sequence',
    defect: 'the log-likelihood is that of the best sequence of labels alone',
    law: 'label-posteriors',
    definition: chain((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        const labels = labelsOf(right);
        let best: readonly number[] = at.initial.map(log);
        for (let row = first; row < end; row += 1) {
          const here = labels.map((label) => best[label]! + logDensities[label]![row]!);
          best =
            row === end - 1
              ? here
              : labels.map((label) => Math.max(...labels.map((before) => here[before]! + log(at.transitions[before]![label]!))));
        }
        right.posterior(block, first, end, at, logDensities, sums);
        return Math.max(...best);
      },
    })),
  },
  {
    name: 'long-units-filtered',
    defect: 'in units of more than eight rows posteriors know of the rows so far only',
    law: 'label-posteriors',
    definition: chain((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        if (end - first <= 8) return right.posterior(block, first, end, at, logDensities, sums);
        const copies = logDensities.map((values) => values.slice());
        forward(
          right,
          scaledBy((_predicted, densities) => Math.max(...densities)),
        )(block, first, end, at, logDensities, sums.slice());
        return right.posterior(block, first, end, at, copies, sums);
      },
    })),
  },
  {
    name: 'pairs-from-singles',
    defect: 'expected transitions are products of the posteriors of two rows, as if these were independent',
    law: 'label-posteriors',
    definition: chain((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        const logLikelihood = right.posterior(block, first, end, at, logDensities, sums.slice());
        const labels = labelsOf(right);
        for (const label of labels) sums[label]! += logDensities[label]![first]!;
        for (let row = first + 1; row < end; row += 1)
          for (const j of labels)
            for (const k of labels) sums[right.components * (j + 1) + k]! += logDensities[j]![row - 1]! * logDensities[k]![row]!;
        return logLikelihood;
      },
    })),
  },
  {
    name: 'permuted-by-rows-only',
    defect: 'labels are said to be exchanged, and their columns of the transitions stay',
    law: 'label-posteriors',
    definition: {
      ...chain(() => ({}), 3),
      permuted: (at, order) => {
        const { initial, transitions } = at as Markov;
        return { initial: order.map((label) => initial[label]!), transitions: order.map((label) => transitions[label]!) };
      },
    },
  },
  {
    name: 'one-more-of-each',
    defect: 'every count is smoothed by one',
    law: 'label-m-step',
    definition: chain((right) => ({
      maximize: (sums, about) =>
        right.maximize(
          sums.map((count) => count + 1),
          about,
        ),
    })),
  },
  {
    name: 'first-labels-never-estimated',
    defect: 'the initial probabilities stay where they began',
    law: 'label-m-step',
    definition: chain((right) => ({ maximize: (sums, about) => ({ ...right.maximize(sums, about), initial: about.initial }) })),
  },
  {
    name: 'nan-without-a-move',
    defect: 'where every unit is one row, the estimate is 0/0',
    law: 'label-m-step',
    definition: stuck(() => ({ maximize: ([stays, changes]) => ({ stay: stays! / (stays! + changes!) }) })),
  },
  {
    name: 'gain-by-subtraction',
    defect: 'the gain is the difference of two values of Q: small ones are rounding',
    law: 'label-m-step',
    definition: stuck((right) => ({
      gain: (sums, _about, from, to) => right.expectedLogProbability(sums, to) - right.expectedLogProbability(sums, from),
    })),
  },
  {
    name: 'gain-of-the-first-order',
    defect: 'the gain is the slope times the step',
    law: 'label-m-step',
    definition: stuck(() => ({
      gain: ([stays, changes], _about, { stay: from }, { stay: to }) => (stays! / from - changes! / (1 - from)) * (to - from),
    })),
  },
  {
    name: 'gain-of-a-step-to-all-but-nothing',
    defect: 'a step of all but 1e-17 of a weight counts as one of the whole: its gain is minus infinity',
    law: 'label-m-step',
    definition: rows(() => ({
      gain(counts, _about, { weights: from }, { weights: to }) {
        const total = counts.reduce((sum, count) => sum + count, 0);
        return from.reduce((sum, weight, label) => {
          const step = to[label]! - weight;
          if (weight === 0) return sum - total * step;
          return (
            sum + (counts[label]! / weight - total) * step + (counts[label]! === 0 ? 0 : counts[label]! * log1pMinusLinear(step / weight))
          );
        }, 0);
      },
    })),
  },
  {
    name: 'weights-in-a-typed-array',
    defect: 'the estimate is a typed array, which JSON makes a record of',
    law: 'label-m-step',
    definition: rows((right) => ({
      maximize: (counts, about) => ({ weights: Float64Array.from(right.maximize(counts, about).weights) as unknown as readonly number[] }),
    })),
  },
  {
    name: 'first-label-even',
    defect: 'the first label is drawn evenly, whatever the initial probabilities',
    law: 'label-sampler',
    definition: chain((right) => ({
      sample: (labels, length, at, random) => right.sample(labels, length, { ...at, initial: right.start.initial }, random),
    })),
  },
  {
    name: 'labels-each-for-itself',
    defect: 'each label is drawn without a look at the one before it',
    law: 'label-sampler',
    definition: stuck(() => ({
      sample(labels, length, _at, random) {
        for (let row = 0; row < length; row += 1) labels[row] = random.integer(2);
      },
    })),
  },
  {
    name: 'randomness-of-its-own',
    defect: 'labels are drawn by Math.random',
    law: 'label-sampler',
    definition: stuck((right) => ({
      sample: (labels, length, at, random) => right.sample(labels, length, at, { ...random, uniform: () => Math.random() }),
    })),
  },
  {
    name: 'one-label-too-many',
    defect: 'a label is written beyond those that are asked for',
    law: 'label-sampler',
    definition: chain((right) => ({
      sample: (labels, length, at, random) => right.sample(labels, Math.min(length + 1, labels.length), at, random),
    })),
  },
  {
    name: 'weighs-by-itself',
    defect: 'the structure multiplies case weights into its sums, and the engine does too',
    law: 'label-units',
    definition: stuck((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        const own = new Float64Array(sums.length);
        const logLikelihood = right.posterior(block, first, end, at, logDensities, own);
        const unit = block.units?.indexOf(first) ?? 0;
        own.forEach((value, index) => {
          sums[index]! += value * (block.weights?.[unit] ?? 1);
        });
        return logLikelihood;
      },
    })),
  },
  {
    name: 'goes-on-from-the-last-unit',
    defect: 'the first label of a unit hangs together with the last one of the unit before it',
    law: 'label-units',
    definition: chain((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        const initial = first === 0 ? at.initial : at.transitions[lastLabel]!;
        const logLikelihood = right.posterior(block, first, end, { ...at, initial }, logDensities, sums);
        lastLabel = logDensities[0]![end - 1]! > 0.5 ? 0 : 1;
        return logLikelihood;
      },
    })),
  },
  {
    name: 'sequences-not-read',
    defect: 'a data set is made as one sequence, whatever it says',
    law: 'label-units',
    definition: freeChains,
    engine: engine({
      createDataset: (source, families, components, options) =>
        coreEngine.createDataset(source, families, components, {
          ...options,
          ...(options?.sequences !== undefined && { sequences: true }),
        }),
    }),
  },
  {
    name: 'sequences-cut-by-blocks',
    defect: 'a sequence that does not fit a block goes on as another one',
    law: 'label-units',
    definition: stickyChain,
    engine: engine({
      createDataset(source, families, components, options = {}) {
        const { sequences, blockSize = 1024 } = options;
        const cut = (sequences as readonly number[]).map((value, row) => `${value} ${Math.floor(row / blockSize)}`);
        return coreEngine.createDataset(source, families, components, { ...options, sequences: cut });
      },
    }),
  },
  {
    name: 'posteriors-in-the-order-of-units',
    defect: 'posteriors come back unit by unit, not row by row as they were given',
    law: 'label-units',
    definition: stickyChain,
    engine: engine({
      responsibilities(mixture, parameters, dataset) {
        const { blockRow } = dataset;
        const right = coreEngine.responsibilities(mixture, parameters, dataset);
        return blockRow === undefined
          ? right
          : right.map((values) => Float64Array.from(blockRow, (_, place) => values[blockRow.indexOf(place)]!));
      },
    }),
  },
  {
    name: 'sets-of-labels-not-read',
    defect: 'a label that is one of several is taken for latent',
    law: 'label-units',
    definition: independentRows,
    engine: engine({
      createDataset: (source, families, components, options) => {
        const { labels, ...rest } = options ?? {};
        const known = labels && Array.from(labels as ArrayLike<number>, (label) => (typeof label === 'number' ? label : -1));
        return coreEngine.createDataset(source, families, components, { ...rest, ...(known && { labels: known }) });
      },
    }),
  },
  {
    name: 'likelihood-of-the-rows-alone',
    defect: 'the log-likelihood leaves out the probability of the labels',
    law: 'label-ascent',
    definition: chain((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        let logLikelihood = 0;
        for (let row = first; row < end; row += 1) logLikelihood += logSumExp(logDensities.map((values) => values[row]!));
        right.posterior(block, first, end, at, logDensities, sums);
        return logLikelihood;
      },
    })),
  },
  {
    name: 'estimates-the-opposite',
    defect: 'the estimate is the probability to change',
    law: 'label-ascent',
    definition: stuck((right) => ({ maximize: (sums, about) => ({ stay: 1 - right.maximize(sums, about).stay }) })),
  },
  {
    name: 'answers-with-its-start',
    defect: 'the answer has the parameters of the start beside the log-likelihood of the end',
    law: 'label-ascent',
    definition: freeChains,
    engine: engine({
      *drive(mixture, state, options) {
        const result = yield* coreEngine.drive(mixture, state, options);
        return { ...result, state: { ...result.state, parameters: state.parameters as MixtureParameters } };
      },
    }),
  },
  {
    name: 'one-step-is-convergence',
    defect: 'a run is called converged after its first step',
    law: 'label-ascent',
    definition: stickyChain,
    engine: engine({
      *drive(mixture, state, options) {
        const result = yield* coreEngine.drive(mixture, state, { ...options, iterations: 1 });
        return { ...result, diagnosis: { kind: 'converged', rule: 'distance', remaining: 0, nats: 0 } };
      },
    }),
  },
  {
    name: 'overwrites-the-sums',
    defect: 'the sums of a unit replace those of the units before it',
    law: 'label-purity',
    definition: chain((right) => ({
      posterior: (block, first, end, at, logDensities, sums) => right.posterior(block, first, end, at, logDensities, sums.fill(0)),
    })),
  },
  {
    name: 'clears-the-block',
    defect: 'the log-densities of all rows from the first of the block on are replaced',
    law: 'label-purity',
    definition: stuck((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        const logLikelihood = right.posterior(block, first, end, at, logDensities, sums);
        for (const values of logDensities) values.fill(0, 0, first);
        return logLikelihood;
      },
    })),
  },
  {
    name: 'normalises-in-place',
    defect: 'the M-step divides the sums it is given',
    law: 'label-purity',
    definition: rows((right) => ({
      maximize(counts, about) {
        const { weights } = right.maximize(counts, about);
        counts.set(weights);
        return { weights };
      },
    })),
  },
  {
    name: 'keeps-the-first-point',
    defect: 'the parameters are kept while the length of the unit stays the same',
    law: 'label-purity',
    definition: stuck((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        if (lastStay === undefined || lastLength !== end - first) [lastStay, lastLength] = [at, end - first];
        return right.posterior(block, first, end, lastStay, logDensities, sums);
      },
    })),
  },
  {
    name: 'parameters-by-their-place',
    defect: 'parameters are taken by their order in the record, in which others may stand before them',
    law: 'label-purity',
    definition: chain((right) => ({
      posterior(block, first, end, at, logDensities, sums) {
        const [initial, transitions] = Object.values(at) as [Markov['initial'], Markov['transitions']];
        return right.posterior(block, first, end, { initial, transitions }, logDensities, sums);
      },
    })),
  },
  {
    name: 'held-unsaid',
    defect: 'that the weights are held is not among the options',
    law: 'label-json',
    definition: changed(independentRows, () => ({ options: {} }), { components: 3, options: { held: true } }),
  },
  {
    name: 'a-parameter-called-held',
    defect: 'a parameter has the name of another entry of a model file',
    law: 'label-json',
    definition: stuck((right) => {
      const named = ({ stay }: Sticky): Sticky => ({ stay, held: 1 }) as Sticky;
      const { space } = right;
      return {
        start: named(right.start),
        maximize: (sums, about) => named(right.maximize(sums, about)),
        space: {
          ...space,
          check: (json) => named(space.check(json)),
          free: { ...space.free, move: (from, step, place) => named(space.free.move(from, step, place)) },
        },
      };
    }),
  },
  {
    name: 'read-in-single-precision',
    defect: 'models are read back in single precision',
    law: 'label-json',
    definition: freeChains,
    engine: engine({
      readModel: (json, definitions, latents) =>
        coreEngine.readModel(
          JSON.parse(JSON.stringify(json), (_, value) => (typeof value === 'number' ? Math.fround(value) : value)),
          definitions,
          latents,
        ),
    }),
  },
];
