import type { Fit } from '@emkit/core';
import { showNumber, wrapText } from '@emkit/core/text';
import { certify } from '@emkit/reference';
import type { Theme } from '../display/theme.ts';
import type { FitData } from '../input/data.ts';
import type { Io } from '../io.ts';
import type { Progress } from '../output/progress.ts';
import { interruption } from '../problem.ts';

/** A fit re-evaluated in arbitrary precision: as JSON, and for a person. */
export interface Certification {
  readonly json: unknown;
  render(theme: Theme): string[];
}

/** Re-evaluates a fit with 50 digits: what its log-likelihood truly is, and how far EM would still go. */
export async function certifyFit(fit: Fit, data: FitData, progress: Progress, io: Io): Promise<Certification> {
  progress.say('certifying');
  const columns = data.columns.map((name) => data.source[name]!);
  const rows = Array.from({ length: data.table.rows }, (_, row) =>
    columns.map((column) => (Number.isNaN(column[row]) ? null : column[row]!)),
  );
  const description = {
    rows,
    ...(data.weights && { caseWeights: Array.from(data.weights) }),
    ...(data.labels && { labels: Array.from(data.labels) }),
  };
  const certificate = await certify({ model: fit.model.toJSON(), logLikelihood: fit.logLikelihood }, description, {
    signal: io.signal,
    onProgress: ({ fraction }) => progress.say(`certifying: ${Math.round(100 * fraction)} %`),
  }).catch((error: unknown) => {
    throw io.signal.aborted ? interruption() : error;
  });
  const { logLikelihood, largestRelativeResidual, stepGain, estimatedRemainingGain } = certificate;
  return {
    json: certificate,
    render: (theme) => {
      const remaining =
        estimatedRemainingGain === undefined ? '' : `, and all further ones together about ${scientific(estimatedRemainingGain)}`;
      return [
        `  ${theme.bold('Certified')} with ${certificate.precision} digits`,
        '',
        `  log-likelihood, true       ${digits(logLikelihood.exact)}`,
        `  log-likelihood, reported   ${logLikelihood.reported}   ${theme.dim(`(off by ${scientific(logLikelihood.absoluteError)})`)}`,
        ...wrapText(
          `One exact EM step moves no parameter by more than ${scientific(largestRelativeResidual.value)} of its size (${personal(largestRelativeResidual.name)}).`,
          theme.width,
        ),
        ...wrapText(`It changes the log-likelihood by ${scientific(stepGain)}${remaining}.`, theme.width).map(
          certificate.couldRaise ? theme.warning : theme.good,
        ),
      ];
    },
  };
}

function scientific(value: number): string {
  return value === 0 ? '0' : Math.abs(value) < 1e-3 ? value.toExponential(1) : showNumber(value, 3);
}

/** The first 30 significant digits of an exact number. */
function digits(exact: string): string {
  const match = /^(-?\d+)\.(\d+)$/.exec(exact);
  return match === null ? exact : `${match[1]}.${match[2]!.slice(0, Math.max(1, 30 - match[1]!.replace('-', '').length))}...`;
}

/** `components[1].mean[0]` as a person counts: component 2, mean 1. */
function personal(name: string): string {
  const [, component, rest] = /^components\[(\d+)\]\.(.*)$/.exec(name) ?? [];
  const fromOne = (text: string): string => text.replace(/\[(\d+)\]/g, (_, index: string) => ` ${Number(index) + 1}`);
  return component === undefined ? fromOne(name.replace('weights', 'weight')) : `component ${Number(component) + 1}, ${fromOne(rest!)}`;
}
