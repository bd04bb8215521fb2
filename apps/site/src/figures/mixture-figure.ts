import { fit } from '@emkit/core';
import { gaussian } from '@emkit/families';
import { computed, defineComponent, h, ref, type VNode } from 'vue';

declare const OLD_FAITHFUL_WAITING: readonly number[];

const [WIDTH, HEIGHT, BASE] = [600, 220, 20];
const [LOWEST, HIGHEST, BIN] = [40, 100, 2];
const MOST = 4;

/** The waiting times of Old Faithful as a mixture of Gaussians, fitted in the page. */
export const MixtureFigure = defineComponent({
  name: 'MixtureFigure',
  setup() {
    const components = ref(2);
    const result = computed(() => fit(OLD_FAITHFUL_WAITING, { family: gaussian(), components: components.value }));
    return () => {
      const { logLikelihood, criteria, diagnosis } = result.value;
      return h('div', { class: 'figure', role: 'group', 'aria-label': 'A mixture of Gaussians fitted in this page' }, [
        h('p', 'Minutes between eruptions of Old Faithful, and the mixture fitted to them:'),
        h('div', { class: 'controls', role: 'radiogroup', 'aria-label': 'Number of components' }, [
          ...Array.from({ length: MOST }, (_, index) =>
            h('label', [
              h('input', {
                type: 'radio',
                name: 'components',
                value: index + 1,
                checked: components.value === index + 1,
                onChange: () => {
                  components.value = index + 1;
                },
              }),
              index === 0 ? '1 component' : `${index + 1} components`,
            ]),
          ),
        ]),
        picture(result.value.weights, result.value.components),
        h('p', { 'aria-live': 'polite', 'data-figure': 'fit' }, [
          `Log-likelihood ${logLikelihood.toFixed(4)}, BIC ${criteria.bic.toFixed(2)}, ${diagnosis.kind}.`,
        ]),
      ]);
    };
  },
});

function picture(weights: readonly number[], components: readonly { mean: number; variance: number }[]): VNode {
  const bins = new Array<number>((HIGHEST - LOWEST) / BIN).fill(0);
  for (const value of OLD_FAITHFUL_WAITING) bins[Math.floor((value - LOWEST) / BIN)]! += 1 / (OLD_FAITHFUL_WAITING.length * BIN);
  const density = (x: number, component: number): number => {
    const { mean, variance } = components[component]!;
    return (weights[component]! * Math.exp(-((x - mean) ** 2) / (2 * variance))) / Math.sqrt(2 * Math.PI * variance);
  };
  const xs = Array.from({ length: 241 }, (_, index) => LOWEST + (index * (HIGHEST - LOWEST)) / 240);
  const curves = weights.map((_, component) => xs.map((x) => density(x, component)));
  const total = xs.map((_, index) => curves.reduce((sum, curve) => sum + curve[index]!, 0));
  const highest = Math.max(...bins, ...total) * 1.05;
  const left = (x: number): number => ((x - LOWEST) / (HIGHEST - LOWEST)) * WIDTH;
  const top = (y: number): number => (HEIGHT - BASE) * (1 - y / highest);
  const line = (ys: readonly number[], attributes: Record<string, string>): VNode =>
    h('polyline', {
      class: 'line',
      points: ys.map((y, index) => `${left(xs[index]!).toFixed(1)},${top(y).toFixed(1)}`).join(' '),
      ...attributes,
    });
  return h(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': 'A histogram of the data with the fitted density and its components' },
    [
      ...bins.map((height, index) =>
        h('rect', {
          class: 'bar',
          x: left(LOWEST + index * BIN) + 1,
          y: top(height),
          width: left(LOWEST + BIN) - 2,
          height: HEIGHT - BASE - top(height),
        }),
      ),
      ...curves.map((curve, component) => line(curve, { style: `stroke: var(--emkit-component-${component})` })),
      line(total, {}),
      ...[40, 50, 60, 70, 80, 90, 100].map((tick) =>
        h(
          'text',
          { class: 'axis', x: left(tick), y: HEIGHT - 4, 'text-anchor': tick === LOWEST ? 'start' : tick === HIGHEST ? 'end' : 'middle' },
          String(tick),
        ),
      ),
    ],
  );
}
