import { isDeepStrictEqual } from 'node:util';
import type { Fit } from '@emkit/core';
import { sum, type Trial, weightedSum } from '../trial.ts';
import { type Law, notAsked, show, type Verdict } from './law.ts';

/** The part of itself to which a figure computed in another way must agree. */
const SAME = 1e-12;

export const sound: Law = {
  name: 'sound',
  meaning: 'Numbers are finite, weights sum to 1, parameters lie in their domains, criteria and counts follow from the rest.',
  share: 1,
  check(trial) {
    const { fit } = trial.outcome;
    return fit === undefined ? notAsked : (shapeOf(trial, fit) ?? criteriaOf(trial, fit) ?? responsibilitiesOf(trial, fit));
  },
};

function shapeOf(trial: Trial, fit: Fit): Verdict {
  const strange =
    findStrange(JSON.parse(JSON.stringify(fit, showStrange)), 'fit') ??
    findStrange(JSON.parse(JSON.stringify(fit.state, showStrange)), 'state');
  if (strange !== undefined) return strange;
  const { weights, components } = fit;
  if (weights.length !== trial.case.components || components.length !== trial.case.components) return 'another number of components';
  if (!weights.every((weight) => weight >= 0 && weight <= 1)) return `the weights are ${weights.join()}`;
  if (Math.abs(sum(weights) - 1) > 8 * Number.EPSILON * weights.length) return `the weights sum to ${sum(weights)}`;
  try {
    trial.model(JSON.parse(JSON.stringify({ weights, components })) as Fit['model']['parameters']);
  } catch (error) {
    return `the parameters are no parameters: ${String(error)}`;
  }
  if (fit.trace.length !== fit.iterations + 1) return `${fit.trace.length} entries of the trace after ${fit.iterations} iterations`;
  if (fit.trace.at(-1) !== fit.logLikelihood) return 'the trace does not end at the log-likelihood';
  if (fit.evaluations < fit.iterations) return `${fit.evaluations} passes for ${fit.iterations} iterations`;
  if (fit.iterations > (trial.case.options.iterations ?? Infinity)) return 'more iterations than allowed';
  if (fit.rows !== trial.case.rows.length) return `${fit.rows} rows of ${trial.case.rows.length}`;
  if (Math.abs(fit.totalWeight - trial.totalWeight) > SAME * trial.totalWeight) return `a total weight of ${fit.totalWeight}`;
  return undefined;
}

