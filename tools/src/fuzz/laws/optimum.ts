import { type Domain, type Fit, isConverged, type MixtureParameters } from '@emkit/core';
import { FAR } from '../draw.ts';
import { type Coordinate, move, type Trial } from '../trial.ts';
import { convergedFit, describe, type Law, notAsked, show, type Verdict } from './law.ts';

/** Where a fit may end by what is left of the log-likelihood, it may leave this much: a thousand times what it aims at. */
const NATS = 1e-3;

/** The part of the total case weight, in nats, that a fit to digits may leave. */
const PART = 1e-6;

/** Iterations of plain EM from an answer. */
const FURTHER = 200;

/** By how many nats a log-likelihood may still rise from a point that is said to be an optimum. */
export function left(trial: Trial, fit: Fit): number {
  // The stopping rule estimates distances in parts of a parameter's own scale; the log-likelihood falls with their square.
  const distance = 1e3 * (trial.case.options.tolerance ?? 0);
  const coarse = trial.coarseness(fit.model.parameters);
  return (
    ('rule' in fit.diagnosis && fit.diagnosis.rule === 'nats' ? NATS : 0) +
    trial.totalWeight * (PART + distance * distance + 64 * coarse.total + (64 * coarse.rows) ** 2) +
    trial.rounding(trial.logDensities(trial.model(plain(fit))))
  );
}

/** The parameters as they are displayed and typed: what a start can be. */
const plain = ({ weights, components }: Fit): MixtureParameters => ({ weights, components });

export const climbs: Law = {
  name: 'stationary',
  meaning: 'Plain EM from a fit that converged does not climb.',
  share: 0.3,
  check(trial) {
    const fit = convergedFit(trial);
    if (fit === undefined) return notAsked;
    const further = trial.run(trial.from(plain(fit), { accelerate: false, tolerance: 0, iterations: FURTHER }));
    if (further.fit === undefined) return `plain EM from the answer throws ${String(further.error)}`;
    const { trace, diagnosis } = further.fit;
    const climbed = trace.at(-1)! - trace[0]!;
    const ended = diagnosis.kind !== 'iteration-limit' && !isConverged(diagnosis);
    if (climbed <= left(trial, fit) && !ended) return undefined;
    // At a saddle only rounding moves, and grows; that is known by its first steps, and no broken promise.
    if (trace.length > 5 && trace[5]! - trace[0]! <= trial.rounding(trial.logDensities(trial.model(plain(fit))))) {
      trial.notes.add('a saddle');
      return undefined;
    }
    return ended
      ? `plain EM from the answer ends: ${describe(diagnosis)}`
      : `plain EM climbs by ${show(climbed)} nats from where the fit is ${fit.diagnosis.kind}`;
  },
};

export const weightsUphill: Law = {
  name: 'no better weights',
  meaning: 'Where a fit converged, no shift of weight towards one component raises the log-likelihood.',
  share: 1,
  check(trial) {
    const fit = convergedFit(trial);
    if (fit === undefined || fit.weights.length === 1 || trial.case.options.held?.weights) return notAsked;
    const { weights, components } = fit;
    const base = trial.logLikelihood(plain(fit));
    if (base === undefined) return 'its own rows are impossible';
    // The log-likelihood is concave in the weights: a rise along any line, however short, is a rise.
    for (let to = 0; to < weights.length; to += 1) {
      for (const part of [1e-1, 1e-2, 1e-3, 1e-5]) {
        const moved = weights.map((weight, component) => (1 - part) * weight + (component === to ? part : 0));
        const rise = (trial.logLikelihood({ weights: moved, components }) ?? -Infinity) - base;
        if (rise > left(trial, fit))
          return `more weight for component ${to + 1} (it has ${show(weights[to]!)}) raises the log-likelihood by ${show(rise)} nats`;
      }
    }
    return undefined;
  },
};

