import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'src-*/**/*.test.ts',
      'simulator/**/*.test.ts',
      'integration-tools/**/*.test.ts',
      'sync-lab/**/*.test.ts',
    ],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
