import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin, runnerImport } from 'vite';

const samplesFolder = fileURLToPath(new URL('../cli/data', import.meta.url));

/** What the page may load and reach: itself, and nothing else. `blob:` is for workers and pictures that the page makes. */
const policy = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self' blob:",
  'style-src': "'self'",
  'font-src': "'self'",
  'img-src': "'self' blob: data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
};

const contentSecurityPolicy: string = Object.entries(policy)
  .map(([directive, value]) => `${directive} ${value}`)
  .join('; ');

/** States the policy in the page itself, for hosts that send no headers. The development server needs inline scripts, so only in a build. */
function statePolicy(): Plugin {
  return {
    name: 'emkit-policy',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy }, injectTo: 'head-prepend' },
    ],
  };
}

/** The data sets that the command line ships, at `samples/` of the page. */
function shipSamples(): Plugin {
  const samples = () => readdirSync(samplesFolder).filter((name) => name.endsWith('.csv'));
  return {
    name: 'emkit-samples',
    generateBundle() {
      for (const name of samples())
        this.emitFile({ type: 'asset', fileName: `samples/${name}`, source: readFileSync(join(samplesFolder, name)) });
    },
    configureServer(server) {
      server.middlewares.use('/samples', (request, response, next) => {
        const name = request.url?.slice(1).split('?')[0] ?? '';
        if (!samples().includes(name)) return next();
        response.setHeader('content-type', 'text/csv');
        response.end(readFileSync(join(samplesFolder, name)));
      });
    },
  };
}

/** Evaluates `*.static.ts` when the page is built and ships what they export as data, without the code that made it. */
function evaluateStatic(): Plugin {
  return {
    name: 'emkit-static',
    async load(id) {
      if (!id.endsWith('.static.ts')) return undefined;
      const { module } = await runnerImport<Record<string, unknown>>(id, {
        configFile: false,
        logLevel: 'error',
        environments: { inline: { resolve: { conditions: ['emkit-source', 'module', 'node'], noExternal: [/^@emkit\//] } } },
      });
      return Object.entries(module)
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
        .join('\n');
    },
  };
}

/** Asks for the fonts of the first view with the page, so that text does not wait for the style sheet to name them. */
function preloadFonts(): Plugin {
  return {
    name: 'emkit-fonts',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => name.endsWith('.woff2'))
          .map((name) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `./${name}`, crossorigin: '' },
            injectTo: 'head' as const,
          })),
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // The packages' sources, as in the tests: the page never depends on a stale build of them.
  resolve: { conditions: ['emkit-source', 'module', 'browser', 'development|production'] },
  plugins: [statePolicy(), shipSamples(), evaluateStatic(), preloadFonts()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  preview: {
    headers: {
      'Content-Security-Policy': `${contentSecurityPolicy}; frame-ancestors 'none'`,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
  },
});
