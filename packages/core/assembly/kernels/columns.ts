export { correlatedDensities, correlatedStatistics } from './correlated';
export { independentStatistics } from './independent';
export { plane } from './univariate';
