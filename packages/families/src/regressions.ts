// One line for each family of a response given predictors.
export * from './binomial-regression.ts';
export * from './gaussian-regression.ts';
export * from './poisson-regression.ts';