export const parametersUphill: Law = {
  name: 'no better parameters',
  meaning:
    'Where a fit converged, no parameter alone can be moved to where the log-likelihood is higher: an M-step that does not maximise shows here.',
  share: 0.5,
  check(trial) {
    const fit = convergedFit(trial);
    if (fit === undefined) return notAsked;
    const at = plain(fit);
    const base = trial.logLikelihood(at);
    if (base === undefined) return 'its own rows are impossible';
    const allowed = left(trial, fit);
    for (const coordinate of trial.fewCoordinates()) {
      // EM leaves a parameter that began on the edge there, whatever lies inside.
      if (beganAtEdge(trial, coordinate)) continue;
      const gain = gainAlong(trial, base, (step) => trial.logLikelihood(move(at, coordinate, step, 'own')), sizeOf(trial, at, coordinate));
      if (gain > allowed)
        return `moving ${coordinate.name} of component ${coordinate.members[0]! + 1} raises the log-likelihood by ${show(gain)} nats`;
    }
    return undefined;
  },
};

function beganAtEdge({ case: { options }, families }: Trial, { members, name }: Coordinate): boolean {
  const { start } = options;
  if (typeof start !== 'object') return false;
  return members.some((member) => isAtEdge(start.components[member]![name], families[member]!.parameters[name]!));
}

/** A first step for a coordinate: a part of itself, or for a real one of the spread of the data. */
function sizeOf(trial: Trial, at: MixtureParameters, { domain, members, name, index }: Coordinate): number {
  if (domain.kind !== 'real' && domain.kind !== 'real-vector') return 1e-3;
  const values = trial.kept.rows.map((row) => row[domain.kind === 'real' ? 0 : index]!);
  const value = at.components[members[0]!]![name]!;
  return (
    1e-3 *
    (Math.max(...values) - Math.min(...values) || Math.abs(typeof value === 'number' ? value : (value as readonly number[])[index]!) || 1)
  );
}

/**
 * What is gained at the vertex of a parabola along a line, in nats. Its bend is taken over a step that bends the log-likelihood by a part of the
 * total case weight that stands out from rounding.
 */
function gainAlong(trial: Trial, base: number, at: (step: number) => number | undefined, first: number): number {
  const noise = Number.EPSILON * 64 * (Math.abs(base) + 1500 * trial.totalWeight);
  const largest = 1e-4 * trial.totalWeight;
  const least = Math.max(1e-7 * trial.totalWeight, 100 * noise);
  let step = first;
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const above = at(step);
    const below = at(-step);
    if (above === undefined || below === undefined) {
      step /= 8;
      // On the edge of a domain there is one side only, and what counts is whether it leads upwards.
      if (attempt > 6) return Math.max(above ?? -Infinity, below ?? -Infinity) - base;
      continue;
    }
    const bend = 2 * base - above - below;
    if (Math.abs(bend) > largest) step /= 4;
    else if (Math.abs(bend) < least && step < 64 * first) step *= 3;
    else {
      if (bend < -least) trial.notes.add('a saddle');
      if (bend <= 0) return 0;
      const vertex = slopeAt(at, step, above - below, 100 * noise) / Math.max(bend, noise);
      return (at(step * Math.max(-1, Math.min(1, vertex))) ?? -Infinity) - base;
    }
  }
  return 0;
}

/**
 * The slope for a step, from ever smaller ones as long as they stand out from rounding: where two components are one, the slope is 0 and a
 * cubic, which a larger step takes for one, leads upwards. That is a saddle, and a stationary point all the same.
 */
function slopeAt(at: (step: number) => number | undefined, step: number, difference: number, noise: number): number {
  let slope = difference / 2;
  for (let part = 4; Math.abs(slope / part) > noise && part < 1e8; part *= 4)
    slope = (part * ((at(step / part) ?? 0) - (at(-step / part) ?? 0))) / 2;
  return slope;
}

export const boundaries: Law = {
  name: 'boundary',
  meaning: 'A fit that ends on a boundary names the weights and parameters that lie there, and no others.',
  share: 1,
  check(trial) {
    const fit = convergedFit(trial);
    if (fit === undefined) return notAsked;
    const named = new Set(fit.diagnosis.kind === 'boundary' ? fit.diagnosis.parameters : []);
    if (fit.diagnosis.kind === 'boundary' && named.size === 0) return 'a boundary without a name';
    for (const name of named) {
      const [, parameter, place] = /^(\S+) (\d+)$/.exec(name) ?? [];
      const component = Number(place) - 1;
      const value = parameter === 'weight' ? fit.weights[component] : fit.components[component]?.[parameter ?? ''];
      if (value === undefined) return `${name} is no parameter`;
      if (
        parameter === 'weight'
          ? (value as number) > Math.max(1e-6, trial.case.options.tolerance ?? 0)
          : !isAtEdge(value, trial.families[component]!.parameters[parameter!]!)
      )
        return `${name} is ${JSON.stringify(value)}, and said to be on the edge`;
      if (trial.case.options.held?.[parameter === 'weight' ? 'weights' : 'components'] === true) return `${name} is held`;
    }
    for (const { members, name } of trial.coordinates())
      for (const member of members)
        if (isAtEdge(fit.components[member]![name]!, trial.families[member]!.parameters[name]!) && !named.has(`${name} ${member + 1}`))
          return `${name} ${member + 1} is ${JSON.stringify(fit.components[member]![name])} and not said to be on the edge`;
    return undefined;
  },
};

