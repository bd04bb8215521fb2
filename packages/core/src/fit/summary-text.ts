import type { Fit } from './result.ts';

export function summaryText(fit: Fit): string {
  return String(fit.logLikelihood);
}
