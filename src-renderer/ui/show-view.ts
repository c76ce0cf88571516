/** Shows the sessions list as a saved view has it, from wherever one is. */
import { useCallbackRef } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useListPreferences } from './list-preferences.ts'
import type { SavedView } from './saved-views.ts'
import { useUiState } from './ui-state.ts'

export function useShowView(): (view: SavedView) => void {
  const navigate = useNavigate()
  const [, setPreferences] = useListPreferences()
  return useCallbackRef((view: SavedView) => {
    useUiState.setState({ chosenView: view.id })
    if (view.columns !== null) setPreferences({ layout: view.columns })
    void navigate({ to: '/sessions', search: view.search })
  })
}