/** Whether a value lies at an end of its domain that belongs to it. */
function isAtEdge(value: unknown, domain: Domain): boolean {
  switch (domain.kind) {
    case 'simplex':
      return (value as readonly number[]).includes(0);
    case 'probability':
      return value === 0 || value === 1;
    case 'interval':
      return value === domain.minimum || value === domain.maximum;
    default:
      return domain.kind === 'non-negative' && value === 0;
  }
}

export const acceleration: Law = {
  name: 'acceleration',
  meaning: 'Accelerated and plain EM from one start end alike, and the accelerated one not later.',
  share: 0.25,
  check(trial) {
    const start = startOf(trial);
    if (start === undefined || trial.case.rows.length > 1000) return notAsked;
    const limit = 1500;
    const quick = trial.run(trial.from(start, { iterations: limit })).fit;
    const slow = trial.run(trial.from(start, { iterations: limit, accelerate: false })).fit;
    if (quick === undefined || slow === undefined) return notAsked;
    return compareEnds(trial, quick, slow, limit);
  },
};

function compareEnds(trial: Trial, quick: Fit, slow: Fit, limit: number): Verdict {
  const kinds = `${describe(quick.diagnosis)}, and plain: ${describe(slow.diagnosis)}`;
  if (isConverged(slow.diagnosis)) {
    if (quick.evaluations > 10 * slow.evaluations + 200)
      return `${quick.evaluations} passes where plain EM takes ${slow.evaluations}: ${describe(quick.diagnosis)}`;
  }
  const empties = [quick, slow].filter(({ diagnosis }) => diagnosis.kind === 'collapsed' && /empty/.test(diagnosis.reason)).length;
  if (empties === 1 && [quick, slow].some(({ diagnosis }) => diagnosis.kind === 'boundary')) return `a vanishing weight: ${kinds}`;
  if (!isConverged(quick.diagnosis) || !isConverged(slow.diagnosis)) {
    if (quick.iterations < limit && slow.iterations < limit && quick.diagnosis.kind !== slow.diagnosis.kind)
      trial.notes.add('ends differ by acceleration');
    return undefined;
  }
  const apart = quick.logLikelihood - slow.logLikelihood;
  if (Math.abs(apart) > left(trial, quick) + left(trial, slow))
    trial.notes.add(apart > 0 ? 'accelerated ends higher' : 'accelerated ends lower');
  return undefined;
}

/** Where the case's fit begins: what was given, or the start that was chosen. */
export function startOf(trial: Trial): MixtureParameters | undefined {
  const { start, held, shared } = trial.case.options;
  if (typeof start === 'object') return start;
  const { starts, seed } = trial.case.options;
  const options = {
    iterations: 0,
    ...(start && { start }),
    ...(starts && { starts }),
    ...(seed && { seed }),
    ...(shared && { shared }),
    ...(held && { held }),
  };
  const { fit } = trial.run({ ...trial.case, options });
  return fit && plain(fit);
}

export const stops: Law = {
  name: 'stops',
  meaning: 'A default fit ends when nothing that matters is left.',
  share: 1,
  check(trial) {
    const { fit } = trial.outcome;
    const { tolerance, iterations, accelerate } = trial.case.options;
    if (fit === undefined || tolerance !== undefined || (iterations ?? FAR) < FAR || accelerate === false) return notAsked;
    if (fit.diagnosis.kind !== 'iteration-limit') return undefined;
    const { trace } = fit;
    const gained = trace.at(-1)! - trace[Math.floor(trace.length / 2)]!;
    if (gained > NATS) {
      trial.notes.add('a long way');
      return undefined;
    }
    return `${fit.iterations} iterations, of which the later half gained ${show(gained)} nats`;
  },
};
