import { EmkitError, type Fit } from '@emkit/core';
import { cholesky } from '@emkit/core/numerics';
import { dataOf } from '../case.ts';
import { distinctRows, sum, type Trial, weightedSum } from '../trial.ts';
import { describe, type Law, notAsked, show, type Verdict } from './law.ts';

export const ends: Law = {
  name: 'ends',
  meaning: 'A fit ends with a fit, or with a coded error that is true and says where.',
  share: 1,
  check(trial) {
    const { fit, error } = trial.outcome;
    if (fit === undefined) return judgeError(trial, error);
    if (distinctRows(trial) < trial.case.components) return 'fewer different rows than components were fitted';
    if (fit.diagnosis.kind === 'decreased')
      return `a family of the package is said not to maximise: the log-likelihood fell by ${show(fit.diagnosis.by)}`;
    if (fit.diagnosis.kind === 'aborted') return 'nobody aborted the fit';
    return undefined;
  },
};

function judgeError(trial: Trial, error: unknown): Verdict {
  if (!(error instanceof EmkitError)) return `it throws ${String(error)}`;
  const { code, message, details } = error;
  const told = `${code}: ${message}`;
  if (/undefined|NaN|\[object|Infinity/.test(message)) return `the message shows the engine's insides: ${told}`;
  if (!/[.!]$/.test(message)) return `the message is no sentence: ${told}`;
  if (details.row !== undefined && !message.includes(`Row ${details.row + 1}`)) return `the message does not name the row: ${told}`;
  switch (code) {
    case 'DATA_TOO_FEW_DISTINCT_ROWS':
      return distinctRows(trial) < trial.case.components ? undefined : `there are enough different rows: ${told}`;
    case 'DATA_WEIGHT':
      return trial.totalWeight > 0 && trial.totalWeight < Infinity ? `the weights are good: ${told}` : undefined;
    case 'COMPONENT_DEGENERATE':
      return mayDegenerate(trial) ? undefined : `one component alone can be fitted: ${told}`;
    case 'MODEL_IMPOSSIBLE_DATA':
      return isImpossible(trial) ? undefined : `the start makes no row impossible: ${told}`;
    case 'PARAMETER_DOMAIN':
      // A start whose covariance is singular to within rounding may be refused.
      return typeof trial.case.options.start === 'object' ? undefined : told;
    default:
      return told;
  }
}

/** Whether some family has no estimate on the data even alone; with labels, a component may own no more than one row. */
function mayDegenerate(trial: Trial): boolean {
  if (trial.case.labels !== undefined) return true;
  const all = trial.families.map(() => trial.weights);
  return trial.families.some((family, component) => {
    const { fit } = trial.run({
      ...trial.case,
      families: [trial.case.families[component % trial.case.families.length]!],
      components: 1,
      options: { iterations: 2 },
    });
    return fit === undefined || fit.diagnosis.kind === 'collapsed' || (family.columns.length > 1 && hasNoSpread(trial, all, component));
  });
}

function isImpossible(trial: Trial): boolean {
  const { start } = trial.case.options;
  if (typeof start !== 'object') return false;
  try {
    trial.logDensities(trial.model(start));
    return false;
  } catch {
    return true;
  }
}

export const collapses: Law = {
  name: 'collapses',
  meaning: 'What is said to collapse has no estimate: the likelihood grows without bound, or the component is empty.',
  share: 1,
  check(trial) {
    const { fit } = trial.outcome;
    if (fit?.diagnosis.kind !== 'collapsed') return notAsked;
    if (isTrueCollapse(trial, fit)) return undefined;
    const { component, reason } = fit.diagnosis;
    const held = sum(sharesOf(trial, fit)[component]!);
    if (/empty/.test(reason)) return `component ${component + 1} holds ${show(held)} of the rows' weight and is called empty`;
    return `${countsOnly(trial) ? 'no likelihood of counts grows without bound' : "the component's rows have a spread like any other"}: ${describe(fit.diagnosis)}`;
  },
};

/** Whether a fit ended in a collapse, and the component that is said to collapse has no estimate. */
export function isTrueCollapse(trial: Trial, fit: Fit): boolean {
  if (fit.diagnosis.kind !== 'collapsed') return false;
  const { component, reason } = fit.diagnosis;
  const shares = sharesOf(trial, fit);
  // Products with numbers this small come out as 0 in one order of operations and not in another.
  if (!(sum(shares[component]!) > 1e-290 * trial.totalWeight)) return true;
  return !/empty/.test(reason) && !countsOnly(trial) && hasNoSpread(trial, shares, component);
}

const countsOnly = (trial: Trial): boolean =>
  trial.families.every(({ columns }) => columns.every(({ support }) => support.kind === 'integer'));

/** A relative size of one unit in the last place above which digits are missing that the stopping rule wants. */
const COARSE = 1e-11;

export const stalls: Law = {
  name: 'stalls',
  meaning: 'A fit stalls only where double precision is coarse: then one unit in the last place of a parameter can be seen in the rows.',
  share: 1,
  check(trial) {
    const { fit } = trial.outcome;
    if (fit?.diagnosis.kind !== 'stalled') return notAsked;
    const { rows } = trial.coarseness(fit.model.parameters);
    return rows > COARSE ? undefined : `stalled, though one unit in the last place of a parameter is ${show(rows)} nats in the mean row`;
  },
};

/** Each component's part of each row's case weight. */
function sharesOf(trial: Trial, fit: Fit): readonly (readonly number[])[] {
  const { labels, rows } = trial.kept;
  const responsibilities = fit.model.responsibilities(dataOf({ rows }), labels === undefined ? {} : { labels });
  return responsibilities.map((values) => trial.weights.map((weight, row) => weight * values[row]!));
}

/** Deviations below this part of a column's size are near enough to rounding for any method to give up. */
const NO_SPREAD = 1e-6;
/** Pivots below this part of a column's variance, likewise. */
const NO_PIVOT = 1e-8;

/**
 * Whether the rows of a component, those of all components that are tied to it together, lie on a point or in a plane, or so far out
 * that the variance is no ordinary double.
 */
function hasNoSpread(trial: Trial, shares: readonly (readonly number[])[], component: number): boolean {
  const family = trial.families[component]!;
  const tied = (family.shared?.length ?? 0) + (trial.case.options.shared?.length ?? 0) > 0;
  const members = trial.families.flatMap((other, index) => (index === component || (tied && other === family) ? [index] : []));
  const columns = family.columns.map((_, column) => trial.kept.rows.map((row) => row[column]!));
  const sizes = columns.map((values) => Math.max(...values.map(Math.abs)) || 1);
  const d = columns.length;
  const products = new Float64Array(d * d);
  let count = 0;
  const means: number[][] = [];
  for (const member of members) {
    const share = shares[member]!;
    const total = sum(share);
    if (!(total > 0)) continue;
    const scaled = columns.map((values, column) => values.map((value) => value / sizes[column]!));
    const mean = scaled.map((values) => weightedSum(values, share) / total);
    means.push(mean);
    count += total;
    for (let j = 0; j < d; j += 1)
      for (let k = 0; k <= j; k += 1)
        products[j * d + k]! += weightedSum(
          scaled[j]!.map((value, row) => (value - mean[j]!) * (scaled[k]![row]! - mean[k]!)),
          share,
        );
  }
  const deviation = (j: number): number => Math.sqrt(products[j * d + j]! / count);
  for (let j = 0; j < d; j += 1) {
    const size = deviation(j) * sizes[j]!;
    if (!(size > 1e-140 && size < 1e140)) return true;
    if (deviation(j) <= NO_SPREAD * Math.max(...means.map((mean) => Math.abs(mean[j]!)), 0)) return true;
  }
  const correlations = products.map((product, index) => product / count / deviation(Math.floor(index / d)) / deviation(index % d));
  const factor = cholesky(correlations, d);
  if (!factor.ok) return true;
  for (let j = 0; j < d; j += 1) if (factor.factor[j * d + j]! ** 2 < NO_PIVOT) return true;
  return false;
}
