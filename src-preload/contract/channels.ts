/** Names of the desktop's channels. Apart from the schemas, so that the sandboxed preload carries no zod. */
export const channels = { session: 'legato:session', changed: 'legato:session-changed', demo: 'legato:demo' } as const;
