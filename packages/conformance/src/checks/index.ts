import type { Law } from '../law.ts';
import { bound } from './bound.ts';
import { cdfQuantileSampler } from './cdf-quantile-sampler.ts';
import { codecAndJson } from './codec-and-json.ts';
import { degenerate } from './degenerate.ts';
import { domain } from './domain.ts';
import { equivarianceAndPurity } from './equivariance-and-purity.ts';
import { exponentialFamily } from './exponential-family.ts';
import { logDensity } from './log-density.ts';
import { mStep } from './m-step.ts';
import { normalisation } from './normalisation.ts';
import { recovery } from './recovery.ts';
import { responsibilities } from './responsibilities.ts';
import { statistics } from './statistics.ts';

/** Every law, in the order in which a family is best mended: later ones rest on earlier ones. */
export const LAWS: readonly Law[] = [
  domain,
  normalisation,
  logDensity,
  statistics,
  mStep,
  exponentialFamily,
  cdfQuantileSampler,
  responsibilities,
  bound,
  recovery,
  equivarianceAndPurity,
  degenerate,
  codecAndJson,
];
