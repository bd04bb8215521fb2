export { correlatedDensities } from './correlated-densities';
export { correlatedStatistics } from './correlated-statistics';
export { independentDensities } from './independent-densities';
export { independentStatistics } from './independent-statistics';
export { plane } from './plane';
export { whitenedColumns } from './whitening';
