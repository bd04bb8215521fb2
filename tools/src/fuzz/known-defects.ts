import type { Case } from './case.ts';
import type { Failure } from './judge.ts';

type IsIt = (failure: Failure, fuzzCase: Case) => boolean;

const isTied = ({ families, options }: Case): boolean => options.shared !== undefined || families.some((choice) => choice.options.covariance === 'tied');
const hasFamily = ({ families }: Case, ...ids: readonly string[]): boolean => families.some(({ family }) => ids.includes(family));

/** Defects of the engine that are known and not yet mended, each to be struck out with the change that mends it. */
export const knownDefects: Readonly<Record<string, IsIt>> = {
  'a finished plain fit that is resumed goes on': ({ law, message }) => law === 'steps' && message.startsWith('resuming a finished fit'),
  'a binomial or geometric probability near 1 is taken for coarse': ({ law, message }, fuzzCase) =>
    hasFamily(fuzzCase, 'binomial', 'geometric') && (law === 'warnings' || message.includes('stalled')),
  'a Poisson rate of 0 collapses': ({ message }, fuzzCase) =>
    hasFamily(fuzzCase, 'poisson') && /every count of the component is 0|no likelihood of counts/.test(message),
  'a tied parameter held in one component is counted as free': ({ message }, fuzzCase) =>
    isTied(fuzzCase) && fuzzCase.options.held !== undefined && message.includes('free parameters are counted'),
  'tied components are converted to the unit of one that sits on a point': ({ message }, fuzzCase) => isTied(fuzzCase) && message.includes('too large for a double'),
  'a vanishing weight is not given its chance': ({ law, message }) =>
    law === 'no better weights' || (law === 'stationary' && /fit is boundary|it is empty/.test(message)) || (law === 'acceleration' && message.includes('a vanishing weight')),
  'a default fit shakes at the rounding of proposals and does not stop': ({ law, message }) => law === 'stops' || (law === 'acceleration' && message.includes('passes where plain EM takes')),
  'a gamma far from 0 is said to fall': ({ message }, fuzzCase) => hasFamily(fuzzCase, 'gamma') && /decreased|said not to maximise/.test(message),
  'case weights near the ends of the doubles are no mere unit': (_, { weights }) => weights?.some((weight) => weight > 1e250 || (weight > 0 && weight < 1e-250)) ?? false,
  'a geometric probability near 0 makes an infinite distance': ({ message }, fuzzCase) => hasFamily(fuzzCase, 'geometric') && message.includes('state.convergence.step is Infinity'),
  'a gamma of values near the least double and others is said to have no spread': ({ message }, fuzzCase) =>
    hasFamily(fuzzCase, 'gamma') && fuzzCase.rows.some(([value]) => value! < 1e-250) && /collapse|COMPONENT_DEGENERATE|spread/.test(message),
};
