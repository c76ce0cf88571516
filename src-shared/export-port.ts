/** The port for chunks of exports between a window and the main process; apart, since a start needs no more than this. */

/** The window message with which the preload hands over the port. */
export const EXPORT_PORT_MESSAGE = 'floorwalker:export-port'