export const warnings: Law = {
  name: 'warnings',
  meaning: "A fit's warnings are sentences that say something, and so is its summary.",
  share: 1,
  check({ outcome: { fit } }) {
    const wrong = fit?.warnings.find((warning) => !/[.!]$/.test(warning) || /undefined|NaN|\[object|Infinity/.test(warning));
    if (fit === undefined) return notAsked;
    if (wrong !== undefined) return `a warning says: ${wrong}`;
    return /undefined|NaN|\[object/.test(fit.summary()) ? `the summary shows the engine's insides: ${fit.summary()}` : undefined;
  },
};

/** Numbers that JSON would turn into null. */
function showStrange(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { strange: String(value) } : value;
}

function findStrange(value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('strange' in value) return `${path} is ${String(value.strange)}`;
  for (const [name, entry] of Object.entries(value)) {
    const found = findStrange(entry, `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function criteriaOf(trial: Trial, fit: Fit): Verdict {
  const { aic, bic, icl, parameters } = fit.criteria;
  const free = trial.coordinates().length + (trial.case.options.held?.weights ? 0 : trial.case.components - 1);
  if (parameters !== free) return `${parameters} free parameters are counted, and there are ${free}`;
  const base = -2 * fit.logLikelihood;
  const size = Math.abs(base) + free * (2 + Math.abs(Math.log(trial.totalWeight)));
  if (Math.abs(aic - (base + 2 * free)) > SAME * size) return `AIC is ${aic}`;
  if (Math.abs(bic - (base + free * Math.log(trial.totalWeight))) > SAME * size) return `BIC is ${bic}`;
  if (!(icl >= bic)) return `ICL ${icl} is below BIC ${bic}`;
  const most = 2 * trial.totalWeight * Math.log(trial.case.components);
  return icl - bic > most * (1 + SAME) + SAME * size ? `ICL ${icl} is above BIC ${bic} by more than the rows' entropy can be` : undefined;
}

function responsibilitiesOf(trial: Trial, fit: Fit): Verdict {
  const { labels, rows } = trial.kept;
  const data = rows.map((row) => [...row]);
  const options = labels === undefined ? {} : { labels };
  const responsibilities = fit.model.responsibilities(data, options);
  const chosen = fit.model.labels(data, options);
  for (let row = 0; row < rows.length; row += 1) {
    const values = responsibilities.map((component) => component[row]!);
    if (!values.every((value) => value >= 0 && value <= 1 + SAME) || Math.abs(sum(values) - 1) > SAME)
      return `row ${row + 1} has responsibilities ${values.join()}`;
    const label = labels?.[row] ?? -1;
    const allowed = typeof label !== 'number' ? label : label < 0 ? [...values.keys()] : [label];
    if (values.some((value, component) => value > 0 && !allowed.includes(component)))
      return `row ${row + 1} is known to be of ${allowed.join()}, and has ${values.join()}`;
    if (values[chosen[row]!]! < Math.max(...values) - SAME) return `row ${row + 1} is called ${chosen[row]! + 1} with ${values.join()}`;
  }
  return undefined;
}

export const kept: Law = {
  name: 'held and shared',
  meaning: 'What is held keeps the bits of the start, and what is shared is the same in all that share it.',
  share: 1,
  check(trial) {
    const { fit } = trial.outcome;
    const { start, held, shared = [] } = trial.case.options;
    if (fit === undefined) return notAsked;
    if (typeof start === 'object') {
      if (held?.weights && !isDeepStrictEqual(fit.weights, start.weights)) return `the weights are held, and were ${start.weights.join()}`;
      for (const [component, names] of (held?.components ?? []).entries())
        for (const name of names)
          if (!isDeepStrictEqual(fit.components[component]![name], start.components[component]![name]))
            return `${name} ${component + 1} is held, and ${JSON.stringify(start.components[component]![name])} became ${JSON.stringify(fit.components[component]![name])}`;
    }
    for (const [component, family] of trial.families.entries()) {
      const first = fit.components[trial.families.indexOf(family)]!;
      for (const name of [...(family.shared ?? []), ...shared])
        if (!isDeepStrictEqual(fit.components[component]![name], first[name]))
          return `${name} ${component + 1} is shared, and has a value of its own`;
    }
    return undefined;
  },
};

export const likelihood: Law = {
  name: 'likelihood',
  meaning: "The log-likelihood is the weighted sum of the rows' log-densities, and never falls from one iteration to the next.",
  share: 1,
  check(trial) {
    const { fit } = trial.outcome;
    if (fit === undefined) return notAsked;
    const logDensities = trial.logDensities(fit.model);
    const total = weightedSum(logDensities, trial.weights);
    const allowed = trial.rounding(logDensities);
    if (!(Math.abs(total - fit.logLikelihood) <= allowed))
      return `the log-likelihood is ${fit.logLikelihood}, and its rows sum to ${total}`;
    for (let iteration = 1; iteration < fit.trace.length; iteration += 1) {
      const fall = fit.trace[iteration - 1]! - fit.trace[iteration]!;
      const size = Math.max(1, Math.abs(fit.trace[iteration]!) / (Math.abs(fit.logLikelihood) + 1500 * trial.totalWeight));
      if (fall > allowed * size && fall > ofParameters(trial, fit)) return `iteration ${iteration} falls by ${show(fall)}`;
    }
    return undefined;
  },
};

/** What the rounding of a step's parameters may cost: to second order at an optimum, and all points of a run are on their way to one. */
function ofParameters(trial: Trial, fit: Fit): number {
  const { rows, total } = trial.coarseness(fit.model.parameters);
  return trial.totalWeight * (8 * total + (8 * rows) ** 2);
}
