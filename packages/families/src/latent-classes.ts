import {
  createDataset,
  type DataInput,
  type Dataset,
  EmkitError,
  type Fit,
  type FitOptions,
  fit,
  type Model,
  memorySource,
  readInput,
  requireColumn,
} from '@emkit/core';
import { log } from '@emkit/core/numerics';
import { type CategoricalParameters, categorical } from './categorical.ts';
import { type BivariateResidual, bivariateResiduals, type GoodnessOfFit, goodnessOfFit } from './latent-classes/goodness.ts';
import { type Identifiability, identifiability } from './latent-classes/identifiability.ts';
import { readItem } from './latent-classes/items.ts';
import { levelCounts } from './latent-classes/table.ts';
import { product } from './product.ts';

export type { BivariateResidual, GoodnessOfFit } from './latent-classes/goodness.ts';
export type { Identifiability } from './latent-classes/identifiability.ts';

/** Everything a latent class analysis may be told; only the number of classes is needed. */
export interface LatentClassOptions
  extends Omit<FitOptions, 'family' | 'families' | 'components' | 'columns' | 'latent' | 'dimension' | 'weights'> {
  /** The number of classes. */
  readonly classes: number;
  /** The names of the items. Default: all columns but that of the weights. */
  readonly items?: readonly string[];
  /** Case weights, one a row, or the name of their column. */
  readonly weights?: ArrayLike<number> | string;
}

/** What is asked of classes besides their parameters. */
export interface LatentClassAssessment {
  /** Absent where answers are missing: the observed table is then not known. */
  readonly goodnessOfFit?: GoodnessOfFit;
  /** 1 less the entropy of the posterior classes in parts of the largest there could be: 1 where every row's class is certain. */
  readonly entropyR2: number;
  /** Each pair of items, the first item changing fastest. */
  readonly bivariateResiduals: readonly BivariateResidual[];
  readonly identifiability: Identifiability;
}

/** The answer of a latent class analysis. */
export interface LatentClasses extends LatentClassAssessment {
  /** The fit behind it: log-likelihood, criteria, diagnosis, `predict` and all else. */
  readonly fit: Fit;
  /** The answers to each item, in the order of their probabilities. */
  readonly levels: Readonly<Record<string, readonly string[]>>;
  /** The share of each class. */
  readonly classSizes: readonly number[];
  /** P(answer | class): for each item a list a class, of one probability an answer. */
  readonly responseProbabilities: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/**
 * Latent class analysis: classes within which the answers to several questions are independent. A mixture of products of categorical
 * families; the answers found in each column, words or numbers, are its levels.
 *
 * @param data columns of answers by name, records, or rows; one column may hold counts, named by `weights`
 * @throws EmkitError as `fit`; `DATA_SHAPE` for a column without two different answers
 * @example latentClasses({ a: ['yes', 'no', ...], b: [...], c: [...] }, { classes: 2 }).responseProbabilities
 *
 * Source: Lazarsfeld and Henry, Latent Structure Analysis (1968); Goodman (1974).
 */
export function latentClasses(data: DataInput, options: LatentClassOptions): LatentClasses {
  if (typeof options !== 'object' || options === null || !Number.isSafeInteger(options.classes)) {
    throw new EmkitError('OPTION_INVALID', 'The number of classes is missing.', { remedy: 'Give { classes: 2 }.' });
  }
  const { classes, items: names, weights: weighting, missing, labels, ...others } = options;
  const read = readInput(data, undefined, undefined);
  const weightsName = typeof weighting === 'string' ? weighting : undefined;
  const items = (names ?? read.all.filter((name) => name !== weightsName)).map((name) => readItem(name, requireColumn(read, name)));
  const family = product(Object.fromEntries(items.map(({ name, levels }) => [name, categorical({ levels })])));
  const weights = weightsName === undefined ? weighting : requireColumn(read, weightsName);
  const dataset = createDataset(Object.fromEntries(items.map(({ name, codes }) => [name, codes])), [family], classes, {
    columns: items.map(({ name }) => name),
    ...(weights !== undefined && { weights: weights as ArrayLike<number> }),
    ...(missing !== undefined && { missing }),
    ...(labels !== undefined && { labels }),
  });
  const found: Fit = fit(dataset, { ...others, family, components: classes });
  const responses = (name: string) => found.components.map((values) => (values[name] as CategoricalParameters).probabilities);
  return {
    fit: found,
    levels: Object.fromEntries(items.map(({ name, levels }) => [name, levels])),
    classSizes: found.weights,
    responseProbabilities: Object.fromEntries(items.map(({ name }) => [name, responses(name)])),
    ...assessLatentClasses(found.model, dataset),
  };
}

/** Whether a model is one of latent classes: a mixture whose components are all the same product of categorical families. */
export function hasLatentClasses({ structure: { families, latent } }: Model): boolean {
  return latent.id === 'independent' && families.every((family) => family === families[0]) && levelCounts(families[0]!) !== undefined;
}

/**
 * What is asked of latent classes besides their parameters, of any such model.
 *
 * @throws EmkitError `OPTION_INVALID` for a model of another kind
 */
export function assessLatentClasses(model: Model, dataset: Dataset): LatentClassAssessment {
  if (!hasLatentClasses(model)) {
    throw new EmkitError('OPTION_INVALID', 'The model is no mixture of products of categorical families.', {
      remedy: 'Use latentClasses, or product({ ... }) of categorical families.',
    });
  }
  const { structure, parameters } = model;
  const [family] = structure.families;
  const counts = levelCounts(family!)!;
  const { entropy } = memorySource(dataset).expect({ model: structure, at: parameters, about: parameters });
  const largest = dataset.totalWeight * log(parameters.weights.length);
  const fitted = goodnessOfFit(structure, parameters, dataset, counts);
  return {
    ...(fitted && { goodnessOfFit: fitted }),
    entropyR2: largest === 0 ? 1 : 1 - Math.max(0, entropy) / largest,
    bivariateResiduals: bivariateResiduals(parameters, dataset, counts, Object.keys(family!.parts!)),
    identifiability: identifiability(structure, parameters, counts),
  };
}
