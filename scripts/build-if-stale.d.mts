export function buildIfStale(log?: (line: string) => void): Promise<void>
