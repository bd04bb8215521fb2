export { correlatedDensities, correlatedStatistics } from './correlated';
export { independentDensities, independentStatistics } from './independent';
export { posterior } from './posterior';
export { exponential, gaussian, plane } from './univariate';
