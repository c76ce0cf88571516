/** Three builds: main and preload as CommonJS (also for the old trial Electron), the renderer for Chrome 114 and newer. */
import path from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'

const repository = import.meta.dirname
const alias = { '#shared': path.join(repository, 'src-shared') }

/** electron-vite sets a relative base for file://; this console lives at the root of an origin, with nested routes. */
const rootBase: Plugin = { name: 'floorwalker:root-base', config: () => ({ base: '/' }) }

/** One self-contained CommonJS file. Node 18 is what the trial runtime has. */
function commonJsBundle(entry: string, outDir: string) {
  return {
    target: 'node18',
    externalizeDeps: false,
    outDir: path.join(repository, outDir),
    rolldownOptions: {
      input: { [path.parse(entry).name]: path.join(repository, entry) },
      output: { format: 'cjs' as const, entryFileNames: '[name].cjs', codeSplitting: false },
    },
  }
}

export default defineConfig({
  main: { resolve: { alias }, build: commonJsBundle('src-main/index.ts', 'out/main') },
  preload: { resolve: { alias }, build: commonJsBundle('src-main/preload.ts', 'out/preload') },
  renderer: {
    root: path.join(repository, 'src-renderer'),
    resolve: { alias },
    plugins: [react(), rootBase],
    worker: { format: 'es' },
    build: {
      target: 'chrome114',
      outDir: path.join(repository, 'out/renderer'),
      minify: true,
      rolldownOptions: { input: path.join(repository, 'src-renderer/index.html') },
    },
  },
})
