import type { MixtureParameters, ParameterValues } from '@emkit/core';
import { binomial, exponential, gaussian, multivariateGaussian } from '@emkit/families';
import { loadSample } from '../samples.ts';
import type { Problem } from './em-run.ts';

export type SceneId = 'three-coins' | 'two-coins' | 'waiting-times' | 'galaxies' | 'old-faithful';

/** A named start that is worth trying. */
export interface NamedStart {
  readonly name: string;
  readonly parameters: MixtureParameters;
}

/** An example to watch. */
export interface Scene {
  readonly id: SceneId;
  /** On its tab. */
  readonly tab: string;
  readonly title: string;
  readonly lead: string;
  /** What a component is called, and one row. */
  readonly component: string;
  readonly components: readonly number[];
  readonly defaultComponents: number;
  readonly axes: readonly AxisText[];
  /** The values of the data's axis that the plot shows. */
  readonly domain: readonly (readonly [number, number])[];
  /** Parameters as the starting values are edited: a label, and where on the first axis the handle stands. */
  readonly parameter: StartParameter;
  readonly heldWeights?: true;
  /** Histogram bins; discrete data have one bar a value instead. */
  readonly bins?: number;
  load(): Promise<SceneData>;
  starts(components: number): readonly NamedStart[];
  problem(data: SceneData, components: number): Problem;
}

export interface AxisText {
  readonly name: string;
  readonly unit?: string;
}

/** Columns by name; one, or two for the plane. */
export type SceneData = readonly Float64Array[];

/** How one component's start is shown and changed. */
export interface StartParameter {
  /** The parameter's name in the family, and what a reader calls it. */
  readonly name: string;
  readonly label: string;
  readonly decimals: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
  /** Position of the parameter on the data's axis, and back. */
  toAxis(value: number): number;
  fromAxis(position: number): number;
}

const identity = (value: number): number => value;

const bias: StartParameter = {
  name: 'probability',
  label: 'bias',
  decimals: 7,
  minimum: 0.01,
  maximum: 0.99,
  step: 0.01,
  toAxis: (probability) => 10 * probability,
  fromAxis: (position) => position / 10,
};

const equal = (components: number): readonly number[] => Array.from({ length: components }, () => 1 / components);

const start = (name: string, values: readonly ParameterValues[], weights: readonly number[] = equal(values.length)): NamedStart => ({
  name,
  parameters: { weights, components: values },
});

/** Spread evenly over a range. */
const spread = (components: number, [from, to]: readonly [number, number]): readonly number[] =>
  Array.from({ length: components }, (_, index) => from + ((index + 0.5) / components) * (to - from));

export const threeCoinsData: readonly number[] = [6, 5, 4, 2, 2, 6, 5, 5, 4, 2, 5, 2, 4, 4, 6, 4, 5, 6, 3, 3];
export const twoCoinsData: readonly number[] = [5, 9, 8, 4, 7];

const coin = binomial({ trials: 10 });
const wait = exponential();
const bell = gaussian();
const cloud = multivariateGaussian({ dimension: 2 });

const threeCoins: Scene = {
  id: 'three-coins',
  tab: 'Three coins',
  title: 'Three coins in a bag',
  lead: 'Twenty times someone drew one of three coins from a bag, tossed it ten times and wrote down the heads; but not which coin it was. How biased is each coin, and how often was it drawn?',
  component: 'coin',
  components: [3],
  defaultComponents: 3,
  axes: [{ name: 'heads in ten tosses' }],
  domain: [[0, 10]],
  parameter: bias,
  load: async () => [Float64Array.from(threeCoinsData)],
  starts: () => [
    start('The book’s start', [{ probability: 0.4 }, { probability: 0.5 }, { probability: 0.65 }], [0.25, 0.5, 0.25]),
    start('Far apart', [{ probability: 0.05 }, { probability: 0.5 }, { probability: 0.95 }]),
    start('Three equal coins', [{ probability: 0.6 }, { probability: 0.6 }, { probability: 0.6 }]),
  ],
  problem: ([heads], components) => ({ family: coin, components, data: heads!, rows: heads!.length }),
};

const twoCoins: Scene = {
  id: 'two-coins',
  tab: 'Two coins',
  title: 'Two coins, equally likely',
  lead: 'Five times one of two coins was picked blindly and flipped ten times. Both are picked equally often, which we know: the weights are held, and only the biases are estimated.',
  component: 'coin',
  components: [2],
  defaultComponents: 2,
  axes: [{ name: 'heads in ten flips' }],
  domain: [[0, 10]],
  parameter: bias,
  heldWeights: true,
  load: async () => [Float64Array.from(twoCoinsData)],
  starts: () => [
    start('The note’s start', [{ probability: 0.6 }, { probability: 0.5 }]),
    start('The other way round', [{ probability: 0.3 }, { probability: 0.9 }]),
    start('Two equal coins', [{ probability: 0.55 }, { probability: 0.55 }]),
  ],
  problem: ([heads], components) => ({ family: coin, components, data: heads!, rows: heads!.length, held: { weights: true } }),
};

