export { type Block, DEFAULT_BLOCK_SIZE, type Dataset } from './block.ts';
export { checkParameters, type Domain, describeDomain, domainViolation, freeParameters } from './domain.ts';
export { degenerate, EmkitError, type ErrorCode, type ErrorDetails } from './errors.ts';
export {
  type AccuracyBudgets,
  type Codec,
  type Column,
  defineFamily,
  type ExponentialForm,
  type Family,
  type FamilyDefinition,
  type FamilyOption,
  type ParameterValue,
  type ParameterValues,
  type Support,
} from './family.ts';
export { createRandom, type Random, type RandomState } from './random.ts';
