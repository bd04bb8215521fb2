import type { Dataset } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import type { Mixture } from '../model/latent-model.ts';
import { automaticSource } from '../source/automatic.ts';
import type { Source } from '../source/source.ts';
import { workerSource } from '../source/workers.ts';
import type { FitAsyncOptions } from './options.ts';
import type { Plan } from './plan.ts';

/** The source over as many threads as the options and the data ask for. */
export function chooseSource({ model, dataset, source }: Plan, { threads: wanted = 'auto', startWorker: given }: FitAsyncOptions): Source {
  if (dataset === undefined) return source;
  const startWorker = given ?? model.families[0]!.startWorker;
  const threads = chooseThreads(wanted, model, dataset, startWorker !== undefined);
  if (threads === 1 || startWorker === undefined) return source;
  return (wanted === 'auto' ? automaticSource : workerSource)(dataset, { threads, startWorker });
}

/**
 * Below this many log-densities, times columns, a pass takes little more than a millisecond: two workers then gain less in a hundred
 * iterations than they cost to start and to warm up.
 */
const SMALLEST_WORK_FOR_THREADS = 600_000;

const MOST_AUTOMATIC_THREADS = 16;

function chooseThreads(threads: number | 'auto', { families }: Mixture, dataset: Dataset, canStart: boolean): number {
  if (threads !== 'auto') {
    if (threads > 1 && !canStart) {
      throw new EmkitError('CAPABILITY_MISSING', `The family ${families[0]!.id} cannot start workers.`, {
        family: families[0]!.id,
        capability: 'startWorker',
        remedy: 'Give startWorker, or use threads: 1.',
      });
    }
    return Math.min(threads, dataset.blocks.length);
  }
  const work = dataset.distinctRows * families.length * dataset.columnNames.length;
  if (!canStart || work < SMALLEST_WORK_FOR_THREADS) return 1;
  const { navigator, process } = globalThis as {
    navigator?: { hardwareConcurrency?: number };
    process?: { getBuiltinModule?(id: string): unknown };
  };
  const system = process?.getBuiltinModule?.('node:os') as { availableParallelism?(): number } | undefined;
  const processors = system?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(processors, MOST_AUTOMATIC_THREADS, Math.floor(dataset.blocks.length / 8)));
}
