// One line for each family: the same line as in the package of the families.
export * from './beta.ts';
export * from './binomial.ts';
export * from './categorical.ts';
export * from './exponential.ts';
export * from './gamma.ts';
export * from './gaussian.ts';
export * from './geometric.ts';
export * from './inverse-gaussian.ts';
export * from './log-normal.ts';
export * from './multivariate-gaussian.ts';
export * from './pareto.ts';
export * from './poisson.ts';
export * from './rayleigh.ts';
export * from './uniform.ts';
export * from './weibull.ts';