const waitingTimes: Scene = {
  id: 'waiting-times',
  tab: 'Waiting times',
  title: 'Days without an explosion',
  lead: 'The days between 191 explosions in British coal mines, 1851 to 1962. One exponential cannot describe them: there were dangerous years and safer ones. A mixture finds both, without being told the year.',
  component: 'kind of interval',
  components: [2, 3],
  defaultComponents: 2,
  axes: [{ name: 'time between explosions', unit: 'days' }],
  domain: [[0, 2400]],
  bins: 40,
  parameter: {
    name: 'rate',
    label: 'mean',
    decimals: 1,
    minimum: 1,
    maximum: 2400,
    step: 10,
    toAxis: (rate) => 1 / rate,
    fromAxis: (position) => 1 / Math.max(position, 1e-9),
  },
  load: async () => [(await loadSample('coal-mine-intervals'))['days']!],
  starts: (components) => [
    start(
      'Close together',
      Array.from({ length: components }, (_, index) => ({ rate: 1 / (200 + 60 * index) })),
    ),
    start(
      'Far apart',
      Array.from({ length: components }, (_, index) => ({ rate: 1 / (30 * 9 ** (index * (2 / Math.max(1, components - 1)))) })),
    ),
  ],
  problem: ([days], components) => ({ family: wait, components, data: days!, rows: days!.length }),
};

const galaxies: Scene = {
  id: 'galaxies',
  tab: 'Galaxies',
  title: 'Galaxies on the line',
  lead: 'How fast 82 galaxies move away from us. They come in clumps, the walls of great voids. EM climbs to the nearest summit of the likelihood, and which one is nearest depends on the start: drag the means and watch another optimum win.',
  component: 'clump',
  components: [2, 3, 4, 5],
  defaultComponents: 3,
  axes: [{ name: 'velocity', unit: '1,000 km/s' }],
  domain: [[6, 37]],
  bins: 31,
  parameter: { name: 'mean', label: 'mean', decimals: 3, minimum: 6, maximum: 37, step: 0.5, toAxis: identity, fromAxis: identity },
  load: async () => [(await loadSample('galaxies'))['velocity']!],
  starts: (components) => [
    components === 3
      ? start(
          'On the left',
          spread(components, [8, 24]).map((mean) => ({ mean, variance: 4 })),
        )
      : start(
          'In the middle',
          spread(components, [17, 26]).map((mean) => ({ mean, variance: 4 })),
        ),
    start(
      'Spread out',
      spread(components, components === 2 ? [0, 32] : [4, 38]).map((mean) => ({ mean, variance: 4 })),
    ),
    start(
      'On the right',
      spread(components, [24, 36]).map((mean) => ({ mean, variance: 4 })),
    ),
  ],
  problem: ([velocity], components) => ({ family: bell, components, data: velocity!, rows: velocity!.length }),
};

const oldFaithful: Scene = {
  id: 'old-faithful',
  tab: 'Old Faithful',
  title: 'A geyser in the plane',
  lead: 'How long 272 eruptions of Old Faithful lasted, and how long one had waited for them. Each cloud of points gets a Gaussian of its own: a centre, and an ellipse for its spread and its tilt.',
  component: 'cloud',
  components: [2, 3, 4],
  defaultComponents: 2,
  axes: [
    { name: 'eruption', unit: 'min' },
    { name: 'waiting', unit: 'min' },
  ],
  domain: [
    [1, 5.8],
    [38, 102],
  ],
  parameter: { name: 'mean', label: 'centre', decimals: 3, minimum: 1, maximum: 5.8, step: 0.1, toAxis: identity, fromAxis: identity },
  load: async () => {
    const columns = await loadSample('old-faithful');
    return [columns['eruptions']!, columns['waiting']!];
  },
  starts: (components) => {
    const at = (name: string, centres: readonly (readonly [number, number])[]): NamedStart =>
      start(
        name,
        centres.slice(0, components).map((mean) => ({
          mean,
          covariance: [
            [1.3, 0],
            [0, 185],
          ],
        })),
      );
    return [
      at('Across', [
        [1.9, 90],
        [4.8, 50],
        [3.3, 70],
        [2.5, 60],
      ]),
      at('Near the clouds', [
        [2, 55],
        [4.4, 80],
        [3.2, 68],
        [4, 70],
      ]),
      at('In a corner', [
        [5, 95],
        [4.6, 90],
        [5.2, 84],
        [4.4, 96],
      ]),
    ];
  },
  problem: ([eruptions, waiting], components) => ({
    family: cloud,
    components,
    data: { eruptions: eruptions!, waiting: waiting! },
    rows: eruptions!.length,
  }),
};

export const scenes: readonly Scene[] = [threeCoins, twoCoins, waitingTimes, galaxies, oldFaithful];

export function sceneById(id: string | undefined): Scene {
  return scenes.find((scene) => scene.id === id) ?? threeCoins;
}
