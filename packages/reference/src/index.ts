export type { CertifiableFit, HeldParameters } from './certifiable.ts';
export {
  type Certificate,
  type CertifyOptions,
  type CertifyProgress,
  certify,
  type ParameterResidual,
} from './certify.ts';
export {
  type ChainDescription,
  type ChainExpectation,
  type ChainPath,
  chainEnumeration,
  chainExpectation,
  chainPath,
  chainStep,
  createChain,
  type ReferenceChain,
  type ReferenceSequence,
} from './chain.ts';
export { createReference, type Reference, type ReferenceSettings } from './context.ts';
export { type DataDescription, type DataLike, prepareData, type ReferenceData } from './data.ts';
export { type DecimalConstructor, exactDoubleText, type Numeric } from './decimal-number.ts';
export {
  type Constraints,
  eStep,
  type FreeEnergy,
  freeEnergy,
  logLikelihood,
  mStep,
  type ReferenceExpectation,
  type ReferenceRun,
  type RunOptions,
  runEm,
  type SharedParameter,
} from './em.ts';
export { type FailurePlace, ReferenceFailure, type ReferenceFailureCode } from './failure.ts';
export { referenceFamilies, referenceFamily } from './families/index.ts';
export {
  type DoubleParameter,
  type DoubleParameters,
  type FamilyMaker,
  makeReferenceFamily,
  type NumericParameter,
  type NumericParameters,
  type ParameterShape,
  parameterEntries,
  type ReferenceFamily,
  type ReferenceFamilyDefinition,
  type ReferenceFamilyParts,
  type ReferenceOptions,
  type ReferenceParameter,
  type ReferenceParameters,
  type ReferenceRow,
} from './family.ts';
export {
  createMixture,
  type FamilyChoice,
  logMixtureDensity,
  type MixtureDescription,
  type ReferenceComponent,
  type ReferenceMixture,
} from './mixture.ts';
export { type ContinuousDistribution, continuousQuantile, discreteQuantile } from './quantile.ts';
export type { Steps, StopSignal } from './steps.ts';
export {
  checkTextbook,
  referenceTextbookEngine,
  roundHalfUp,
  type TextbookCheck,
  type TextbookData,
  type TextbookEngine,
  type TextbookFigure,
  type TextbookFixed,
  type TextbookModel,
  textbookFigures,
} from './textbook/index.ts';
