import type { ShortcutShape } from './shortcut.ts';

/**
 * In kernels of several columns a component that lies 80 nats below the best one of a row is left out: neither finished, where its first
 * columns already show it, nor accumulated. (The figures are in layout.ts.)
 *
 * Why no reported digit changes. What is left out of a component is at most e^-80 = 1.8e-35 of the total case weight W. In a statistic it
 * is at most that times the squared deviation, which is below 20,160 because only rows whose best log density is above -10,000 are cut:
 * together less than 4e-31 W. The check below makes sure that the component holds 1e-9 W or more, so that this is 4e-22 of it, while the
 * sums round at 1e-16; where a component holds less, the pass is repeated without a cut. So a component that starts far from all data
 * finds them as it would have without. (40 nats would do for the log-likelihood, but not for a small component among many rows.)
 *
 * @param counts expected counts of all data
 */
export function cutMatters(shape: ShortcutShape | undefined, logWeights: readonly number[], counts: ArrayLike<number>): boolean {
  if (shape?.kernel.columns === undefined) return false;
  let total = 0;
  for (let component = 0; component < shape.components; component += 1) total += counts[component]!;
  return logWeights.some((logWeight, component) => logWeight > -Infinity && counts[component]! < LEAST_SHARE * total);
}

const LEAST_SHARE = 1e-9;
