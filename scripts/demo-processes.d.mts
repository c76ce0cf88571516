import type { ChildProcess } from 'node:child_process'

export class DemoProcesses {
  constructor(ports?: { exit?: (code: number) => void; say?: (line: string) => void })
  ending: boolean
  keep(child: ChildProcess): void
  backendListens(child: ChildProcess): void
  keepWindow(child: ChildProcess): void
  end(code: number): Promise<void>
}
