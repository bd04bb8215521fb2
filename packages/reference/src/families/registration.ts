// One line for each family: the same line as in the package of the families.
export * from './binomial.ts';
export * from './categorical.ts';
export * from './exponential.ts';
export * from './gamma.ts';
export * from './gaussian.ts';
export * from './geometric.ts';
export * from './multivariate-gaussian.ts';
export * from './poisson.ts';
export { binomialRegression, gaussianRegression, poissonRegression } from './regression.ts';
