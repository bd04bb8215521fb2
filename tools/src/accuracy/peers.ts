import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ParameterValues } from '@emkit/core';
import { familyById } from '@emkit/families';
import { root } from '../run.ts';
import { casesOf, type FitAnswer, type FitCase } from './fits.ts';

/** Figures of other programs, kept with how they came to be. `pnpm accuracy --peers` makes them again where the programs are installed. */
export interface PeerFigures {
  readonly date: string;
  readonly scripts: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly FitCase[];
  /** By program, one answer a case. */
  readonly answers: Readonly<Record<string, readonly PeerAnswer[]>>;
}

export type PeerAnswer =
  | { readonly failure: string }
  | {
      readonly weights: readonly number[];
      readonly means: readonly (readonly number[])[];
      readonly covariances: readonly (readonly (readonly number[])[])[];
      readonly logLikelihood: number;
    };

const FILE = 'tools/peers/accuracy.json';

/** Python of the system, where scikit-learn comes from the system's packages. */
const PROGRAMS: readonly (readonly [command: string, script: string])[] = [
  [existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3', 'tools/peers/accuracy.py'],
  ['Rscript', 'tools/peers/accuracy.R'],
];

export function readPeerFigures(): PeerFigures {
  return JSON.parse(readFileSync(join(root, FILE), 'utf8')) as PeerFigures;
}

/** Runs the other programs on the Gaussian cases and stores what they answer. */
export function updatePeerFigures(): void {
  const cases = (
    [
      ['gaussian', {}],
      ['multivariate-gaussian', { dimension: 2 }],
    ] as const
  ).flatMap(([id, variant]) => casesOf(familyById(id), variant));
  const versions: Record<string, string> = {};
  const answers: Record<string, readonly PeerAnswer[]> = {};
  for (const [command, script] of PROGRAMS) {
    const { stdout, stderr, status } = spawnSync(command, [join(root, script)], { input: JSON.stringify(cases), encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${script} failed: ${stderr}`);
    const found = JSON.parse(stdout) as Pick<PeerFigures, 'versions' | 'answers'>;
    Object.assign(versions, found.versions);
    Object.assign(answers, found.answers);
  }
  const figures: PeerFigures = {
    date: new Date().toISOString().slice(0, 10),
    scripts: PROGRAMS.map(([, script]) => script),
    versions,
    cases,
    answers,
  };
  writeFileSync(join(root, FILE), `${JSON.stringify(figures)}\n`);
}

/** An answer in the names of our parameters; undefined where there is none. */
export function asFitAnswer(fitCase: FitCase, answer: PeerAnswer): FitAnswer | undefined {
  if ('failure' in answer) return undefined;
  const components = answer.means.map((mean, component): ParameterValues => {
    const covariance = answer.covariances[component]!;
    return fitCase.family === 'gaussian' ? { mean: mean[0]!, variance: covariance[0]![0]! } : { mean, covariance };
  });
  return { weights: answer.weights, components, logLikelihood: answer.logLikelihood };
}
