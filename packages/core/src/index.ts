export { type Block, type Dataset, DEFAULT_BLOCK_SIZE, type Inexact, type MissingCells } from './data/block.ts';
export { createDataset, type DatasetOptions, describeSupport } from './data/dataset.ts';
export { type ArrowTableLike, type DataInput, type InputColumns, type NumberSequence, readInput, requireColumn } from './data/input.ts';
export type { MissingPolicy } from './data/missing.ts';
export { joinSequences } from './data/sequences.ts';
export { type ColumnSummary, type Summary, summarize } from './data/summary.ts';
export type { ConvergenceMemory } from './driver/convergence.ts';
export { type Arrival, type Diagnosis, type DiagnosisKind, describeDiagnosis, isConverged } from './driver/diagnosis.ts';
export { drive, startState } from './driver/drive.ts';
export type {
  AccelerationMemory,
  Answer,
  Driver,
  DriverMethod,
  DriverOptions,
  DriverRequest,
  DriverResult,
  DriverState,
  EmPair,
  Process,
} from './driver/driver.ts';
export { roundingAllowance } from './driver/em-map.ts';
export { type Progress, type RunAsyncOptions, type RunAsyncOutcome, runAsync, runSync } from './driver/run.ts';
export { readState } from './driver/state.ts';
export { degenerate, EmkitError, type ErrorCode, type ErrorDetails, showValue } from './errors.ts';
export {
  type AccuracyBudgets,
  type Codec,
  type Column,
  type ColumnKernels,
  defineFamily,
  type ExponentialForm,
  type Family,
  type FamilyDefinition,
  type FamilyOption,
  type Kernel,
  type KernelConstants,
  type ParameterValue,
  type ParameterValues,
  type Support,
} from './family.ts';
export type { Conditional, ConditionalOptions } from './fit/conditional.ts';
export {
  type FitStep,
  fit,
  fitAsync,
  fitSteps,
} from './fit/fit.ts';
export {
  expectedDurations,
  type Filtered,
  filterStates,
  forecast,
  type HiddenMarkov,
  type Path,
  type PseudoResiduals,
  pseudoResiduals,
  viterbi,
} from './fit/hidden-markov.ts';
export {
  type Exact,
  Model,
  type Prediction,
  type PredictOptions,
  type Row,
  type RowPrediction,
  type Sample,
  type SequenceDensities,
} from './fit/model.ts';
export type { ModelJson } from './fit/model-json.ts';
export type { FitAsyncOptions, FitOptions, FitProgress, OnCollapse } from './fit/options.ts';
export type { FitAsyncData, FitData } from './fit/plan.ts';
export { readModel } from './fit/read-model.ts';
export { Fit, type FitJson, type StartEvidence } from './fit/result.ts';
export {
  type SelectAsyncOptions,
  type SelectCandidate,
  Selection,
  type SelectOptions,
  select,
  selectAsync,
} from './fit/select.ts';
export type { SummaryOptions } from './fit/summary-text.ts';
export type { AnyComponents, ComponentsOf, LawOf, OneFamily, ParametersOf, Repeat, SeveralFamilies } from './fit/typed.ts';
export { type InformationBound, informationBound } from './inference/bound.ts';
export { CRITERIA, type Criteria, type Criterion } from './inference/criteria.ts';
export { imputeRow } from './inference/impute.ts';
export { columnKernels } from './kernels/columns.ts';
export { type KernelKind, useKernels } from './kernels/kernels.ts';
export { codecOf } from './model/codec.ts';
export { within } from './model/coordinates.ts';
export {
  checkParameters,
  type Domain,
  type Domains,
  describeDomain,
  domainViolation,
  freeParameters,
  type OwnSpace,
} from './model/domain.ts';
export type { ExpectationRequest } from './model/e-step.ts';
export { type Components, createEmissions, type Emissions, type SharedGroup, type Ties } from './model/emissions.ts';
export { type Estimable, MOST_RECENTRINGS } from './model/estimable.ts';
export { Expectation, type ExpectationLayout, PairwiseSum, type PartialSum } from './model/expectation.ts';
export { type GatedWeights, type GateOptions, gated, gatedDefinition } from './model/gated.ts';
export { independent, type Weights } from './model/independent.ts';
export type { Latent } from './model/latent.ts';
export {
  checkFamily,
  countFreeParameters,
  createLatentModel,
  createMixture,
  createModelStructure,
  type Held,
  type LatentModel,
  type Mixture,
  type MixtureParameters,
  type ModelOptions,
  type ModelParameters,
} from './model/latent-model.ts';
export type { Markov } from './model/markov/forward-backward.ts';
export { markov, markovChain } from './model/markov/markov.ts';
export { cyclic, leftToRight, type MarkovOptions, zerosOf } from './model/markov/options.ts';
export { stationaryDistribution } from './model/markov/stationary.ts';
export { accumulateObserved, addObservedLogDensity, isMissingCell, observedLogDensity } from './model/observed.ts';
export { maximizeShared } from './model/sharing.ts';
export type { Coordinates, ParameterSpace } from './model/space.ts';
export type { FamilyJson, LatentDefinition } from './model/structure-json.ts';
export { createRandom, type Random, type RandomState } from './random.ts';
export { memorySource } from './source/memory.ts';
export { serveWorker, type WorkerScope } from './source/serve-worker.ts';
export { isSource, type Source, type SynchronousSource } from './source/source.ts';
export { openWorker, type WebWorkerLike } from './source/start-worker.ts';
export type { WorkerFactory, WorkerPort } from './source/worker-protocol.ts';
export { type WorkerSourceOptions, workerSource } from './source/workers.ts';
export { START_METHODS, type StartMethod } from './start/choose.ts';
