export { posterior } from './posterior';
export { exponential, gaussian } from './univariate';
