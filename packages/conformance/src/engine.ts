import {
  createDataset,
  createMixture,
  type DataInput,
  type Dataset,
  type DatasetOptions,
  type Driver,
  type DriverOptions,
  type DriverState,
  drive,
  type Expectation,
  type ExpectationRequest,
  type Family,
  type Fit,
  type FitData,
  type FitOptions,
  fit,
  type InformationBound,
  informationBound,
  type Mixture,
  type MixtureParameters,
  Model,
  type ModelOptions,
  memorySource,
  readModel,
} from '@emkit/core';

/**
 * The functions of the engine that the laws go through. By default core's own; another engine (a wrapper, a port, a deliberately
 * broken one) can stand in to be held against the same laws.
 */
export interface Engine {
  createMixture(options: ModelOptions): Mixture;
  createDataset(source: DataInput | Dataset, families: readonly Family[], components: number, options?: DatasetOptions): Dataset;
  /** The expectation at a point of a model, over the whole of a data set. */
  expect(dataset: Dataset, request: ExpectationRequest): Expectation;
  addExpectations(first: Expectation, second: Expectation): Expectation;
  /** One array a component, one entry for each row of the data set. */
  responsibilities(mixture: Mixture, parameters: MixtureParameters, dataset: Dataset): readonly ArrayLike<number>[];
  /** The point about which the sums should be taken again; undefined when they are good. */
  recentre(mixture: Mixture, expectation: Expectation, about: MixtureParameters): MixtureParameters | undefined;
  /** The M-step, from sums about a point. */
  maximize(mixture: Mixture, expectation: Expectation, about: MixtureParameters): MixtureParameters;
  /** A run of EM, plain or accelerated as the state's method says. */
  drive(mixture: Mixture, state: DriverState, options: DriverOptions): Driver;
  fit(data: FitData, options: FitOptions): Fit;
  informationBound(
    mixture: Mixture,
    parameters: MixtureParameters,
    dataset: Dataset,
    responsibilities?: readonly ArrayLike<number>[],
  ): InformationBound;
  createModel(mixture: Mixture, parameters: MixtureParameters): Model;
  readonly readModel: typeof readModel;
}

/** The engine of `@emkit/core`. */
export const coreEngine: Engine = {
  createMixture,
  createDataset,
  expect: (dataset, request) => memorySource(dataset).expect(request),
  addExpectations: (first, second) => first.clone().add(second),
  responsibilities: (mixture, parameters, dataset) => new Model(mixture, parameters).responsibilities(dataset),
  recentre: (mixture, { sums }, about) => mixture.recentre(sums, about),
  maximize: (mixture, { sums }, about) => mixture.maximize(sums, about),
  drive,
  fit,
  informationBound,
  createModel: (mixture, parameters) => new Model(mixture, parameters),
  readModel,
};
