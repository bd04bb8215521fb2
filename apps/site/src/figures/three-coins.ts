import { computed, defineComponent, h, ref, type VNode } from 'vue';
import { type CoinStep, coinSteps, OUTCOMES } from './three-coins-model.ts';

const ITERATIONS = 30;
const GUESS = [0.4, 0.5, 0.65];

/** The three coins, iteration by iteration, from a guess that can be changed. */
export const ThreeCoins = defineComponent({
  name: 'ThreeCoins',
  setup() {
    const guess = ref([...GUESS]);
    const place = ref(0);
    const steps = computed(() => coinSteps(guess.value, ITERATIONS));
    const go = (to: number): void => {
      place.value = Math.max(0, Math.min(ITERATIONS, to));
    };
    const change = (coin: number, value: number): void => {
      guess.value = guess.value.map((before, index) => (index === coin ? value : before));
      place.value = 0;
    };
    const beginAgain = (): void => {
      guess.value = [...GUESS];
      place.value = 0;
    };
    return () => {
      const step = steps.value[place.value]!;
      return h('div', { class: 'figure', role: 'group', 'aria-label': 'The three coins, iteration by iteration' }, [
        h('div', { class: 'controls' }, [
          ...guess.value.map((value, coin) => slider(coin, value, (changed) => change(coin, changed))),
          h('button', { type: 'button', disabled: place.value === 0, onClick: () => go(place.value - 1) }, 'Back'),
          h('button', { type: 'button', disabled: place.value === ITERATIONS, onClick: () => go(place.value + 1) }, 'Next iteration'),
          h('button', { type: 'button', disabled: place.value === ITERATIONS, onClick: () => go(ITERATIONS) }, 'To the end'),
          h('button', { type: 'button', onClick: beginAgain }, 'Begin again'),
        ]),
        h('p', { 'aria-live': 'polite', 'data-figure': 'log-likelihood' }, [
          `After ${place.value} iterations, the log-likelihood is ${step.logLikelihood.toFixed(7)}.`,
        ]),
        table(step),
        logLikelihoods(steps.value, place.value),
      ]);
    };
  },
});

function slider(coin: number, value: number, change: (value: number) => void): VNode {
  return h('label', [
    `guess for coin ${coin + 1}`,
    h('input', {
      type: 'range',
      min: 0.05,
      max: 0.95,
      step: 0.05,
      value,
      onInput: (event: Event) => change(Number((event.target as HTMLInputElement).value)),
    }),
    value.toFixed(2),
  ]);
}

function table(step: CoinStep): VNode {
  const coins = [0, 1, 2];
  const row = (name: string, values: readonly number[], key: string): VNode =>
    h('tr', { 'data-figure': key }, [h('th', { scope: 'row' }, name), ...coins.map((coin) => h('td', values[coin]!.toFixed(7)))]);
  return h('table', [
    h('caption', 'Responsibilities of the coins for each number of heads; what the E-step counts; what the M-step estimated'),
    h('thead', [
      h('tr', [
        h('th'),
        ...coins.map((coin) => h('th', { scope: 'col', style: `color: var(--emkit-component-${coin})` }, `coin ${coin + 1}`)),
      ]),
    ]),
    h('tbody', [
      ...OUTCOMES.map(([heads, times], index) => row(`${heads} heads (${times} times)`, step.responsibilities[index]!, `heads-${heads}`)),
      row('expected count', step.expectedCounts, 'expected-counts'),
      row('weight', step.weights, 'weights'),
      row('probability of heads', step.probabilities, 'probabilities'),
    ]),
  ]);
}

function logLikelihoods(steps: readonly CoinStep[], place: number): VNode {
  const [width, height, margin] = [600, 120, 8];
  const values = steps.map(({ logLikelihood }) => logLikelihood);
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  const x = (index: number): number => margin + (index / (values.length - 1)) * (width - 2 * margin);
  const y = (value: number): number => height - margin - ((value - lowest) / (highest - lowest || 1)) * (height - 2 * margin);
  return h(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'The log-likelihood after each iteration: it never falls' },
    [
      h('polyline', { class: 'line', points: values.map((value, index) => `${x(index)},${y(value)}`).join(' ') }),
      h('circle', { cx: x(place), cy: y(values[place]!), r: 5, fill: 'var(--vp-c-brand-1)' }),
    ],
  );
}
