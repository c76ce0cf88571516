export interface ElectronRuntime {
  executable: string
  kind: 'installed' | 'trial'
  version: string
}
export function resolveElectron(options?: { log?: (line: string) => void }): Promise<ElectronRuntime>
export function electronArguments(): string[]
