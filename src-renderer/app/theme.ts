/** Mantine's theme: petrol accent, ink-tinted greys, dense controls. Colours of our own parts are in `tokens.css`. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const petrol: MantineColorsTuple = [
  '#e6f4f7',
  '#cfe7ed',
  '#a3d2de',
  '#72bccd',
  '#4ba8bd',
  '#2c90a7',
  '#197890',
  '#0e6279',
  '#0a4f62',
  '#073c4b',
]
const ink: MantineColorsTuple = [
  '#e7edf0',
  '#c4d0d6',
  '#a3b3bc',
  '#7b8c96',
  '#3b4a53',
  '#2a363d',
  '#1c252b',
  '#151c21',
  '#10161a',
  '#0b1013',
]
const mist: MantineColorsTuple = [
  '#f7f9fa',
  '#f0f3f5',
  '#e5eaed',
  '#dbe1e5',
  '#c6cfd5',
  '#9fadb6',
  '#62717b',
  '#465660',
  '#2b3942',
  '#16212a',
]

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, dark: ink, gray: mist },
  black: '#16212a',
  fontFamily:
    '-apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, "Liberation Sans", "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "Noto Sans Mono", "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: { fontWeight: '650' },
  defaultRadius: 'sm',
  radius: { xs: '3px', sm: '5px', md: '8px', lg: '12px', xl: '20px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' }, styles: { section: { marginInlineEnd: 6 } } },
    TextInput: { defaultProps: { size: 'xs' } },
    Popover: { defaultProps: { shadow: 'md', radius: 'md', transitionProps: { duration: 90 } } },
    Menu: { defaultProps: { shadow: 'md', radius: 'md', transitionProps: { duration: 90 } } },
    Modal: {
      defaultProps: {
        radius: 'md',
        centered: true,
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
  },
})

/** Lets Mantine's own variables follow the tokens, so that its controls meet the same contrast as ours. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {
    '--mantine-color-body': 'var(--fw-surface)',
    '--mantine-color-text': 'var(--fw-text)',
    '--mantine-color-dimmed': 'var(--fw-soft)',
    '--mantine-color-placeholder': 'var(--fw-soft)',
    '--mantine-color-error': 'var(--fw-bad)',
    '--mantine-color-default-border': 'var(--fw-line-strong)',
    '--mantine-color-default': 'var(--fw-surface)',
    '--mantine-color-default-hover': 'var(--fw-hover)',
  },
  light: {
    '--mantine-color-body': 'var(--fw-surface)',
    '--mantine-color-text': 'var(--fw-text)',
    '--mantine-color-dimmed': 'var(--fw-soft)',
    '--mantine-color-placeholder': 'var(--fw-soft)',
    '--mantine-color-error': 'var(--fw-bad)',
    '--mantine-color-default-border': 'var(--fw-line-strong)',
    '--mantine-color-default': 'var(--fw-surface)',
    '--mantine-color-default-hover': 'var(--fw-hover)',
  },
  dark: {
    '--mantine-color-body': 'var(--fw-surface)',
    '--mantine-color-text': 'var(--fw-text)',
    '--mantine-color-dimmed': 'var(--fw-soft)',
    '--mantine-color-placeholder': 'var(--fw-soft)',
    '--mantine-color-error': 'var(--fw-bad)',
    '--mantine-color-default-border': 'var(--fw-line-strong)',
    '--mantine-color-default': 'var(--fw-raised)',
    '--mantine-color-default-hover': 'var(--fw-hover)',
  },
})
