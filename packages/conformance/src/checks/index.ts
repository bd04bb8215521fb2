import type { LatentSubject } from '../labels/subject.ts';
import type { Law } from '../law.ts';
import { bound } from './bound.ts';
import { cdfQuantileSampler } from './cdf-quantile-sampler.ts';
import { codecAndJson } from './codec-and-json.ts';
import { degenerate } from './degenerate.ts';
import { domain } from './domain.ts';
import { equivarianceAndPurity } from './equivariance-and-purity.ts';
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
import { mStep } from './m-step.ts';
import { missingCells } from './missing-cells.ts';
import { normalisation } from './normalisation.ts';
import { recovery } from './recovery.ts';
import { responsibilities } from './responsibilities.ts';
import { statistics } from './statistics.ts';

/** Every law of families, in the order in which one is best mended: later ones rest on earlier ones. */
export const LAWS: readonly Law[] = [
  domain,
  normalisation,
  logDensity,
  statistics,
  mStep,
  exponentialFamily,
  cdfQuantileSampler,
  responsibilities,
  missingCells,
  bound,
  recovery,
  equivarianceAndPurity,
  degenerate,
  codecAndJson,
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
