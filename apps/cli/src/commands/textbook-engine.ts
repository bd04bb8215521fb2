import {
  createDataset,
  createMixture,
  type Dataset,
  type Expectation,
  type Fit,
  fit,
  type Mixture,
  type MixtureParameters,
  Model,
  memorySource,
} from '@emkit/core';
import { familyById } from '@emkit/families';
import type { TextbookData, TextbookEngine, TextbookFixed, TextbookModel } from '@emkit/reference';

/** The fast engine, asked what the textbook's figures ask. */
export const textbookEngine: TextbookEngine = {
  densities: (model, value) =>
    model.components.map((parameters) => {
      const single = mixtureOf(model, 1);
      return Math.exp(new Model(single, { weights: [1], components: [parameters] }).logDensity([value])[0]!);
    }),
  jointDensities: (model, value) => {
    const fitted = modelOf(model);
    const density = Math.exp(fitted.logDensity([value])[0]!);
    return fitted.responsibilities([value]).map((responsibility) => responsibility[0]! * density);
  },
  responsibilities: (model, data) => {
    const columns = modelOf(model).responsibilities(data.values);
    return data.values.map((_, row) => columns.map((column) => column[row]!));
  },
  expectedCounts: (model, data) => Array.from(expectationOf(model, data).counts),
  // Both families of the textbook have the sum of the values as their first statistic.
  statistics: (model, data) => model.components.map((_, component) => expectationOf(model, data).statistics(component)[0]!),
  logLikelihood: (model, data) => expectationOf(model, data).logLikelihood,
  mStep: (model, data, fixed) => textbookModel(model, run(model, data, 1, fixed)),
  run: (model, data, iterations, fixed) => textbookModel(model, run(model, data, iterations, fixed)),
  logLikelihoodAfter: (model, data, iterations, fixed) => run(model, data, iterations, fixed).logLikelihood,
};

function mixtureOf({ family, options, components }: TextbookModel, count: number = components.length): Mixture {
  return createMixture({ family: familyById(family)(options), components: count });
}

function parametersOf({ weights, components }: TextbookModel): MixtureParameters {
  return { weights, components };
}

function modelOf(model: TextbookModel): Model {
  return new Model(mixtureOf(model), parametersOf(model));
}

function expectationOf(model: TextbookModel, data: TextbookData): Expectation {
  const mixture = mixtureOf(model);
  const dataset: Dataset = createDataset(data.values, mixture.families, model.components.length);
  const at = parametersOf(model);
  return memorySource(dataset).expect({ model: mixture, at, about: at });
}

/** Exactly so many iterations of plain EM. */
function run(model: TextbookModel, data: TextbookData, iterations: number, fixed: TextbookFixed = {}): Fit {
  return fit(data.values, {
    family: familyById(model.family)(model.options),
    components: model.components.length,
    start: parametersOf(model),
    held: { weights: fixed.weights === true },
    iterations,
    tolerance: 0,
    accelerate: false,
  });
}

function textbookModel({ family, options }: TextbookModel, { weights, components }: Fit): TextbookModel {
  return { family, options, weights, components: components as TextbookModel['components'] };
}
