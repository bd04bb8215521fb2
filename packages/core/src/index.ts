export type { Backend, ExpectationRequest, SynchronousBackend } from './backend/backend.ts';
export { createMemoryBackend } from './backend/memory.ts';
export { serveWorker, type WorkerScope } from './backend/serve-worker.ts';
export { openWorker, type WebWorkerLike } from './backend/start-worker.ts';
export type { WorkerFactory, WorkerPort } from './backend/worker-protocol.ts';
export { createWorkerBackend, type WorkerBackendOptions } from './backend/workers.ts';
export { codecOf, createMixtureCodec, type MixtureCodec } from './codec.ts';
export { type Block, type Dataset, DEFAULT_BLOCK_SIZE } from './data/block.ts';
export { createDataset, type DatasetOptions, describeSupport } from './data/dataset.ts';
export type { ArrowTableLike, DataSource, NumberSequence } from './data/source.ts';
export { type ColumnSummary, type Summary, summarize } from './data/summary.ts';
export { checkParameters, type Domain, describeDomain, domainViolation, freeParameters } from './domain.ts';
export { andersonDriver } from './driver/anderson.ts';
export type { ConvergenceMemory } from './driver/convergence.ts';
export { type Diagnosis, type DiagnosisKind, describeDiagnosis, isConverged } from './driver/diagnosis.ts';
export { mixtureDistance } from './driver/distance.ts';
export type {
  AccelerationMemory,
  CreateDriver,
  Driver,
  DriverMethod,
  DriverOptions,
  DriverRequest,
  DriverResult,
  DriverState,
  EmPair,
  Process,
} from './driver/driver.ts';
export { emDriver, startState } from './driver/em.ts';
export { roundingAllowance } from './driver/em-step.ts';
export { mStep, recentrePoints } from './driver/m-step.ts';
export { type Progress, type RunAsyncOptions, type RunAsyncOutcome, runAsync, runSync } from './driver/run.ts';
export { readState } from './driver/state.ts';
export { degenerate, EmkitError, type ErrorCode, type ErrorDetails, showValue } from './errors.ts';
export { Expectation, PairwiseSum, type PartialSum } from './expectation.ts';
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
export {
  Fit,
  type FitAsyncOptions,
  type FitJson,
  type FitOptions,
  type FitProgress,
  type FitStep,
  fit,
  fitAsync,
  fitSteps,
  type OnCollapse,
  type StartEvidence,
} from './fit.ts';
export { type InformationBound, informationBound } from './inference/bound.ts';
export { CRITERIA, type Criteria, type Criterion } from './inference/criteria.ts';
export {
  type SelectAsyncOptions,
  type SelectCandidate,
  type Selection,
  type SelectOptions,
  select,
  selectAsync,
} from './inference/select.ts';
export { columnKernels } from './kernels/columns.ts';
export { type KernelKind, useKernels } from './kernels/kernels.ts';
export {
  checkMixtureParameters,
  countFreeParameters,
  createMixture,
  type Held,
  type Mixture,
  type MixtureOptions,
  type MixtureParameters,
} from './mixture.ts';
export { maximizeShared } from './model/sharing.ts';
export { type FamilyJson, Model, type ModelJson, type PredictOptions, readModel, type Sample } from './model.ts';
export { createRandom, type Random, type RandomState } from './random.ts';
export { START_METHODS, type StartMethod } from './start/choose.ts';
