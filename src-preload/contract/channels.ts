/** Names of the desktop's channels. Apart from the schemas, so that the sandboxed preload carries no zod. */
export const channels = {
  session: 'legato:session',
  changed: 'legato:session-changed',
  demo: 'legato:demo',
  command: 'legato:command',
  /** page to main: tell me everything from now on, beginning with the state and the curves */
  follow: 'legato:follow',
  event: 'legato:event',
  frame: 'legato:frame',
  pick: 'legato:pick',
  action: 'legato:action',
  menu: 'legato:menu',
} as const;
