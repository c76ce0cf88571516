/**
 * What the benchmark uses of PouchDB, whose packages have no types; those of DefinitelyTyped change the global `Buffer`
 * for the whole project.
 */
declare module 'pouchdb-browser' {
  export type Selector = Record<string, unknown>
  export default class PouchDB<Row extends object> {
    static plugin(plugin: unknown): void
    constructor(name: string, options: { adapter: string })
    info(): Promise<{ doc_count: number }>
    bulkDocs(rows: (Row & { _id: string; _rev?: string })[]): Promise<({ ok: true } | { error: unknown })[]>
    allDocs(range: { keys: string[] } | { startkey: string; endkey: string }): Promise<{
      rows: { key: string; value: { rev: string } }[]
    }>
    createIndex(request: { index: { fields: string[] } }): Promise<unknown>
    find(request: {
      selector: Selector
      sort?: Record<string, 'asc' | 'desc'>[]
      skip?: number
      limit?: number
    }): Promise<{ docs: (Row & { _id: string; _rev: string })[] }>
  }
}

declare module 'pouchdb-adapter-indexeddb' {
  const plugin: unknown
  export default plugin
}

declare module 'pouchdb-find' {
  const plugin: unknown
  export default plugin
}
