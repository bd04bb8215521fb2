import type { Dataset } from '../data/block.ts';
import { Pauses } from '../driver/pauses.ts';
import { EmkitError } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { Mixture } from '../mixture.ts';
import type { Backend, ExpectationRequest } from './backend.ts';
import { createMemoryBackend } from './memory.ts';
import { type WorkerBackendOptions, WorkerTeam } from './workers.ts';

/**
 * Milliseconds of work in this thread before workers are started: about what starting one costs. So a fit that is over soon starts
 * none, and one that goes on loses no more than that.
 */
const PATIENCE = 30;

export interface AutomaticBackendOptions extends WorkerBackendOptions {
  /** Milliseconds of work in this thread before workers are started. */
  readonly patience?: number;
}

/**
 * A backend that answers in this thread, in slices, until workers are ready, and over them from then on. Where they cannot start, or die
 * again and again, it goes on in this thread. The bits of an answer do not depend on who gives it.
 */
export function createAutomaticBackend(mixture: Mixture, dataset: Dataset, options: AutomaticBackendOptions): Backend {
  const { patience = PATIENCE } = options;
  const memory = createMemoryBackend(mixture, dataset);
  const pauses = new Pauses();
  let team: WorkerTeam | undefined;
  let mayStart = true;
  let closed = false;
  let worked = 0;

  const dismiss = (): void => {
    team?.close();
    team = undefined;
    mayStart = false;
  };

  const expectHere = async (request: ExpectationRequest): Promise<Expectation> => {
    const begun = performance.now();
    const answer = await pauses.drain(memory.expectInSlices(request), () => closed);
    if (answer === undefined) throw new EmkitError('ABORTED', 'The backend was closed.');
    worked += performance.now() - begun;
    return answer;
  };

  return {
    async expect(request) {
      if (team === undefined && mayStart && worked >= patience) team = new WorkerTeam(mixture, dataset, options);
      if (team?.readiness === 'failed') dismiss();
      if (team?.readiness !== 'ready') return expectHere(request);
      try {
        return await team.expect(request);
      } catch (error) {
        if (closed || !(error instanceof EmkitError && error.code === 'WORKER_FAILED')) throw error;
        dismiss();
        return expectHere(request);
      }
    },
    close() {
      closed = true;
      dismiss();
    },
  };
}
