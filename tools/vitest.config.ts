import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ['packages', 'apps']
  .flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true }).map((entry) => ({
      entry,
      path: `${group}/${entry.name}`,
    })),
  )
  .filter(({ entry }) => entry.isDirectory())
  .map(({ entry, path }) => ({ name: entry.name, path }));

const testsInBrowser = (path: string): boolean => readFileSync(join(root, path, 'package.json'), 'utf8').includes('"playwright-core"');

// One project per package, named by its folder: `pnpm vitest run --project core`.
// The condition `emkit-source` makes `@emkit/...` resolve to the packages' TypeScript, so no test can depend on a stale build.
const conditions = ['emkit-source', 'module', 'node', 'development|production'];

export default defineConfig({
  test: {
    allowOnly: false,
    passWithNoTests: false,
    reporters: ['default', join(root, 'tools/src/vitest-totals.ts')],
    projects: [...packages, { name: 'tools', path: 'tools' }].map(({ name, path }) => ({
      root: join(root, path),
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        name,
        include: ['test/**/*.test.ts'],
        environment: 'node' as const,
        globalSetup: testsInBrowser(path) ? [join(root, 'tools/src/chromium.ts')] : [],
        // Generous: a slow or busy machine must not turn a right answer into a failure. What must be quick is measured elsewhere.
        testTimeout: 60_000,
        hookTimeout: 120_000,
      },
    })),
  },
});
