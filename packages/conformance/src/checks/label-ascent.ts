import * as fc from 'fast-check';
import { DENSITIES, datasetOfUnits, modelOf, pointOf, unitArbitrary } from '../labels/cases.ts';
import { enumerate, type Unit } from '../labels/enumeration.ts';
import { type LatentSubject, labelPart } from '../labels/subject.ts';
import { type Law, VACUOUS, violate } from '../law.ts';
import { run } from '../run.ts';

interface Case {
  readonly start: object;
  readonly units: readonly Unit[];
}

const ITERATIONS = 12;

/** A run that has come within 1e-10 of its end has less than this to rise, in nats a unit. */
const RISE = 1e-12;

/**
 * **label-ascent**: EM over the parameters of the law of labels, the densities held, never lowers the log-likelihood (equation 6.6).
 *
 * - At each point on the way, plain and accelerated, the log-likelihood that is reported is that of all sequences of labels, and it is not
 *   lower than at the point before, beyond the rounding of its terms.
 * - The answer's log-likelihood is the one at the parameters that are returned; a run that says that it has converged is not raised by
 *   another step of EM.
 */
export const labelAscent: Law<LatentSubject> = {
  name: 'label-ascent',
  statement: 'the log-likelihood that is reported is that of all sequences of labels, and it never falls, in plain and accelerated EM',
  falseAlarmRate: 0,
  parts: (['em', 'anderson'] as const).map((method) =>
    labelPart<Case>({
      name: method === 'em' ? 'plain EM over labels never falls' : 'accelerated EM over labels never falls',
      share: 0.2,
      shrinks: 40,
      arbitrary: (subject) =>
        fc.record({
          start: subject.points('ordinary'),
          units: fc.array(unitArbitrary(subject.latent.components, DENSITIES.near), { minLength: 1, maxLength: 4 }),
        }),
      check({ start, units }, { subject }) {
        const { latent } = subject;
        const model = modelOf(subject);
        const outcome = run(subject, method, model, datasetOfUnits(subject, units), pointOf(latent, start), ITERATIONS, 1e-10);
        if (outcome === undefined) return VACUOUS;
        let before = -Infinity;
        outcome.points.forEach(({ parameters, logLikelihood }, iteration) => {
          const { value, rounding } = logLikelihoodOf(latent, parameters, units);
          if (!(Math.abs(logLikelihood - value) <= rounding))
            violate(
              `after ${iteration} iterations the reported log-likelihood is ${logLikelihood}, and that of all sequences of labels ${value}`,
            );
          if (value < before - 2 * rounding) violate(`iteration ${iteration} lowers the log-likelihood from ${before} to ${value}`);
          before = value;
        });
        const { state, diagnosis, expectation } = outcome.result;
        const { value, rounding } = logLikelihoodOf(latent, state.parameters, units);
        if (!(Math.abs(expectation.logLikelihood - value) <= rounding))
          violate(`the run reports the log-likelihood ${expectation.logLikelihood}, and at the parameters it returns it is ${value}`);
        if (diagnosis.kind === 'decreased') violate(`the log-likelihood fell by ${diagnosis.by}: an M-step does not ascend`);
        if (diagnosis.kind !== 'converged') return;
        const next = subject.engine.maximize(model, expectation, state.parameters);
        const rise = logLikelihoodOf(latent, next, units).value - value;
        if (rise > rounding + RISE * units.length)
          violate(`the run is said to have converged, and one more step of EM raises the log-likelihood by ${rise}`);
        return;
      },
    }),
  ),
};

function logLikelihoodOf(
  latent: LatentSubject['latent'],
  at: object,
  units: readonly Unit[],
): { readonly value: number; readonly rounding: number } {
  const each = units.map((unit) => enumerate(latent, at, unit));
  return {
    value: each.reduce((sum, { logLikelihood }) => sum + logLikelihood, 0),
    rounding: 4 * each.reduce((sum, { rounding }) => sum + rounding, 0),
  };
}
