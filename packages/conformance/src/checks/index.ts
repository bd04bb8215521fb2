import type { LatentSubject } from '../labels/subject.ts';
import type { Law } from '../law.ts';
import { bound } from './bound.ts';
import { cdfQuantileSampler } from './cdf-quantile-sampler.ts';
import { codecAndJson } from './codec-and-json.ts';
import { degenerate } from './degenerate.ts';
import { domain } from './domain.ts';
import { equivarianceAndPurity } from './equivariance-and-purity.ts';
import { estimateParts } from './estimates.ts';
import { exponentialFamily } from './exponential-family.ts';
import { labelAscent } from './label-ascent.ts';
import { labelJson } from './label-json.ts';
import { labelMStep } from './label-m-step.ts';
import { labelParameters } from './label-parameters.ts';
import { labelPosteriors } from './label-posteriors.ts';
import { labelProbabilities } from './label-probabilities.ts';
import { labelPurity } from './label-purity.ts';
import { labelSampler } from './label-sampler.ts';
import { labelUnits } from './label-units.ts';
import { logDensity } from './log-density.ts';
import { blockParts } from './long-blocks.ts';
import { mStep } from './m-step.ts';
import { drawParts, identityParts, massParts } from './masses.ts';
import { missingCells } from './missing-cells.ts';
import { normalisation } from './normalisation.ts';
import { optionParts } from './options.ts';
import { recovery } from './recovery.ts';
import { responsibilities } from './responsibilities.ts';
import { statistics } from './statistics.ts';
import { unitParts } from './units.ts';

/** The smallest defect that each law notices at the default number of runs. */
const DETECTS: Readonly<Record<string, string>> = {
  domain: 'a NaN, or a wrong code, for one case in about fifty; one that needs rarer numbers may pass',
  normalisation:
    'a mass off by 1e-10 on one column, by 1e-8 on two, by 1e-5 where counts are in their thousands and beyond; by about 2 % on three columns and more, where only draws can tell',
  'log-density': 'the budget of ulps; nothing without a reference',
  statistics: 'some ulps of the terms, in blocks of up to 5000 rows',
  'm-step': 'an estimate off by 3e-8 standard errors of the sample; with a reference by the budget of ulps; a gain off by 1e-4 of itself',
  'exponential-family': '1e-7 of a score, 1e-4 of an information',
  'cdf-quantile-sampler':
    'probabilities off by 1e-9; draws of which some 2 % fall elsewhere on up to two columns (the largest of twenty left out passes, and so may tails of less than one draw in a thousand), some 5 % beyond; half the size with sixteen times the runs',
  responsibilities: 'some ulps of the logarithms',
  bound: 'a fall of the log-likelihood beyond its rounding',
  recovery: 'a parameter off by some six standard errors of 1500 rows; a redundant one',
  'equivariance-and-purity': 'a billionth of a standard error in other units; a distance off by 1e4; a state that one more question shows',
  degenerate: 'a NaN or an exception of no code',
  'codec-and-json': 'some ulps of a coordinate up to 14; one bit in a model file',
};

/** A law with its detection limit, whose parts may stand in several files. */
function withParts(law: Law, ...more: readonly Law['parts'][]): Law {
  return { ...law, ...(DETECTS[law.name] !== undefined && { detects: DETECTS[law.name]! }), parts: [...law.parts, ...more.flat()] };
}

/** Every law of families, in the order in which one is best mended: later ones rest on earlier ones. */
export const LAWS: readonly Law[] = [
  withParts(domain),
  withParts(normalisation, massParts),
  withParts(logDensity),
  withParts(statistics, blockParts),
  withParts(mStep, estimateParts),
  withParts(exponentialFamily),
  withParts(cdfQuantileSampler, drawParts),
  withParts(responsibilities),
  withParts(missingCells),
  withParts(bound),
  withParts(recovery, identityParts),
  withParts(equivarianceAndPurity, unitParts),
  withParts(degenerate),
  withParts(
    codecAndJson,
    optionParts(() => LAWS),
  ),
];

/** Every law of latent structures, in the same order. */
export const LATENT_LAWS: readonly Law<LatentSubject>[] = [
  labelParameters,
  labelProbabilities,
  labelPosteriors,
  labelMStep,
  labelSampler,
  labelUnits,
  labelAscent,
  labelPurity,
  labelJson,
];
