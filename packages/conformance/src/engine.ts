import {
  andersonDriver,
  type CreateDriver,
  createDataset,
  createMemoryBackend,
  createMixture,
  type DataSource,
  type Dataset,
  type DatasetOptions,
  Expectation,
  type ExpectationRequest,
  emDriver,
  type Family,
  type Fit,
  type FitOptions,
  fit,
  type InformationBound,
  informationBound,
  type Mixture,
  type MixtureOptions,
  type MixtureParameters,
  Model,
  mStep,
  type ParameterValues,
  readModel,
  recentrePoints,
} from '@emkit/core';

/**
 * The functions of the engine that the laws go through. By default core's own; another engine (a wrapper, a port, a deliberately
 * broken one) can stand in to be held against the same laws.
 */
export interface Engine {
  createMixture(options: MixtureOptions): Mixture;
  createDataset(source: DataSource | Dataset, families: readonly Family[], components: number, options?: DatasetOptions): Dataset;
  /** The expectation at a point of the model, over the whole of a data set. */
  expect(mixture: Mixture, dataset: Dataset, request: ExpectationRequest): Expectation;
  addExpectations(first: Expectation, second: Expectation): Expectation;
  /** One array a component, one entry for each row of the data set. */
  responsibilities(mixture: Mixture, parameters: MixtureParameters, dataset: Dataset): readonly ArrayLike<number>[];
  recentrePoints(mixture: Mixture, expectation: Expectation, about: readonly ParameterValues[]): readonly ParameterValues[] | undefined;
  mStep(mixture: Mixture, expectation: Expectation, previous: MixtureParameters, about: readonly ParameterValues[]): MixtureParameters;
  readonly emDriver: CreateDriver;
  readonly andersonDriver: CreateDriver;
  fit(data: DataSource | Dataset, options: FitOptions): Fit;
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
  expect: (mixture, dataset, request) => createMemoryBackend(mixture, dataset).expect(request),
  addExpectations: (first, second) => new Expectation(first.offsets, first.vector.slice()).add(second),
  responsibilities: (mixture, parameters, dataset) => new Model(mixture, parameters).responsibilities(dataset),
  recentrePoints,
  mStep,
  emDriver,
  andersonDriver,
  fit,
  informationBound,
  createModel: (mixture, parameters) => new Model(mixture, parameters),
  readModel,
};
